"""What a day checks would be seen to be broken: each bug that is planted here breaks a promise before the day is over.

Each story is told by hand, of the steps that any day is made of, and once without the bug: then all is calm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from commerce.inventory.store import Stock
from commerce.ordering.model import OrderStatus
from commerce.payments import settle_payment
from functions.refund_payment import app as refund_worker
from tests.days.test_any_day import Buying

Bug = Callable[[pytest.MonkeyPatch], None]


def doubled_release(patch: pytest.MonkeyPatch) -> None:
    """Expiry gives back twice what an order holds."""
    release = Stock.release

    def twice(self: Stock, commit: Any, sku: str, holds: Any) -> None:
        release(self, commit, sku, [hold._replace(quantity=2 * hold.quantity) for hold in holds])

    patch.setattr(Stock, "release", twice)


def missing_condition(patch: pytest.MonkeyPatch) -> None:
    """Settlement does not ask whether the order has expired meanwhile, and its goods are somebody else's."""
    book = settle_payment._Settlement.book

    def trusting(self: Any) -> None:
        if self.order.status is OrderStatus.EXPIRED:
            self._pay(self.order.holds)
        else:
            book(self)

    patch.setattr(settle_payment._Settlement, "book", trusting)


def swallowed_error(patch: pytest.MonkeyPatch) -> None:
    """The worker that reads the providers' books takes what it cannot read for done."""
    reconcile = refund_worker._reconcile

    def quiet(desk: Any, message: Any) -> None:
        try:
            reconcile(desk, message)
        except Exception:
            return

    patch.setattr(refund_worker, "_reconcile", quiet)


def two_holds_and_one_expires(day: Buying) -> None:
    day.check_out(buyer="Wanjiku", basket="1 ONE", method="card", code=None)
    day.time_passes(span="3 minutes")
    day.check_out(buyer="Wanjiku", basket="1 ONE", method="card", code=None)
    day.check()
    day.time_passes(span="20 minutes")


def paid_when_the_goods_are_anothers(day: Buying) -> None:
    day.check_out(buyer="Wanjiku", basket="1 ONE", method="mpesa", code=None)
    day.time_passes(span="20 minutes")
    day.check_out(buyer="Wanjiku", basket="1 ONE", method="mpesa", code=None)
    day.check()
    day.pay_by_phone(pick=0)
    day.time_passes(span="30 seconds")


def the_books_cannot_be_read(day: Buying) -> None:
    day.check_out(buyer="Wanjiku", basket="1 ONE", method="card", code=None)
    day.check()
    day.pay_by_card(pick=0, bank="agrees")
    day.time_passes(span="3 minutes")
    day.provider_goes_down(provider="stripe")
    day.refund_in_the_providers_pages(pick=0)
    day.time_passes(span="20 minutes")


PLANTED = [
    (doubled_release, two_holds_and_one_expires, "holds of orders do not add up"),
    (missing_condition, paid_when_the_goods_are_anothers, "paid orders do not add up|holds of orders do not add up"),
    (swallowed_error, the_books_cannot_be_read, "went back, 0 is on record"),
]
each_bug = pytest.mark.parametrize(("plant", "story", "broken"), PLANTED, ids=lambda one: getattr(one, "__name__", ""))


@each_bug
def test_a_planted_bug_is_found(plant: Bug, story: Callable[[Buying], None], broken: str, a_day: Any) -> None:
    with a_day() as day:
        story(day)
        day.check()
        day.end()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(AssertionError, match=broken), a_day() as day:
        plant(patch)
        story(day)
        day.check()
        day.end()


@pytest.fixture
def a_day(url: str) -> Callable[[], AbstractContextManager[Buying]]:
    """Return what begins a day that is told by hand."""

    @contextmanager
    def begun() -> Iterator[Buying]:
        day = Buying()
        day.url = url  # type: ignore[misc]
        with day.closing:
            day.open_shop()
            day.check()
            yield day

    return begun
