"""Sending, cancelling and taking back at the same moment: each unit goes one way, and its price goes back once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement
from commerce.fulfilment.advance_shipment import Progress
from commerce.fulfilment.cancel_order import OrderNotCancellable, cancel_order
from commerce.fulfilment.ship_order import Dispatch, OrderNotShippable
from commerce.ordering.model import Order, OrderStatus
from commerce.ordering.returns import Return, ReturnState
from commerce.payments.decision import Verdict
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from commerce.returns.decide_return import decide_return
from commerce.returns.receive_return import receive_return
from commerce.returns.request_return import Asked, NotReturnable, request_return
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.parcels import STAFF, came, pay, ship, track, wish
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import RESERVATION, WINDOW, Shop

PERIOD = timedelta(days=14)
FREE = {"available": 2, "reserved": 0, "sold": 0, "received": 2}


@pytest.fixture
def placed(shop: Shop) -> Placement:
    shop.sell("LAP-1", stock=2)
    return shop.order("key", ("LAP-1", 2))


@pytest.fixture
def paid(shop: Shop, mpesa: Mpesa, placed: Placement) -> Placement:
    return pay(shop, mpesa, placed)


@pytest.fixture
def sent(shop: Shop, paid: Placement) -> Placement:
    ship(shop, paid)
    return paid


def cancel(shop: Shop, placed: Placement) -> Order:
    return cancel_order(shop.till, placed.order.number, by=STAFF, reason="the buyer called")


def ask(shop: Shop, placed: Placement, key: str, units: int = 2) -> Asked:
    return request_return(shop.till, placed.order.number, wish(LAP_1=units), key, PERIOD)


def receive(shop: Shop, placed: Placement, units: int = 2) -> Return:
    return receive_return(shop.till, placed.order.number, 1, [came("LAP-1", units)], by=STAFF, reason="checked")


def approved(shop: Shop, placed: Placement) -> None:
    ask(shop, placed, "return")
    decide_return(shop.till, placed.order.number, 1, "approve", by=STAFF, reason="fine")


def kinds(results: list[object]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_two_parcels_of_the_same_units(shop: Shop, paid: Placement) -> None:
    """Two members of staff send all that is left: one does, the other is told that nothing is left."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: ship(shop, paid, "one"), lambda: ship(shop, paid, "two"))
    assert kinds(results) == ["Dispatch", "OrderNotShippable"]
    assert list(shop.account(paid).shipments) == [1]
    assert_kept(shop)


def test_two_parcels_of_different_units(shop: Shop, paid: Placement) -> None:
    """Both go out, one after the other, and the order is shipped once."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: ship(shop, paid, "one", LAP_1=1), lambda: ship(shop, paid, "two", LAP_1=1))
    assert kinds(results) == ["Dispatch", "Dispatch"]
    assert sorted(shop.account(paid).shipments) == [1, 2]
    assert shop.account(paid).order.status is OrderStatus.SHIPPED
    assert [event.data["complete"] for event in shop.events(paid)[-2:]] == [False, True]
    assert_kept(shop)


def test_a_double_click(shop: Shop, paid: Placement) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: ship(shop, paid, "same", LAP_1=1)] * 2)
    assert sorted(result.replayed for result in results) == [False, True]
    assert results[0].shipment == results[1].shipment
    assert shop.event_types(paid).count("ShipmentSent") == 1
    assert_kept(shop)


def test_sending_and_cancelling_together(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """Whoever wins: the goods go out and stay paid, or stay here and the money goes back."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        shipped, cancelled = together(lambda: ship(shop, paid), lambda: cancel(shop, paid))
    account = shop.account(paid)
    if isinstance(shipped, Dispatch):
        assert isinstance(cancelled, OrderNotCancellable)
        assert (account.order.status, account.refunds) == (OrderStatus.SHIPPED, {})
    else:
        assert isinstance(shipped, OrderNotShippable)
        assert (account.order.status, account.shipments) == (OrderStatus.CANCELLED, {})
        assert shop.stock("LAP-1") == FREE
    assert_kept(shop)
    if isinstance(shipped, Dispatch):
        assert_money(shop, mpesa, settled=True)


def test_sending_wins_against_the_cancellation(shop: Shop, paid: Placement) -> None:
    with interleaving(shop) as steps, pytest.raises(OrderNotCancellable):
        steps.before(WRITE, lambda: ship(shop, paid, LAP_1=1), nth=1)
        cancel(shop, paid)
    assert shop.stock("LAP-1")["sold"] == 2
    assert_kept(shop)


def test_the_cancellation_wins_against_the_sending(shop: Shop, paid: Placement) -> None:
    with interleaving(shop) as steps, pytest.raises(OrderNotShippable):
        steps.before(WRITE, lambda: cancel(shop, paid), nth=1)
        ship(shop, paid)
    assert shop.account(paid).shipments == {}
    assert shop.stock("LAP-1") == FREE
    assert_kept(shop)


def test_two_cancellations_give_back_once(shop: Shop, paid: Placement) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: cancel(shop, paid)] * 2)
    assert [result.status for result in results] == [OrderStatus.CANCELLED] * 2
    assert len(shop.account(paid).refunds) == 1
    assert shop.event_types(paid).count("OrderCancelled") == 1
    assert_kept(shop)


def test_settlement_wins_against_the_cancellation(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """The cancellation has read the unpaid order; the failed payment turns out paid: paid, then cancelled and back."""
    number = placed.order.number
    shop.verify(placed, claim=mpesa.fail(number))
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: shop.verify(placed, claim=mpesa.pay(number)), nth=1)
        assert cancel(shop, placed).status is OrderStatus.CANCELLED
    assert shop.event_types(placed)[-2:] == ["PaymentConfirmed", "OrderCancelled"]
    assert [refund.why for refund in shop.account(placed).refunds.values()] == ["cancelled"]
    assert shop.stock("LAP-1") == FREE
    assert_kept(shop)


def test_the_cancellation_wins_against_the_settlement(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Settlement has read the unpaid order; it is cancelled first: the money goes back as late money."""
    number = placed.order.number
    shop.verify(placed, claim=mpesa.fail(number))
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: cancel(shop, placed), nth=1)
        assert shop.verify(placed, claim=mpesa.pay(number)) is Verdict.FINAL
    assert shop.event_types(placed)[-2:] == ["OrderCancelled", "LatePaymentReceived"]
    assert [refund.why for refund in shop.account(placed).refunds.values()] == ["late"]
    assert shop.stock("LAP-1") == FREE
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_cancellation_and_settlement_together(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    number = placed.order.number
    shop.verify(placed, claim=mpesa.fail(number))
    claim = mpesa.pay(number)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        cancelled, verdict = together(lambda: cancel(shop, placed), lambda: shop.verify(placed, claim=claim))
    assert (cancelled.status, verdict) == (OrderStatus.CANCELLED, Verdict.FINAL)
    [refund] = shop.account(placed).refunds.values()
    assert (refund.amount, shop.stock("LAP-1")) == (placed.order.terms.total, FREE)
    assert_kept(shop)


def test_cancellation_and_sweep_together(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Stock is released once, whoever comes first."""
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    shop.clock.forward(RESERVATION + WINDOW)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        cancelled, expired = together(
            lambda: cancel(shop, placed), lambda: expire_order(shop.till, placed.order.number)
        )
    assert isinstance(cancelled, OrderNotCancellable) is expired
    assert shop.stock("LAP-1") == FREE
    assert_kept(shop)


def test_the_same_report_twice_at_once(shop: Shop, sent: Placement) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: track(shop, sent, "delivered")] * 2)
    assert sorted(results) == [Progress.MOVED, Progress.NOTHING]
    assert shop.event_types(sent).count("OrderDelivered") == 1
    assert_kept(shop)


def test_delivery_overtakes_the_transit(shop: Shop, sent: Placement) -> None:
    """The older report has read the shipment when the delivery is written: it changes nothing any more."""
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: track(shop, sent, "delivered"), nth=1)
        assert track(shop, sent, "in_transit") is Progress.NOTHING
    assert shop.account(sent).order.status is OrderStatus.DELIVERED
    assert_kept(shop)


def test_two_parcels_arrive_at_once(shop: Shop, paid: Placement) -> None:
    """Each report sees the other parcel still under way; the order is delivered all the same, once."""
    ship(shop, paid, "one", LAP_1=1)
    ship(shop, paid, "two", LAP_1=1)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: track(shop, paid, "delivered", 1), lambda: track(shop, paid, "delivered", 2))
    assert results == [Progress.MOVED] * 2
    assert shop.account(paid).order.status is OrderStatus.DELIVERED
    assert shop.event_types(paid)[-2:] == ["ShipmentMoved", "OrderDelivered"]
    assert_kept(shop)


def test_two_returns_of_the_same_unit(shop: Shop, sent: Placement) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: ask(shop, sent, "one"), lambda: ask(shop, sent, "two"))
    assert kinds(results) == ["Asked", "NotReturnable"]
    assert isinstance(next(result for result in results if not isinstance(result, Asked)), NotReturnable)
    assert list(shop.account(sent).returns) == [1]
    assert_kept(shop)


def test_goods_received_twice_at_once(shop: Shop, sent: Placement) -> None:
    """Two clicks on the same goods: they are for sale once, and their price goes back once."""
    approved(shop, sent)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: receive(shop, sent)] * 2)
    assert [result.state for result in results] == [ReturnState.RECEIVED] * 2
    assert shop.stock("LAP-1") == FREE
    assert len(shop.account(sent).refunds) == 1
    assert_kept(shop)


def test_a_return_and_a_refund_of_the_same_units(shop: Shop, sent: Placement) -> None:
    """Staff refund the lines while the goods are being received: their price goes back once."""
    approved(shop, sent)
    price = 2 * 150_000

    def refund() -> None:
        refund_order(
            shop.till, sent.order.number, RefundWish(items={"LAP-1": 2}), key="refund", by=STAFF, reason="both"
        )

    with interleaving(shop) as steps:
        steps.before(WRITE, refund, nth=1)
        receive(shop, sent)
    assert [one.amount for one in shop.account(sent).refunds.values()] == [price]
    assert shop.stock("LAP-1") == FREE
    assert_kept(shop)


def test_approved_and_rejected_at_once(shop: Shop, sent: Placement) -> None:
    ask(shop, sent, "return")

    def decide(decision: str) -> Return:
        return decide_return(
            shop.till,
            sent.order.number,
            1,
            decision,  # type: ignore[arg-type]
            by=STAFF,
            reason="seen",
        )

    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: decide("approve"), lambda: decide("reject"))
    assert kinds(results) == ["Return", "ReturnDecided"]
    assert_kept(shop)
