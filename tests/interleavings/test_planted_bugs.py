"""Bugs planted on purpose: each is found by the orders that the normal suite tries of a pair, and can be replayed."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest

from commerce.checkout import expire_orders
from commerce.kernel.commit import Commit
from tests.support.arena import Arena, Situation, Work, arena
from tests.support.scheduler import replay
from tests.support.situations import acts, money, shelf, unpaid
from tests.support.trials import Trials, closest, run

_unlocked: ContextVar[bool] = ContextVar("unlocked", default=False)


def without_condition(patch: pytest.MonkeyPatch, *rows: str, everywhere: bool = True) -> None:
    """Let commits write these rows whatever is stored; unless `everywhere`, only those that are made unlocked."""

    def careless(method: Callable[..., None]) -> Callable[..., None]:
        def write(commit: Commit, item: Any, **more: Any) -> None:
            kind = type(item)
            if kind.__name__ in rows and (everywhere or _unlocked.get()):
                more["when"] = kind.pk.exists() | kind.pk.does_not_exist()
            method(commit, item, **more)

        return write

    for name in ("put", "update", "record"):
        patch.setattr(Commit, name, careless(getattr(Commit, name)))


def oversell(patch: pytest.MonkeyPatch) -> None:
    """A missing condition: `available >= quantity`."""
    without_condition(patch, "StockRow")


def forget_the_version(patch: pytest.MonkeyPatch) -> None:
    """A missing condition: an order may be changed from what it no longer is.

    The place of the event in the order's trail says the same once more, so both are forgotten.
    """
    without_condition(patch, "OrderRow", "EventRow")


def release_twice(patch: pytest.MonkeyPatch) -> None:
    """A double release: the sweep writes what it decided, whatever became of the order."""
    without_condition(patch, "OrderRow", "EventRow", everywhere=False)
    release = expire_orders._release

    def unlocked(*args: Any) -> None:
        token = _unlocked.set(True)
        try:
            release(*args)
        finally:
            _unlocked.reset(token)

    patch.setattr(expire_orders, "_release", unlocked)


def spend_a_receipt_twice(patch: pytest.MonkeyPatch) -> None:
    """A receipt that is not unique."""
    without_condition(patch, "ReceiptRow")


def count_without_limit(patch: pytest.MonkeyPatch) -> None:
    """A voucher whose uses are counted, and not limited."""
    without_condition(patch, "UsesRow")


def forget_the_first_order(patch: pytest.MonkeyPatch) -> None:
    """A code for first orders that is good for a second."""
    without_condition(patch, "FirstOrderRow")


def overspend(patch: pytest.MonkeyPatch) -> None:
    """Store credit that is spent without looking at its balance."""
    without_condition(patch, "CreditRow")


def deliver_twice(patch: pytest.MonkeyPatch) -> None:
    """A delivery that counts as often as it is told."""
    without_condition(patch, "EventRow")


@dataclass(frozen=True)
class Bug:
    """A bug, and who meets where."""

    plant: Callable[[pytest.MonkeyPatch], None]
    situation: Situation
    works: tuple[Work, Work]

    def __str__(self) -> str:
        return self.plant.__name__


BUGS = (
    Bug(oversell, shelf.LAST_UNIT, (shelf.buy("buy", "a"), shelf.adjust("take_away", -1))),
    Bug(forget_the_version, money.PAID, (acts.CANCEL, acts.SHIP_ALL)),
    Bug(forget_the_version, unpaid.FAILED, (acts.SETTLE, acts.RETRY)),
    Bug(release_twice, unpaid.OVERDUE, (acts.SETTLE, acts.EXPIRE)),
    Bug(release_twice, unpaid.OVERDUE, (acts.EXPIRE, acts.EXPIRE)),
    Bug(spend_a_receipt_twice, unpaid.ONE_RECEIPT, (unpaid.CLAIM_OWN, unpaid.CLAIM_STOLEN)),
    Bug(count_without_limit, shelf.LAST_USE, (shelf.buy("buy", "a"), shelf.buy("buy_too", "b"))),
    Bug(forget_the_first_order, shelf.FIRST_ORDERS, (shelf.buy("buy", "a"), shelf.buy("buy_again", "d", who="a"))),
    Bug(overspend, shelf.TABS, (shelf.tab("tab"), shelf.tab("other_tab"))),
    Bug(deliver_twice, shelf.LAST_UNIT, (shelf.RECEIVE, shelf.RECEIVE)),
)


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_it_is_found_and_its_order_replayed(bug: Bug, trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    with arena(trials.url, bug.situation) as there:
        with monkeypatch.context() as planted:
            bug.plant(planted)
            line = found(there, bug, trials)
            ran = run(there, bug.works, replay(line, names(there, bug)))
            assert str(ran) == line
            with pytest.raises(AssertionError):
                there.judge(bug.works, ran)
        trials.judge(there, bug.works, [run(there, bug.works, replay(line, names(there, bug)))])


def found(there: Arena, bug: Bug, trials: Trials) -> str:
    """Try the pair as the normal suite does; return the order of calls that is told with what is wrong."""
    with pytest.raises(AssertionError) as told:
        trials.judge(there, bug.works, closest(there, bug.works))
    line = str(told.value).splitlines()[0].removeprefix(f"{bug.situation.name}: ")
    assert "TransactWriteItems" in line
    return line


def names(there: Arena, bug: Bug) -> list[str]:
    return [piece.name for piece in there.fresh(bug.works)]
