"""Refunds decided at once: on two engines, the sum never exceeds what was captured (promise 3)."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.payments.model import RefundTooLarge
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import NothingToRefund, refund_order
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.promises import assert_kept
from tests.support.shop import Shop


@pytest.fixture
def paid(shop: Shop) -> Placement:
    shop.sell("LAP-1", stock=2)
    placed = shop.order("key", ("LAP-1", 1), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    return placed


def ask(shop: Shop, placed: Placement, key: str, **wish: Any) -> Any:
    return refund_order(shop.till, placed.order.number, RefundWish(**wish), key=key, by="staff", reason="goodwill")


@pytest.mark.parametrize("other", [{"amount": 100_000}, {"amount": 100_000, "destination": "credit"}])
def test_two_members_of_staff(shop: Shop, paid: Placement, other: dict[str, Any]) -> None:
    """Both have read that KES 1,800 are left, and each gives back 1,000: one of them is refused."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: ask(shop, paid, "one", amount=100_000), lambda: ask(shop, paid, "two", **other))
    assert sum(isinstance(result, RefundTooLarge) for result in results) == 1
    assert shop.account(paid).attempts[1].refunded == 100_000
    assert_kept(shop)


def test_one_press_twice(shop: Shop, paid: Placement) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: ask(shop, paid, "same", amount=100_000)] * 2)
    assert [len(result.refunds) for result in results] == [1, 1]
    assert_kept(shop)


def test_everything_twice(shop: Shop, paid: Placement) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: ask(shop, paid, "one"), lambda: ask(shop, paid, "two"))
    assert sum(isinstance(result, NothingToRefund) for result in results) == 1
    assert_kept(shop)


def test_the_attempts_own_condition_holds_without_the_orders_version(shop: Shop, paid: Placement) -> None:
    """The sum is one condition of the commit, not only an effect of the order's version."""
    before = shop.account(paid).attempts[1]
    payments = shop.till.payments
    payments.rows(paid.order.number, "ATTEMPT#01").update(actions=[payments.rows.refunded.set(100_000)])
    commit = Commit(shop.database)
    commit._recorded = True
    payments.change_attempt(commit, before, before.giving_back(100_000))
    with pytest.raises(StaleWrite):
        commit.send()
