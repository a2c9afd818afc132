"""From the payment to the buyer's door: every unit is sent once, and parcels only ever come further."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commerce.checkout.place_order import Placement
from commerce.fulfilment.advance_shipment import Progress, ShipmentAhead, move_shipment
from commerce.fulfilment.ship_order import OrderNotShippable, Parcel, ship_order
from commerce.kernel.errors import InvalidRequest, KeyReused, NotFound
from commerce.ordering.model import OrderStatus
from commerce.ordering.shipments import MOST_NOTES, MOST_SHIPMENTS, ShipmentState
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from tests.support.interleave import WRITE, calls_of
from tests.support.mpesa import Mpesa
from tests.support.parcels import STAFF, TRACKING, pay, ship, track
from tests.support.promises import assert_kept
from tests.support.shop import Shop


@pytest.fixture
def placed(quick: Shop, mpesa: Mpesa) -> Placement:
    quick.sell("LAP-1", stock=3)
    quick.sell("BAG-1", stock=2, price=50_000)
    return pay(quick, mpesa, quick.order("key", ("LAP-1", 3), ("BAG-1", 2)))


def status(shop: Shop, placed: Placement) -> OrderStatus:
    return shop.account(placed).order.status


def test_everything_at_once(quick: Shop, placed: Placement) -> None:
    sent = ship(quick, placed)
    assert (sent.replayed, sent.order.status, sent.shipment.lines) == (
        False,
        OrderStatus.SHIPPED,
        {"LAP-1": 3, "BAG-1": 2},
    )
    account = quick.account(placed)
    assert account.shipments == {1: sent.shipment}
    assert account.order == sent.order
    [event] = quick.events(placed)[-1:]
    assert (event.type, event.sequence) == ("ShipmentSent", f"{account.order.version:08d}")
    assert event.data == {
        "order_number": placed.order.number,
        "shipment": 1,
        "carrier": "dhl",
        "tracking": TRACKING,
        "items": [{"sku": "LAP-1", "quantity": 3}, {"sku": "BAG-1", "quantity": 2}],
        "complete": True,
        "by": STAFF,
        "reason": "the goods are ready",
    }
    assert_kept(quick)


def test_sending_costs_one_read_and_one_write(quick: Shop, placed: Placement) -> None:
    assert calls_of(quick, lambda: ship(quick, placed)) == ["Query", WRITE]


def test_a_part_keeps_the_order_in_the_works(quick: Shop, placed: Placement) -> None:
    assert ship(quick, placed, "one", LAP_1=2).order.status is OrderStatus.PROCESSING
    assert ship(quick, placed, "two", LAP_1=1, BAG_1=1).order.status is OrderStatus.PROCESSING
    assert track(quick, placed, "delivered", 1) is Progress.MOVED
    assert status(quick, placed) is OrderStatus.PROCESSING
    last = ship(quick, placed, "three")
    assert (last.shipment.lines, last.order.status) == ({"BAG-1": 1}, OrderStatus.SHIPPED)
    assert [event.data["complete"] for event in quick.events(placed) if event.type == "ShipmentSent"] == [
        False,
        False,
        True,
    ]
    assert_kept(quick)


def test_the_order_follows_its_slowest_parcel(quick: Shop, placed: Placement) -> None:
    ship(quick, placed, "one", LAP_1=3)
    ship(quick, placed, "two")
    seen = []
    for what, shipment in (("in_transit", 1), ("delivered", 1), ("in_transit", 2), ("delivered", 2)):
        assert track(quick, placed, what, shipment) is Progress.MOVED
        seen.append(status(quick, placed).value)
    assert seen == ["shipped", "shipped", "in_transit", "delivered"]
    assert quick.event_types(placed)[-4:] == ["ShipmentMoved", "ShipmentMoved", "ShipmentMoved", "OrderDelivered"]
    assert_kept(quick)


def test_a_double_click_sends_once(quick: Shop, placed: Placement) -> None:
    first = ship(quick, placed, LAP_1=1)
    again = ship(quick, placed, LAP_1=1)
    assert (again.replayed, again.shipment) == (True, first.shipment)
    with pytest.raises(KeyReused):
        ship(quick, placed, LAP_1=2)
    assert list(quick.account(placed).shipments) == [1]
    ship(quick, placed, "rest")
    assert ship(quick, placed, LAP_1=1).replayed, "also when the order has gone on"


@pytest.mark.parametrize("items", [{"LAP_1": 4}, {"LAP_1": 1, "BAG_1": 3}, {"HAT_1": 1}])
def test_no_more_than_was_bought(quick: Shop, placed: Placement, items: dict[str, int]) -> None:
    with pytest.raises(OrderNotShippable) as refused:
        ship(quick, placed, **items)
    assert refused.value.field == "items"
    assert quick.account(placed).shipments == {}


@pytest.mark.parametrize(
    ("parcel", "field"),
    [
        (Parcel("pigeon", TRACKING), "carrier"),
        (Parcel("dhl", ""), "tracking"),
        (Parcel("dhl", "<b>"), "tracking"),
        (Parcel("dhl", TRACKING, {}), "items"),
        (Parcel("dhl", TRACKING, {"LAP-1": 0}), "items"),
    ],
)
def test_a_parcel_that_cannot_be(quick: Shop, placed: Placement, parcel: Parcel, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ship_order(quick.till, placed.order.number, parcel, by=STAFF, key="key")
    assert refused.value.field == field


def test_no_such_order(quick: Shop) -> None:
    with pytest.raises(NotFound):
        ship_order(quick.till, "0000000000", Parcel("dhl", TRACKING), by=STAFF, key="key")


def test_an_order_that_is_not_paid_stays(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("LAP-1", stock=1)
    placed = quick.order("key", ("LAP-1", 1))
    with pytest.raises(OrderNotShippable):
        ship(quick, placed)
    quick.verify(placed, claim=mpesa.pay(placed.order.number, amount=100))
    with pytest.raises(OrderNotShippable):
        ship(quick, placed)
    assert quick.account(placed).in_review


def test_nothing_ships_once_the_providers_record_took_the_money_back(quick: Shop, mpesa: Mpesa) -> None:
    """The order is processing and its attempt under review: `live_attempt` holds the goods back."""
    quick.sell("LAP-1", stock=1)
    placed = pay(quick, mpesa, quick.order("key", ("LAP-1", 1)))
    order = quick.account(placed).order
    rows = quick.till.orders.rows
    rows(order.number, "ORDER").update(actions=[rows.live_attempt.set(1)])
    with pytest.raises(OrderNotShippable, match="looked into"):
        ship(quick, placed)


@pytest.mark.parametrize(("dispute", "ships"), [("open", False), ("lost", False), ("won", True)])
def test_a_disputed_payment_holds_the_goods_back(quick: Shop, placed: Placement, dispute: str, ships: bool) -> None:
    rows = quick.till.orders.rows
    rows(placed.order.number, "ORDER").update(actions=[rows.dispute.set(dispute)])
    if ships:
        ship(quick, placed)
    else:
        with pytest.raises(OrderNotShippable, match="disputed"):
            ship(quick, placed)


def test_units_that_were_paid_back_are_not_owed(quick: Shop, placed: Placement) -> None:
    """Staff gave the price of a bag back: everything else makes the order complete."""
    refund_order(
        quick.till, placed.order.number, RefundWish(items={"BAG-1": 1}), key="refund", by=STAFF, reason="broken"
    )
    sent = ship(quick, placed)
    assert (sent.shipment.lines, sent.order.status) == ({"LAP-1": 3, "BAG-1": 1}, OrderStatus.SHIPPED)
    assert_kept(quick)


def test_what_was_left_is_paid_back_instead(quick: Shop, placed: Placement) -> None:
    """The last unit is refunded after everything else was delivered: hearing of the delivery again ends the order."""
    ship(quick, placed, LAP_1=3, BAG_1=1)
    track(quick, placed, "delivered")
    assert status(quick, placed) is OrderStatus.PROCESSING
    refund_order(
        quick.till, placed.order.number, RefundWish(items={"BAG-1": 1}), key="refund", by=STAFF, reason="sold out"
    )
    assert move_shipment(quick.till, placed.order.number, 1, "delivered", by=STAFF) is Progress.MOVED
    assert (status(quick, placed), quick.event_types(placed)[-1]) == (OrderStatus.DELIVERED, "OrderDelivered")
    assert move_shipment(quick.till, placed.order.number, 1, "delivered", by=STAFF) is Progress.NOTHING
    assert_kept(quick)


def test_an_order_that_was_paid_back_whole_is_not_sent(quick: Shop, placed: Placement) -> None:
    refund_order(quick.till, placed.order.number, RefundWish(), key="refund", by=STAFF, reason="asked for")
    with pytest.raises(OrderNotShippable, match="went back"):
        ship(quick, placed)


def test_not_in_endless_shipments(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("PIN-1", stock=50, price=1_000)
    placed = pay(quick, mpesa, quick.order("pins", ("PIN-1", 50)))
    for count in range(MOST_SHIPMENTS):
        ship(quick, placed, f"parcel {count}", PIN_1=1)
    with pytest.raises(OrderNotShippable, match="at most"):
        ship(quick, placed, "one more", PIN_1=1)


def test_a_repeated_or_late_report_changes_nothing(quick: Shop, placed: Placement) -> None:
    ship(quick, placed)
    assert track(quick, placed, "delivered") is Progress.MOVED
    version = quick.account(placed).order.version
    for what in ("delivered", "in_transit", "exception"):
        assert track(quick, placed, what) is Progress.NOTHING
    assert quick.account(placed).order.version == version
    assert status(quick, placed) is OrderStatus.DELIVERED


def test_a_report_costs_one_read_and_one_write_and_a_repeated_one_no_write(quick: Shop, placed: Placement) -> None:
    ship(quick, placed)
    assert calls_of(quick, lambda: track(quick, placed, "in_transit")) == ["Query", WRITE]
    assert calls_of(quick, lambda: track(quick, placed, "in_transit")) == ["Query"]


def test_a_carrier_moves_its_own_parcels_only(quick: Shop, placed: Placement) -> None:
    ship(quick, placed)
    assert track(quick, placed, "delivered", carrier="g4s") is Progress.FOREIGN
    assert track(quick, placed, "delivered", tracking="0987654321") is Progress.FOREIGN
    assert track(quick, placed, "delivered", 2) is Progress.MISSING
    assert status(quick, placed) is OrderStatus.SHIPPED


def test_an_exception_is_noted_once(quick: Shop, placed: Placement) -> None:
    ship(quick, placed)
    words = "The recipient Wanjiku was not at home"
    assert track(quick, placed, "exception", description=words) is Progress.NOTED
    assert track(quick, placed, "exception", description=words) is Progress.NOTHING
    shipment = quick.account(placed).shipments[1]
    assert (shipment.note, shipment.state) == (words, ShipmentState.SHIPPED)
    assert shipment.noted_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert quick.events(placed)[-1].data == {
        "order_number": placed.order.number,
        "shipment": 1,
        "carrier": "dhl",
        "status": "exception",
        "by": "carrier/dhl",
    }, "an event names nobody"
    before = (datetime(2026, 11, 22, 12, tzinfo=UTC) - timedelta(hours=1)).isoformat()
    assert track(quick, placed, "exception", id="older", occurred_at=before) is Progress.NOTHING
    assert_kept(quick)


def test_a_carrier_cannot_fill_the_log(quick: Shop, placed: Placement) -> None:
    """Promise 6: after so many exceptions of one parcel, further ones change nothing."""
    ship(quick, placed)
    for count in range(MOST_NOTES):
        assert track(quick, placed, "exception", id=f"evt-{count}") is Progress.NOTED
    assert track(quick, placed, "exception", id="one-more") is Progress.NOTHING
    assert track(quick, placed, "delivered") is Progress.MOVED


def test_staff_move_a_parcel_and_say_why(quick: Shop, placed: Placement) -> None:
    ship(quick, placed)
    number = placed.order.number
    assert move_shipment(quick.till, number, 1, "in_transit", by=STAFF, reason="by phone") is Progress.MOVED
    assert quick.events(placed)[-1].data["by"] == STAFF
    assert quick.events(placed)[-1].data["reason"] == "by phone"
    assert move_shipment(quick.till, number, 1, "exception", by=STAFF, reason="van broke down") is Progress.NOTED
    assert quick.account(placed).shipments[1].note == "van broke down"
    assert move_shipment(quick.till, number, 1, "delivered", by=STAFF) is Progress.MOVED
    with pytest.raises(ShipmentAhead):
        move_shipment(quick.till, number, 1, "in_transit", by=STAFF)
    with pytest.raises(NotFound):
        move_shipment(quick.till, number, 2, "delivered", by=STAFF)
    assert quick.account(placed).shipments[1].delivered_at == quick.clock.now()
