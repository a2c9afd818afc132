"""The scenarios against the whole shop on this machine, with the promises checked on its books after each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from commerce.ordering.model import OrderStatus
from sandbox.bench.report import Section
from sandbox.daraja.callbacks import stk_body, wire
from sandbox.daraja.script import Call
from sandbox.daraja.stories import by_slug
from sandbox.demo.books import Books
from sandbox.demo.promises import broken_promises
from sandbox.load import k6
from sandbox.load.shelf import GOODS, ONE_SKU, PLENTY_SKU, SPREAD, SPREAD_SKU, UNITS, buyers, stock
from sandbox.stack import Stack, start
from sandbox.stack.door import WEB_KEY

#: The hold is a minute and a half then, longer than any scenario, and a payment a second and a half.
SPEED = 10
SECONDS, ORDERS, STORM, WAITING, CALLED_BACK = 10, 20, 50, 6, 6
#: All buyers share an address and the number that pays; these limits are tested where they belong.
PARAMETERS = dict.fromkeys(("CheckoutsPerAddressPerMinute", "PromptsPerPhonePerHour", "StatusLimitPerMinute"), "100000")
#: Real seconds for what was begun to end.
PATIENCE = 90.0


@dataclass
class Run:
    """What was measured, and what was wrong."""

    section: Section
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Scenario:
    title: str
    script: str
    numbers: dict[str, str]
    prepare: Callable[[_Shop], object] | None = None
    check: Callable[[_Shop, k6.Figures], Iterator[str]] | None = None


class _Shop:
    def __init__(self, stack: Stack, scratch: Path) -> None:
        self.stack, self.scratch, self.books = stack, scratch, Books(stack)
        self.api = httpx.Client(base_url=stack.api_url, headers={"x-client-key": WEB_KEY}, timeout=60, trust_env=False)
        self.numbers: list[str] = []

    def place(self, count: int, story: str) -> list[dict[str, str]]:
        """Place orders of the plentiful SKU; return number and e-mail of each."""
        placed = []
        for each in range(count):
            email = f"{story}-{len(self.numbers)}-{each}@example.com"
            answer = self.api.post(
                "/checkout",
                headers={"Idempotency-Key": email},
                json={
                    "items": [{"sku": PLENTY_SKU, "quantity": 1}],
                    "currency": "KES",
                    "customer": {"name": "Load Buyer", "email": email, "phone": f"+25471200{each:04}"},
                    "shipping": {
                        "zone": "nairobi_metro",
                        "address": {"line1": "Moi Avenue 1", "city": "Nairobi", "country": "KE"},
                    },
                    "payment": {"method": "mpesa", "phone": by_slug(story).number},
                },
            )
            answer.raise_for_status()
            placed.append({"number": answer.json()["order"]["number"], "email": email})
        self.numbers = [each["number"] for each in placed]
        return placed

    def genuine_callbacks(self, count: int) -> list[dict[str, str]]:
        """Have orders paid whose callbacks are kept back; return where Daraja would send each, and what."""
        self.place(count, "callback-lost")
        daraja, deadline = self.stack.daraja, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            pushes = [push for push in list(daraja.pushes.all) if push.reference in self.numbers]
            if len(pushes) == count and all(push.is_paid for push in pushes):
                return [{"url": push.callback_url, "body": wire(stk_body(daraja, push, Call(0.0)))} for push in pushes]
            time.sleep(0.1)
        raise k6.LoadError("the orders for the callbacks were not paid")

    def wake(self) -> None:
        """Have a process of each function started, before anything is measured."""
        self.place(3, "paid")
        for path in ("/products", "/payment-methods?currency=KES&total=650000"):
            self.api.get(path).raise_for_status()
        self.api.post("/hooks/stk/guessed", json={})
        self.settle()

    def settle(self) -> None:
        """Wait until no order waits for money any more."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            waiting = [
                number
                for number in self.books.order_numbers()
                if self.books.account(number).order.status is OrderStatus.PENDING_PAYMENT
            ]
            if not waiting:
                return
            time.sleep(0.5)


def _nothing_counted_twice(shop: _Shop, _: k6.Figures) -> Iterator[str]:
    for number in shop.numbers:
        kinds = shop.books.event_types(number)
        if kinds.count("PaymentConfirmed") != 1:
            yield f"order {number} was confirmed {kinds.count('PaymentConfirmed')} times"
        if set(kinds) & {"PaymentFailed", "DuplicatePaymentReceived"}:
            yield f"order {number} believed a callback: {kinds}"


def _exactly_the_units(sku: str) -> Callable[[_Shop, k6.Figures], Iterator[str]]:
    def check(shop: _Shop, figures: k6.Figures) -> Iterator[str]:
        stock = shop.books.stock(sku)
        accounts = [shop.books.account(number) for number in shop.books.order_numbers()]
        mine = [account.order for account in accounts if sku in account.order.holds]
        held = [order for order in mine if order.status is not OrderStatus.EXPIRED]
        if len(held) != UNITS or (stock.available, stock.reserved + stock.sold) != (0, UNITS):
            yield f"{sku}: {len(held)} orders and stock {stock} for {UNITS} units"
        if len(held) == len(mine) != figures.counts["ok"]:
            yield f"{sku}: {figures.counts['ok']} buyers were told of an order, and there are {len(mine)}"

    return check


def _all_paid(_: _Shop, figures: k6.Figures) -> Iterator[str]:
    if figures.more.get("orders_paid") != ORDERS:
        yield f"{figures.more.get('orders_paid', 0):.0f} of {ORDERS} buyers saw their order paid"


_ORDER = {"PAYS": by_slug("paid").number}
_SCENARIOS = (
    _Scenario("browse", "browse", {"SECONDS": str(SECONDS)}),
    _Scenario(
        "checkout, until paid", "checkout", {**_ORDER, "SKU": PLENTY_SKU, "ORDERS": str(ORDERS)}, check=_all_paid
    ),
    _Scenario(
        "status polling", "status", {"SECONDS": str(SECONDS)}, prepare=lambda shop: shop.place(WAITING, "paid")
    ),
    _Scenario(
        "callback storm", "callbacks", {"STORM": str(STORM)},
        prepare=lambda shop: shop.genuine_callbacks(CALLED_BACK), check=_nothing_counted_twice,
    ),
    *(
        _Scenario(
            f"flash sale, {GOODS[sku][1]} bucket{'s' * (GOODS[sku][1] > 1)}", "flash_sale",
            {**_ORDER, "SKU": sku, "BUYERS": str(buyers())}, check=_exactly_the_units(sku),
        )
        for sku in (ONE_SKU, SPREAD_SKU)
    ),
)  # fmt: skip


def run(scratch: Path, say: Callable[[str], None]) -> Run:
    """Start a shop, play every scenario, check the promises after each, and stop it."""
    section = Section("The whole shop on this machine")
    section.notes = [
        "k6 1.1 on 127.0.0.1 against the local stack: the real template on an emulator of AWS in Python, a process for "
        "each concurrent invocation, at most 3 of a function, all on the same two processors as k6. The times are "
        "those of the emulator. What counts are the answers, and the books afterwards.",
        f"Right refusals: 409 where the goods are sold out ({UNITS} units, {buyers()} buyers; {SPREAD} buckets or 1), "
        "404 for a guessed token. Busy: 503 with Retry-After. Wrong: any other 5xx, and whatever nobody expects.",
    ]
    answers = section.table(
        "Answers", "scenario", "requests", "2xx", "right refusals", "429", "busy", "wrong", "a second"
    )
    times = section.table("Milliseconds until the answer", "scenario", "p50", "p95", "p99", "max", "until paid, p50")
    promises = section.table("Promises, on the stored books", "after", "orders", "broken")
    faults: list[str] = []
    with start(port=0, speed=SPEED, parameters=PARAMETERS, say=say) as stack:
        stock(stack.database)
        shop = _Shop(stack, scratch)
        shop.wake()
        for scenario in _SCENARIOS:
            say(scenario.title)
            figures = _play(scenario, shop)
            counts = figures.counts
            answers.add(
                scenario.title, figures.requests, counts["ok"], counts["sold_out"] + counts["refused"],
                counts["slowed_down"], counts["busy"], figures.wrong, figures.per_second,
            )  # fmt: skip
            paid = figures.more.get("until_paid_ms", "")
            times.add(scenario.title, figures.median, figures.p95, figures.p99, figures.longest, paid)
            found = [*_wrong(figures), *_check(scenario, shop, figures)]
            promises.add(scenario.title, len(shop.books.order_numbers()), len(found))
            faults += [f"{scenario.title}: {fault}" for fault in found]
    return Run(section, faults)


def _play(scenario: _Scenario, shop: _Shop) -> k6.Figures:
    environment = {"API": shop.stack.api_url, "CLIENT_KEY": WEB_KEY, **scenario.numbers}
    if scenario.prepare is not None:
        data = shop.scratch / f"{scenario.script}-data.json"
        data.write_text(json.dumps(scenario.prepare(shop)), encoding="utf-8")
        environment["DATA"] = str(data)
    return k6.play(scenario.script, environment, shop.scratch)


def _wrong(figures: k6.Figures) -> Iterator[str]:
    if figures.wrong or not figures.requests:
        yield f"{figures.wrong} of {figures.requests} answers were wrong"


def _check(scenario: _Scenario, shop: _Shop, figures: k6.Figures) -> Iterator[str]:
    shop.settle()
    if scenario.check is not None:
        yield from scenario.check(shop, figures)
    yield from broken_promises(shop.books)
