"""One day: a deployment with its people, the story of what happened so far, and what must hold after every step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from commerce.checkout.views import tracking_view
from commerce.payments.port import RefundImpossible, RefundOutcome, RefundRequest
from commerce.payments.store import Account
from tests.days.weather import Weather
from tests.days.witness import Witness
from tests.support import engines
from tests.support.books import assert_books
from tests.support.cloud.calm import assert_calm
from tests.support.cloud.cloud import Cloud, deployed
from tests.support.cloud.outside import Outside
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop
from tests.support.vouchers import publish, voucher

T = TypeVar("T")
#: How often schedules are kept here; the template's own pace would only cost the tests time.
PACE = {"expire_reservations": timedelta(minutes=5), "heal_failures": timedelta(minutes=20)}
#: Many people order from one address here, within a moment.
LIMITS = ("CHECKOUTS_PER_ADDRESS_PER_MINUTE", "PROMPTS_PER_PHONE_PER_HOUR", "VOUCHER_CHECKS_PER_MINUTE")
VOUCHERS: dict[str, dict[str, Any]] = {
    "TENTH": {"kind": "percent", "total_limit": 2, "shards": 2},
    "FREE": {"kind": "percent", "percent": 100, "total_limit": 1},
    "FIRST": {"kind": "fixed", "amounts": {"KES": 50_000, "USD": 500}, "first_order_only": True},
}


@dataclass
class Daraja(Mpesa):
    """An M-Pesa that refuses refunds while `no_float`."""

    no_float: bool = False

    def refund(self, request: RefundRequest) -> RefundOutcome:
        if self.no_float and request.reference not in self.given_back:
            return RefundImpossible("1", "no_float", frozenset({request.reference}))
        return super().refund(request)


@dataclass
class Placed:
    """An order by its place in the story: who asked for it, how, and what was answered."""

    place: int
    number: str
    buyer: str
    email: str
    key: str
    body: dict[str, Any]
    answer: Any

    @property
    def name(self) -> str:
        """What the story calls it."""
        return f"order {self.place}"


@dataclass
class Lived:
    """How much was lived through, over all days of a test."""

    days: int = 0
    steps: int = 0
    broken: bool = False
    """Whether a step broke a promise: what comes then only shrinks its story, and needs no evening."""


class Day(RuleBasedStateMachine):
    """The shop is open; what can happen is said by the classes that follow this one."""

    url: ClassVar[str] = ""
    lived: ClassVar[Lived] = Lived()

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []
        self.closing = ExitStack()

    @initialize()
    def open_shop(self) -> None:
        self.mpesa, self.weather = Daraja(), Weather()
        self.shop = Shop(engines.fresh_database(self.url), provider=self.mpesa)
        self.shop.sell("ONE", stock=3)
        self.shop.sell("TWO", stock=6, buckets=2)
        for code, said in VOUCHERS.items():
            publish(self.shop.database, self.shop.clock, voucher(code, **said))
        self.cloud: Cloud = self.closing.enter_context(deployed(self.shop, self.mpesa, self.weather, dict(PACE)))
        for environment in self.cloud.plan.environments.values():
            environment.update(dict.fromkeys(LIMITS, "10000"))
        self.witness = Witness(self.cloud)
        self.cloud.services.listeners.append(self.witness.listen)
        self.outside = Outside(self.cloud, at_the_prompt="ignore", with_the_card="leave")
        self.orders: list[Placed] = []
        self.accounts: dict[str, Account] = {}
        #: Whether anything went wrong yet; until then no answer is 5xx, and no function dies.
        self.rough = False

    # --- the story --------------------------------------------------------------------------------------------------

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        struck, self.weather.struck = self.weather.struck, []
        self.rough = self.rough or bool(struck)
        self.story += [line, *(f"  ({one})" for one in struck)]

    def answered(self, line: str, answer: tuple[int, Any]) -> None:
        """Tell what somebody asked for, and how it was answered if not as they wished."""
        status, said = answer
        refused = status >= 400
        why = said.get("type", "").rpartition(":")[2] if isinstance(said, dict) else ""
        self.tell(f"{line}: {status} {why}".rstrip() if refused else line)
        assert status < 500 or self.rough, f"{line}: {answer}"

    def fitting(self, wanted: Callable[[Account], object]) -> list[Placed]:
        """Return the orders that are as wanted, in the order in which they were placed."""
        return [one for one in self.orders if one.number in self.accounts and wanted(self.accounts[one.number])]

    def any_fits(self, wanted: Callable[[Account], object]) -> bool:
        """Whether an order is as wanted."""
        return bool(self.fitting(wanted))

    def pick(self, pick: int, wanted: Callable[[Account], object]) -> Placed:
        """Return one of the orders that are as wanted."""
        return chosen(pick, self.fitting(wanted))

    def account(self, placed: Placed) -> Account:
        """Return an order as it was stored after the last step."""
        return self.accounts[placed.number]

    def insist(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request as a patient browser."""
        return self.cloud.insist(method, path, body, **headers)

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def all_is_as_promised(self) -> None:
        type(self).lived.steps += 1
        self.check()

    def check(self) -> None:
        """Check what is true at every moment, and note how the orders stand."""
        with self.cloud.faults_off():
            everything = assert_kept(self.shop)
            assert_books(self.shop, self.mpesa, everything, settled=False)
            self.witness.assert_honest()
            self.accounts = {account.order.number: account for account in everything}
            assert self.rough or not self.cloud.deaths, f"nothing went wrong, and yet: {self.cloud.deaths}"
            self._assert_page_is_true()

    def _assert_page_is_true(self) -> None:
        """The status page of an order, of each in its turn, shows what is stored."""
        if not self.orders:
            return
        placed = self.orders[len(self.story) % len(self.orders)]
        status, shown = self.cloud.request("GET", f"/orders/{placed.number}?email={placed.email}")
        wanted = tracking_view(self.accounts[placed.number], self.shop.clock.now())
        assert (status, shown) == (200, wanted.model_dump(mode="json")), f"the status page of {placed.name}"

    def teardown(self) -> None:
        with self.closing:
            if not hasattr(self, "cloud"):
                return
            try:
                # A day that broke off, whether by a promise broken or a run cut short, has no evening.
                broken = sys.exc_info()[1]
                type(self).lived.broken |= isinstance(broken, Exception)
                if broken is None and not self.lived.broken:
                    self.end()
            finally:
                numbers = (f"{one.name} is {one.number}" for one in self.orders)
                note("\n".join(["The story:", *self.story, f"({', '.join(numbers)})"]))

    def end(self) -> None:
        """Let nothing more go wrong and everything come to its end: then all is calm."""
        self.tell("the day ends")
        self.weather.clear_up()
        self.cloud.down.clear()
        self.mpesa.no_float, self.shop.card.refund_state = False, "succeeded"
        self.cloud.settle()
        assert_calm(self.cloud)
        self.witness.assert_honest()
        type(self).lived.days += 1


def chosen(pick: int, among: Iterable[T]) -> T:
    """Return one of several by a small number, which stands for another where there are fewer."""
    every = list(among)
    return every[pick % len(every)]
