"""Money that is under review blocks its order until it is decided about, and never for ever: staff can end it."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import OrderNotCancellable, cancel_order
from commerce.fulfilment.ship_order import OrderNotShippable
from commerce.ordering.model import Order, OrderStatus
from commerce.payments.check_record import give_up_record, note_record
from commerce.payments.model import AttemptState, Refund
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order, refundable
from tests.support.mpesa import Mpesa
from tests.support.parcels import ship
from tests.support.postman import Postman
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop
from tests.support.vouchers import give_credit

WHY: dict[str, Any] = {"by": "staff-1", "reason": "less came than was asked"}


@pytest.fixture
def shop(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=5)
    return quick


def cancel(shop: Shop, placed: Placement) -> Order:
    order = cancel_order(shop.till, placed.order.number, **WHY)
    assert (order.status, order.live_attempt, order.due_at) == (OrderStatus.CANCELLED, None, None)
    assert shop.stock("LAP-1") == {"available": 5, "reserved": 0, "sold": 0, "received": 5}
    return order


def give_back(shop: Shop, placed: Placement) -> Refund:
    return refund_order(shop.till, placed.order.number, RefundWish(), key="all", **WHY).refunds[1]


def test_less_than_was_asked_goes_back_and_the_order_is_cancelled(shop: Shop) -> None:
    code = give_credit(shop.database, 50_000)
    placed = shop.order("card", ("LAP-1", 1), payment={"method": "card"}, credit=code)
    shop.card.pay(placed.attempt.id, amount=100)
    shop.verify(placed)
    with pytest.raises(OrderNotCancellable, match="give it back first"):
        cancel(shop, placed)
    assert give_back(shop, placed).amount == 100
    assert_kept(shop)
    assert cancel(shop, placed).credit_returned == 50_000
    assert_kept(shop)


def test_a_payment_that_is_not_the_orders_frees_the_goods(shop: Shop) -> None:
    placed = shop.order("card", ("LAP-1", 1), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.card.intents[placed.attempt.id].doubt = "currency"
    shop.verify(placed)
    cancel(shop, placed)
    assert shop.account(placed).attempts[1].state is AttemptState.REVIEW
    assert_kept(shop)


def test_the_record_is_waited_for(shop: Shop, mpesa: Mpesa) -> None:
    """As long as M-Pesa may still show the whole amount nobody decides; what it shows later goes back."""
    placed = shop.order("phone", ("LAP-1", 1))
    number = placed.order.number
    claim = mpesa.pay(number, amount=100)
    mpesa.prompts[number, 1].captured = placed.order.terms.total
    shop.verify(placed, claim=claim)
    with pytest.raises(OrderNotCancellable, match="looked into"):
        cancel(shop, placed)
    give_up_record(shop.till, number, 1)
    cancel(shop, placed)
    note_record(shop.till, number, 1, mpesa.record(number))
    assert [refund.why for refund in shop.account(placed).refunds.values()] == ["late"]
    Postman(shop, mpesa).settle_down()
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_a_record_of_less_after_the_order_was_paid(shop: Shop, mpesa: Mpesa) -> None:
    code = give_credit(shop.database, 50_000)
    placed = shop.order("phone", ("LAP-1", 1), credit=code)
    number = placed.order.number
    mpesa.pay(number)
    shop.verify(placed)
    mpesa.prompts[number, 1].captured = 10_000
    shop.verify(placed, claim=mpesa.prompts[number, 1].claim())
    note_record(shop.till, number, 1, mpesa.record(number))
    account = shop.account(placed)
    assert (account.attempts[1].state, account.order.status) == (AttemptState.REVIEW, OrderStatus.PROCESSING)
    with pytest.raises(OrderNotShippable):
        ship(shop, placed)
    assert give_back(shop, placed).amount == 10_000
    assert cancel(shop, placed).credit_returned == 50_000
    assert_kept(shop)


def test_what_came_beside_the_orders_payment_does_not_stop_it(shop: Shop, mpesa: Mpesa) -> None:
    """The first attempt brought too little, the second the whole: the goods wait for the record only."""
    placed = shop.order("phone", ("LAP-1", 1))
    number = placed.order.number
    shop.verify(placed, claim=mpesa.fail(number))
    shop.pay_again(placed, "again")
    shop.verify(placed, claim=mpesa.pay(number, amount=100))
    shop.verify(placed, 2, claim=mpesa.pay(number, 2))
    with pytest.raises(OrderNotShippable):
        ship(shop, placed)
    note_record(shop.till, number, 1, mpesa.record(number))
    assert ship(shop, placed).order.status is OrderStatus.SHIPPED
    assert_kept(shop)


def test_more_went_back_than_the_record_shows(shop: Shop, mpesa: Mpesa) -> None:
    """Nothing more goes back, and nothing is owed to the shop by its own arithmetic: the order can be cancelled."""
    placed = shop.order("phone", ("LAP-1", 1))
    number = placed.order.number
    mpesa.pay(number)
    shop.verify(placed)
    refund_order(shop.till, number, RefundWish(amount=50_000), key="some", **WHY)
    mpesa.prompts[number, 1].captured = 30_000
    shop.verify(placed, claim=mpesa.prompts[number, 1].claim())
    note_record(shop.till, number, 1, mpesa.record(number))
    assert refundable(shop.account(placed)) == 0
    cancel(shop, placed)
    assert len(shop.account(placed).refunds) == 1
    assert_kept(shop)
