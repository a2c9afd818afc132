"""Staff cancel: goods are for sale again, everything that was taken is given back, and money never gets lost."""

from __future__ import annotations

import pytest

from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import OrderNotCancellable, PaymentUnderWay, cancel_order
from commerce.fulfilment.ship_order import OrderNotShippable
from commerce.kernel.errors import NotFound
from commerce.ordering.model import Order, OrderStatus
from commerce.payments.model import AttemptState
from commerce.payments.port import DisputeEntry
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order, refundable
from tests.support.interleave import WRITE, calls_of
from tests.support.mpesa import Mpesa
from tests.support.parcels import STAFF, pay, ship
from tests.support.postman import Postman
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop
from tests.support.vouchers import give_credit, publish, voucher

FREE = {"available": 3, "reserved": 0, "sold": 0, "received": 3}


@pytest.fixture
def placed(quick: Shop) -> Placement:
    quick.sell("LAP-1", stock=3)
    return quick.order("key", ("LAP-1", 2))


def cancel(shop: Shop, placed: Placement) -> Order:
    return cancel_order(shop.till, placed.order.number, by=STAFF, reason="the buyer called")


def test_a_paid_order(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    pay(quick, mpesa, placed)
    order = cancel(quick, placed)
    assert order.status is OrderStatus.CANCELLED
    assert quick.stock("LAP-1") == FREE
    [refund] = quick.account(placed).refunds.values()
    assert (refund.amount, refund.why, refund.by) == (order.terms.total, "cancelled", STAFF)
    assert quick.events(placed)[-1].data == {
        "order_number": order.number,
        "amount": order.terms.total,
        "currency": "KES",
        "credited": 0,
        "refund": {"number": 1, "attempt": 1, "amount": order.terms.total, "why": "cancelled"},
        "by": STAFF,
        "reason": "the buyer called",
    }
    assert_kept(quick)
    Postman(quick, mpesa).settle_down()
    assert mpesa.given_back[f"{order.number}-R1"].amount.amount == order.terms.total
    assert_kept(quick)


def test_it_costs_one_read_and_one_write(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    pay(quick, mpesa, placed)
    assert calls_of(quick, lambda: cancel(quick, placed)) == ["Query", WRITE]
    assert calls_of(quick, lambda: cancel(quick, placed)) == ["Query"], "again changes nothing"
    assert quick.event_types(placed).count("OrderCancelled") == 1


def test_only_what_is_left_goes_back(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    pay(quick, mpesa, placed)
    number = placed.order.number
    refund_order(quick.till, number, RefundWish(amount=100_000), key="refund", by=STAFF, reason="discount")
    cancel(quick, placed)
    assert sum(refund.amount for refund in quick.account(placed).refunds.values()) == placed.order.terms.total
    assert refundable(quick.account(placed)) == 0
    assert_kept(quick)


def test_an_order_that_was_paid_back_whole(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    pay(quick, mpesa, placed)
    refund_order(quick.till, placed.order.number, RefundWish(), key="refund", by=STAFF, reason="asked for")
    cancel(quick, placed)
    assert len(quick.account(placed).refunds) == 1
    assert quick.stock("LAP-1") == FREE
    assert_kept(quick)


def test_an_order_whose_payment_failed(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    quick.verify(placed, claim=mpesa.fail(placed.order.number))
    order = cancel(quick, placed)
    assert (order.status, order.due_at) == (OrderStatus.CANCELLED, None)
    assert quick.stock("LAP-1") == FREE
    assert quick.account(placed).refunds == {}
    assert_kept(quick)


def test_a_payment_that_failed_is_found_out(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    mpesa.fail(placed.order.number)
    cancel(quick, placed)
    assert quick.account(placed).attempts[1].state is AttemptState.FAILED
    assert quick.event_types(placed)[-2:] == ["PaymentFailed", "OrderCancelled"]
    assert_kept(quick)


def test_a_payment_that_cannot_be_stopped_is_waited_for(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    with pytest.raises(PaymentUnderWay):
        cancel(quick, placed)
    assert quick.account(placed).order.status is OrderStatus.PENDING_PAYMENT
    assert quick.stock("LAP-1")["reserved"] == 2
    assert_kept(quick)


def test_a_payment_that_was_quicker_goes_back(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """The buyer has paid, and the shop learns of it by cancelling."""
    mpesa.pay(placed.order.number)
    assert cancel(quick, placed).status is OrderStatus.CANCELLED
    assert quick.event_types(placed)[-2:] == ["PaymentConfirmed", "OrderCancelled"]
    assert quick.stock("LAP-1") == FREE
    Postman(quick, mpesa).settle_down()
    assert_kept(quick)
    assert mpesa.given_back[f"{placed.order.number}-R1"].amount.amount == placed.order.terms.total


def test_money_that_comes_after_it_goes_back(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """The provider called the payment failed, and was wrong."""
    number = placed.order.number
    quick.verify(placed, claim=mpesa.fail(number))
    cancel(quick, placed)
    quick.verify(placed, claim=mpesa.pay(number))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.CANCELLED
    assert [refund.why for refund in account.refunds.values()] == ["late"]
    assert quick.stock("LAP-1") == FREE
    Postman(quick, mpesa).settle_down()
    assert_kept(quick)
    assert_money(quick, mpesa, settled=True)


def test_what_was_sent_is_not_cancelled(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    pay(quick, mpesa, placed)
    ship(quick, placed, LAP_1=1)
    with pytest.raises(OrderNotCancellable):
        cancel(quick, placed)
    ship(quick, placed, "rest")
    with pytest.raises(OrderNotCancellable):
        cancel(quick, placed)
    assert_kept(quick)


def test_what_was_cancelled_is_not_sent(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    pay(quick, mpesa, placed)
    cancel(quick, placed)
    with pytest.raises(OrderNotShippable):
        ship(quick, placed)


def test_money_under_review_is_settled_first(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    quick.verify(placed, claim=mpesa.pay(placed.order.number, amount=100))
    with pytest.raises(OrderNotCancellable):
        cancel(quick, placed)
    assert_kept(quick)


@pytest.mark.parametrize(("dispute", "may"), [("open", False), ("lost", True), ("won", True)])
def test_a_disputed_payment_is_settled_first(
    quick: Shop, mpesa: Mpesa, placed: Placement, dispute: str, may: bool
) -> None:
    pay(quick, mpesa, placed)
    rows = quick.till.orders.rows
    rows(placed.order.number, "ORDER").update(actions=[rows.dispute.set(dispute)])
    if may:
        cancel(quick, placed)
    else:
        with pytest.raises(OrderNotCancellable):
            cancel(quick, placed)


def test_a_lost_dispute_does_not_keep_the_goods(quick: Shop) -> None:
    """The bank gave the card's money back; the goods are for sale again, and the store credit goes back here."""
    code = give_credit(quick.database, 50_000)
    quick.sell("LAP-1", stock=3)
    placed = quick.order("key", ("LAP-1", 1), payment={"method": "card"}, credit=code)
    receipt = quick.card.pay(placed.attempt.id)
    quick.verify(placed)
    quick.card.disputes[receipt] = DisputeEntry("dp_1", "lost", 130_000, "fraudulent")
    reconcile_statement(quick.till, "card", receipt)
    assert cancel(quick, placed).credit_returned == 50_000
    assert [(refund.attempt, refund.amount) for refund in quick.account(placed).refunds.values()] == [(None, 50_000)]
    assert quick.stock("LAP-1") == FREE
    assert_kept(quick)


@pytest.mark.parametrize("paid", [False, True])
def test_voucher_and_store_credit_go_back(quick: Shop, mpesa: Mpesa, paid: bool) -> None:
    """The order had used both, and a part was paid by phone: all three are as before, the money on its way."""
    publish(quick.database, quick.clock, voucher("KARIBU10", total_limit=1, per_customer_limit=1))
    code = give_credit(quick.database, 50_000)
    quick.sell("LAP-1", stock=3)
    placed = quick.order("key", ("LAP-1", 1), voucher="KARIBU10", credit=code)
    assert (placed.order.terms.discount, placed.order.terms.credit) == (15_000, 50_000)
    if paid:
        pay(quick, mpesa, placed)
    else:
        mpesa.fail(placed.order.number)
    assert_kept(quick)
    order = cancel(quick, placed)
    assert (order.redemption, order.credit_returned) == (None, 50_000)
    assert quick.stock("LAP-1") == FREE
    event = quick.events(placed)[-1]
    assert (event.data["amount"], event.data["credited"]) == ((placed.order.terms.total, 50_000) if paid else (0, 0))
    assert_kept(quick)
    again = quick.order("again", ("LAP-1", 1), voucher="KARIBU10", credit=code)
    assert (again.order.terms.discount, again.order.terms.credit) == (15_000, 50_000)
    assert_kept(quick)


def test_an_expired_order_is_over(quick: Shop, placed: Placement) -> None:
    quick.expire(placed)
    with pytest.raises(OrderNotCancellable):
        cancel(quick, placed)
    with pytest.raises(NotFound):
        cancel_order(quick.till, "0000000000", by=STAFF, reason="none")
