"""Stories whose worker dies: what has happened, the requests and messages that come then, and where it all must end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import pytest
from pynamodb.exceptions import TransactWriteError

from commerce.audit.store import EventRow, to_event
from commerce.checkout.place_order import Placement
from commerce.inventory.store import StockRow
from commerce.kernel.commit import TRIES, Commit
from commerce.kernel.errors import CommitBusy
from commerce.payments.model import AttemptState
from commerce.payments.port import OutcomeUnknown
from commerce.payments.store import Account
from commerce.promotions.credit_store import CreditRow
from commerce.promotions.store import UsesRow
from tests.support import engines
from tests.support.books import assert_books
from tests.support.interleave import ANY, WRITE, Crash, Interleaving, Side, interleaving
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept
from tests.support.shop import Shop

SKU = "LAP-1"
CARD: dict[str, Any] = {"payment": {"method": "card"}}
#: A prompt that a dead worker never sent, or whose sending it could not record, is unknown: its own right outcome.
_PROMPTING = frozenset({"PaymentPrompted", "PaymentOutcomeUnknown", "PaymentUnresolved"})
_UNANSWERED = (AttemptState.PROMPTED, AttemptState.UNKNOWN, AttemptState.STARTING)


@dataclass
class World:
    """A shop with two units of one SKU, and what a story remembers of it."""

    shop: Shop
    mpesa: Mpesa
    notes: dict[str, Any] = field(default_factory=dict)

    def order(self, key: str = "key", **changes: Any) -> Placement:
        """Place an order of one unit; the same key finds it again."""
        return self.shop.order(key, (SKU, 1), **changes)

    def account(self, key: str = "key") -> Account:
        """Read the order that a story noted under a name."""
        return self.shop.account(self.notes[key])


Step = Callable[[World], object]


def nothing(world: World) -> None:
    """Nothing happened before, or happens after."""


@dataclass(frozen=True)
class Story:
    """What has happened, the steps at whose calls a worker dies, and what the world does after them.

    A step is one request or one message: the one that was cut short is delivered again, then the rest follows.
    `may_lose_the_push`: an M-Pesa prompt is never sent twice, so where the worker died between the commit and the push
    the story ends as if the push had been lost.
    """

    name: str
    given: Step
    steps: tuple[Step, ...]
    after: Step = nothing
    may_lose_the_push: bool = False


def begin(url: str, story: Story) -> World:
    """Return a world in which what is given has happened."""
    mpesa = Mpesa()
    world = World(Shop(engines.fresh_database(url), provider=mpesa), mpesa)
    world.shop.sell(SKU, stock=2)
    story.given(world)
    return world


def finish(world: World, story: Story, place: int = 0) -> dict[str, Any]:
    """Do the steps from `place` on, let the world go on and everything settle; return where it stands."""
    for step in story.steps[place:]:
        step(world)
    story.after(world)
    postman = Postman(world.shop, world.mpesa)
    postman.settle_down()
    assert postman.dead_letters == []
    everything = assert_kept(world.shop)
    assert_books(world.shop, world.mpesa, everything, settled=True)
    return standing(world.shop, world.mpesa, everything)


@dataclass(frozen=True)
class Telling:
    """How a story goes when nobody dies: the calls of its steps, and where it ends.

    There is a second end where M-Pesa never got the push, if the story may lose it.
    """

    calls: list[str]
    ends: list[dict[str, Any]]

    @property
    def writes(self) -> int:
        """How many transactions there are."""
        return self.calls.count(WRITE)


@cache
def tell(url: str, story: Story) -> Telling:
    """Tell a story without a crash."""
    world = begin(url, story)
    with interleaving(world.shop) as steps:
        for step in story.steps:
            step(world)
    assert WRITE in steps.calls
    found = [finish(world, story, len(story.steps))]
    if story.may_lose_the_push:
        world = begin(url, story)
        world.mpesa.start = lambda request: OutcomeUnknown("never sent")  # type: ignore[method-assign]
        found.append(finish(world, story))
    return Telling(steps.calls, found)


def assert_survives_a_crash(url: str, story: Story) -> None:
    """At each call in turn, before it and after it, the worker dies; the same comes again (case 28).

    A dead worker leaves only what its calls did, so to die after one call is to die before the next.
    """
    told = tell(url, story)
    calls = told.calls
    places: list[tuple[Side, int]] = [("before", 1), *(("after", place) for place in range(1, len(calls) + 1))]
    for side, place in places:
        with _cut_short(url, story, Crash, partial(Interleaving.crash, side=side, name=ANY, nth=place)) as end:
            assert end in told.ends, _difference(f"{side} call {place} of {calls}", end, told.ends)


def assert_survives_a_lost_answer(url: str, story: Story) -> None:
    """At each write in turn, it is applied and its answer is lost; the worker fails, and the same comes again."""
    told = tell(url, story)
    for place in range(1, told.writes + 1):
        with _cut_short(url, story, TransactWriteError, partial(Interleaving.lose_answer, nth=place)) as end:
            assert end in told.ends, _difference(f"answer of write {place} of {told.writes}", end, told.ends)


def assert_survives_conflicts(url: str, story: Story) -> None:
    """At each write in turn, other transactions are at work on its items past all tries; then the same comes again."""
    told = tell(url, story)
    for place in range(1, told.writes + 1):
        with _cut_short(url, story, CommitBusy, partial(Interleaving.conflict, nth=place, times=TRIES)) as end:
            assert end in told.ends, _difference(f"conflicts at write {place} of {told.writes}", end, told.ends)


def assert_bears_conflicts(url: str, story: Story) -> None:
    """Every write meets one conflict, which its commit bears by itself."""
    told = tell(url, story)

    def at_each_first_try(steps: Interleaving) -> None:
        for write in range(told.writes):
            steps.conflict(nth=2 * write + 1)

    with _cut_short(url, story, None, at_each_first_try) as end:
        assert end == told.ends[0], _difference("a conflict at every write", end, told.ends)


def assert_survives_duplicates(url: str, story: Story) -> None:
    """Every request and message is delivered twice, and once more when everything is over."""
    twice = Story(story.name, story.given, tuple(step for step in story.steps for _ in range(2)), story.after)
    assert finish(begin(url, story), twice) == tell(url, story).ends[0], story.name


def unhurried(patch: pytest.MonkeyPatch) -> None:
    """Let commits that met a conflict come again at once."""
    defaults: Any = Commit.__init__.__kwdefaults__
    patch.setitem(defaults, "pause", lambda _: None)


@contextmanager
def _cut_short(
    url: str, story: Story, raised: type[BaseException] | None, arrange: Callable[[Interleaving], object]
) -> Iterator[dict[str, Any]]:
    """Do the steps until one is cut short, which is checked and delivered again; yield where everything ends.

    A use case may bear what would end a worker (the record of a prompt that is out is only tried): then all steps are
    done, and nothing comes again.
    """
    world = begin(url, story)
    place = 0
    with interleaving(world.shop) as steps:
        arrange(steps)
        try:
            for place, step in enumerate(story.steps):  # noqa: B007
                step(world)
            place = len(story.steps)
        except (Crash, TransactWriteError, CommitBusy) as error:
            assert raised is not None and isinstance(error, raised), (story.name, steps.calls)
    assert raised is not Crash or place < len(story.steps), "nothing died"
    assert_books(world.shop, world.mpesa, assert_kept(world.shop), settled=False)
    yield finish(world, story, place)


def standing(shop: Shop, mpesa: Mpesa, everything: list[Account]) -> dict[str, Any]:
    """Return where everything stands: orders, stock, promotions, and what the providers were asked for."""
    return {
        "orders": {account.order.number: _of_order(account) for account in everything},
        "stock": {
            row.pk: (int(row.available), int(row.reserved), int(row.sold), int(row.received))
            for row in shop.database.bind(StockRow, "stock").scan(consistent_read=True)
        },
        "promotions": _promotions(shop),
        "other events": _other_events(shop),
        "prompts": sorted(mpesa.prompts),
        "given back by phone": {name: asked.amount.amount for name, asked in mpesa.given_back.items()},
        "intents": {intent.id: (intent.status, intent.captured) for intent in shop.card.intents.values()},
        "given back by card": {
            receipt: sorted((entry.reference or entry.id, entry.amount, entry.state) for entry in made)
            for receipt, made in shop.card.refunds.items()
        },
    }


def _of_order(account: Account) -> dict[str, Any]:
    order = account.order
    return {
        "status": order.status.value,
        "paid": order.paid,
        "redemption": order.redemption,
        "credit": (order.terms.credit, order.credit_returned),
        "dispute": order.dispute,
        "events": Counter(entry.type for entry in order.timeline if entry.type not in _PROMPTING),
        "attempts": {
            one.number: (
                one.method,
                "unanswered" if one.state in _UNANSWERED else one.state.value,
                one.captured,
                one.refunded,
                one.receipt,
            )
            for one in account.attempts.values()
        },
        "refunds": {
            one.number: (one.attempt, one.amount, one.why, one.destination, one.state.value, one.lines)
            for one in account.refunds.values()
        },
        "shipments": {one.number: (one.state.value, one.lines) for one in account.shipments.values()},
        "returns": {one.number: (one.state.value, one.lines) for one in account.returns.values()},
    }


def _promotions(shop: Shop) -> list[tuple[Any, ...]]:
    uses = shop.database.bind(UsesRow, "vouchers")
    used = [(row.pk, row.sk, int(row.used)) for row in uses.scan(uses.used.exists(), consistent_read=True)]
    rows = shop.database.bind(CreditRow, "vouchers")
    credits = rows.scan(rows.sk == "CREDIT", consistent_read=True)
    # Codes are random: what a credit came of names it.
    return sorted(used) + sorted((row.origin, int(row.issued), int(row.balance), int(row.spent)) for row in credits)


def _other_events(shop: Shop) -> Counter[tuple[str, str]]:
    rows = shop.database.bind(EventRow, "events").scan(consistent_read=True)
    found = [to_event(row) for row in rows]
    # A review's name ends with something random.
    return Counter((event.subject.split(".")[0], event.type) for event in found if event.subject[:6] != "order/")


def _difference(where: str, end: dict[str, Any], expected: list[dict[str, Any]]) -> str:
    lines = [f"worker cut short: {where}"]
    for name, value in end.items():
        for other in expected:
            if other[name] != value:
                lines.append(f"{name}: {value!r}\n  instead of {other[name]!r}")
    return "\n".join(lines)
