"""What happens at the provider beside the shop reaches the order: each difference of the books is booked once."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.decision import Verdict
from commerce.payments.model import RefundState
from commerce.payments.port import DisputeEntry, RefundEntry
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import refund_payment
from commerce.payments.request_refund import refund_order, refundable
from tests.support.card import charge_id
from tests.support.interleave import WRITE, interleaving
from tests.support.promises import assert_kept
from tests.support.shop import Shop


@pytest.fixture
def shop(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=5)
    return quick


@pytest.fixture
def paid(shop: Shop) -> Placement:
    placed = shop.order("key", ("LAP-1", 1), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    return placed


def receipt(placed: Placement) -> str:
    return charge_id(placed.attempt.id)


def reconcile(shop: Shop, placed: Placement) -> Verdict:
    return reconcile_statement(shop.till, "card", receipt(placed))


def our_refund(shop: Shop, placed: Placement, amount: int) -> None:
    wish = RefundWish(amount=amount)
    refund_order(shop.till, placed.order.number, wish, key=f"{amount}", by="staff-1", reason="goodwill")
    number = shop.account(placed).order.refunds
    refund_payment(shop.till, placed.order.number, number)


def test_a_refund_made_outside_is_booked_once(shop: Shop, paid: Placement) -> None:
    shop.card.give_back_outside(receipt(paid), 50_000)
    for _ in range(3):
        assert reconcile(shop, paid) is Verdict.FINAL
    account = shop.account(paid)
    [made] = account.refunds.values()
    assert (made.why, made.amount, made.state) == ("outside", 50_000, RefundState.SUCCEEDED)
    assert refundable(account) == 130_000
    assert shop.event_types(paid).count("RefundFoundOutside") == 1
    assert shop.events(paid)[-1].data["attention"] is True
    assert_kept(shop)


def test_two_workers_read_the_same_books(shop: Shop, paid: Placement) -> None:
    shop.card.give_back_outside(receipt(paid), 50_000)
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: reconcile(shop, paid), nth=1)
        reconcile(shop, paid)
    assert len(shop.account(paid).refunds) == 1
    assert_kept(shop)


def test_outside_before_ours_never_sums_beyond_what_came(shop: Shop, paid: Placement) -> None:
    """Ours is decided before the shop hears of theirs; the provider refuses it, and a person is told."""
    shop.card.give_back_outside(receipt(paid), 180_000)
    wish = RefundWish(amount=180_000)
    refund_order(shop.till, paid.order.number, wish, key="ours", by="staff-1", reason="goodwill")
    assert reconcile(shop, paid) is Verdict.FINAL
    account = shop.account(paid)
    assert [made.amount for made in account.refunds.values()] == [180_000, 0]
    assert_kept(shop)


def test_our_own_refund_is_not_booked_again(shop: Shop, paid: Placement) -> None:
    our_refund(shop, paid, 50_000)
    reconcile(shop, paid)
    assert len(shop.account(paid).refunds) == 1


@pytest.mark.parametrize(("state", "becomes"), [("succeeded", RefundState.SUCCEEDED), ("failed", RefundState.FAILED)])
def test_what_became_of_a_pending_refund(shop: Shop, paid: Placement, state: Any, becomes: RefundState) -> None:
    shop.card.refund_state = "pending"
    our_refund(shop, paid, 50_000)
    [entry] = shop.card.refunds[receipt(paid)]
    shop.card.refunds[receipt(paid)] = [RefundEntry(entry.id, entry.reference, entry.amount, state)]
    reconcile(shop, paid)
    assert shop.account(paid).refunds[1].state is becomes
    assert_kept(shop)


def test_money_that_came_home_again(shop: Shop, paid: Placement) -> None:
    """A refund that succeeded may fail days later, when the buyer's bank sends it back."""
    our_refund(shop, paid, 50_000)
    [entry] = shop.card.refunds[receipt(paid)]
    shop.card.refunds[receipt(paid)] = [RefundEntry(entry.id, entry.reference, entry.amount, "failed")]
    reconcile(shop, paid)
    assert shop.account(paid).refunds[1].state is RefundState.FAILED
    assert shop.event_types(paid)[-1] == "RefundFailed"
    assert_kept(shop)


@pytest.mark.parametrize(("end", "won"), [("won", True), ("lost", False)])
def test_a_dispute_reaches_the_order(shop: Shop, paid: Placement, end: Any, won: bool) -> None:
    shop.card.disputes[receipt(paid)] = DisputeEntry("dp_1", "open", 180_000, "fraudulent")
    for _ in range(2):
        reconcile(shop, paid)
    assert shop.account(paid).order.dispute == "open"
    assert shop.events(paid)[-1].data == {
        "order_number": paid.order.number, "attempt": 1, "dispute": "dp_1", "amount": 180_000, "reason": "fraudulent",
        "attention": True,
    }  # fmt: skip
    shop.card.disputes[receipt(paid)] = DisputeEntry("dp_1", end, 180_000, "fraudulent")
    for _ in range(2):
        reconcile(shop, paid)
    assert shop.account(paid).order.dispute == end
    assert (shop.event_types(paid).count("DisputeClosed"), shop.events(paid)[-1].data["won"]) == (1, won)
    assert_kept(shop)


def test_books_that_cannot_be_read_now(shop: Shop, paid: Placement) -> None:
    shop.card.answers = "down"
    assert reconcile(shop, paid) is Verdict.PENDING


def test_a_payment_of_another_shop(shop: Shop) -> None:
    assert reconcile_statement(shop.till, "card", "ch_of_others") is Verdict.MISSING
