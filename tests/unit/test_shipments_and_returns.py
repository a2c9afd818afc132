"""Shipments and returns of one order under any history: units never come from nowhere, and states only go on."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from commerce.inventory.model import Hold, take_from
from commerce.ordering.model import TRANSITIONS, Order, OrderStatus
from commerce.ordering.returns import (
    RETURN_TRANSITIONS,
    ForbiddenReturnTransition,
    ReceivedLine,
    Return,
    ReturnState,
    units_returnable,
)
from commerce.ordering.shipments import (
    MOST_NOTES,
    SHIPMENT_TRANSITIONS,
    ForbiddenShipmentTransition,
    Shipment,
    ShipmentState,
    status_of,
    units_left,
    units_owed,
    units_shipped,
)
from tests.unit.orders import PLACED_AT, an_order

BOUGHT = {"LAP-1": 4, "BAG-1": 2}


def bought_order() -> Order:
    order = an_order()
    [line] = order.terms.lines
    lines = tuple(line.model_copy(update={"sku": sku, "quantity": units}) for sku, units in BOUGHT.items())
    terms = order.terms.model_copy(update={"lines": lines})
    return order.model_copy(update={"terms": terms, "status": OrderStatus.PROCESSING})


def a_shipment(number: int = 1, **changes: object) -> Shipment:
    fields = {
        "order_number": "ABCDEFGHJK",
        "number": number,
        "key": f"key {number}",
        "fingerprint": "print",
        "carrier": "dhl",
        "tracking": "123",
        "lines": {"LAP-1": 1},
        "shipped_at": PLACED_AT,
        **changes,
    }
    return Shipment.model_validate(fields)


def a_return(number: int = 1, **changes: object) -> Return:
    fields = {
        "order_number": "ABCDEFGHJK",
        "number": number,
        "key": f"key {number}",
        "fingerprint": "print",
        "lines": {"LAP-1": 1},
        "reason": "damaged",
        "resolution": "refund",
        "requested_at": PLACED_AT,
        **changes,
    }
    return Return.model_validate(fields)


class Histories(RuleBasedStateMachine):
    """Ships, moves, asks back, decides, receives and pays back in any order, as far as the rules allow."""

    def __init__(self) -> None:
        super().__init__()
        self.order = bought_order()
        self.shipments: dict[int, Shipment] = {}
        self.returns: dict[int, Return] = {}
        self.paid_back: Counter[str] = Counter()

    def _follow(self) -> None:
        owed = units_owed(self.order, self.shipments.values(), self.paid_back)
        status = status_of(self.order, self.shipments.values(), owed)
        if status is not self.order.status:
            assert status in TRANSITIONS[self.order.status], (self.order.status, status)
            self.order = self.order.model_copy(update={"status": status})

    @precondition(lambda self: self.order.status is OrderStatus.PROCESSING)
    @rule(sku=st.sampled_from(sorted(BOUGHT)), units=st.integers(1, 4))
    def ship(self, sku: str, units: int) -> None:
        left = units_left(self.order, self.shipments.values())
        if units <= left.get(sku, 0):
            number = len(self.shipments) + 1
            self.shipments[number] = a_shipment(number, lines={sku: units})
            self._follow()

    @precondition(lambda self: self.shipments)
    @rule(data=st.data(), state=st.sampled_from(sorted(ShipmentState)))
    def report(self, data: st.DataObject, state: ShipmentState) -> None:
        number = data.draw(st.sampled_from(sorted(self.shipments)))
        before = self.shipments[number]
        if before.may(state):
            self.shipments[number] = before.to(state, PLACED_AT)
            self._follow()
        else:
            with pytest.raises(ForbiddenShipmentTransition):
                before.to(state, PLACED_AT)

    @rule(sku=st.sampled_from(sorted(BOUGHT)))
    def pay_a_unit_back(self, sku: str) -> None:
        taken = sum((one.units for one in self.returns.values()), Counter[str]())[sku]
        if taken + self.paid_back[sku] < BOUGHT[sku]:
            self.paid_back[sku] += 1
            if self.shipments:
                self._follow()

    @rule(sku=st.sampled_from(sorted(BOUGHT)), units=st.integers(1, 4))
    def ask(self, sku: str, units: int) -> None:
        can = units_returnable(self.order, self.shipments.values(), self.returns.values(), self.paid_back)
        if units <= can[sku]:
            number = len(self.returns) + 1
            self.returns[number] = a_return(number, lines={sku: units})

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), state=st.sampled_from(sorted(ReturnState)))
    def decide(self, data: st.DataObject, state: ReturnState) -> None:
        number = data.draw(st.sampled_from(sorted(self.returns)))
        before = self.returns[number]
        if state not in RETURN_TRANSITIONS[before.state]:
            with pytest.raises(ForbiddenReturnTransition):
                before.to(state)
            return
        [(sku, units)] = before.lines.items()
        came = data.draw(st.integers(1, units))
        lines = (ReceivedLine(sku=sku, quantity=came, fate="restock"),) if state is ReturnState.RECEIVED else ()
        self.returns[number] = before.to(state, received=lines)

    @invariant()
    def what_was_bought_was_sent_or_is_left(self) -> None:
        shipped = units_shipped(self.shipments.values())
        left = units_left(self.order, self.shipments.values())
        assert {sku: shipped[sku] + left.get(sku, 0) for sku in BOUGHT} == BOUGHT

    @invariant()
    def what_is_owed_is_left(self) -> None:
        left = units_left(self.order, self.shipments.values())
        owed = units_owed(self.order, self.shipments.values(), self.paid_back)
        assert all(0 < units <= left[sku] for sku, units in owed.items())

    @invariant()
    def nothing_comes_back_that_was_not_sent(self) -> None:
        shipped = units_shipped(self.shipments.values())
        taken = sum((one.units for one in self.returns.values()), Counter[str]())
        can = units_returnable(self.order, self.shipments.values(), self.returns.values(), self.paid_back)
        for sku, bought in BOUGHT.items():
            assert 0 <= taken[sku] <= shipped[sku] <= bought
            assert 0 <= can[sku] <= shipped[sku] - taken[sku]

    @invariant()
    def the_order_follows_its_shipments(self) -> None:
        states = {shipment.state for shipment in self.shipments.values()}
        if self.order.status is OrderStatus.DELIVERED:
            assert states == {ShipmentState.DELIVERED}
        if self.order.status in (OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED):
            assert ShipmentState.SHIPPED not in states
        if self.order.status is not OrderStatus.PROCESSING:
            assert not units_owed(self.order, self.shipments.values(), self.paid_back)


TestHistories = Histories.TestCase


def test_what_may_follow_what() -> None:
    """Written out a second time on purpose: a change of a table is a decision."""
    assert {str(state): sorted(after) for state, after in SHIPMENT_TRANSITIONS.items()} == {
        "shipped": ["delivered", "in_transit"],
        "in_transit": ["delivered"],
        "delivered": [],
    }
    assert {str(state): sorted(after) for state, after in RETURN_TRANSITIONS.items()} == {
        "requested": ["approved", "rejected"],
        "approved": ["received"],
        "rejected": [],
        "received": [],
    }


def test_a_shipment_remembers_when_it_moved() -> None:
    later = PLACED_AT + timedelta(days=1)
    moved = a_shipment().to(ShipmentState.IN_TRANSIT, PLACED_AT).to(ShipmentState.DELIVERED, later)
    assert (moved.in_transit_at, moved.delivered_at, moved.state) == (PLACED_AT, later, ShipmentState.DELIVERED)
    assert a_shipment(number=3).id == "ABCDEFGHJK-S3"


def test_an_exception_is_noted_once_and_only_while_the_parcel_is_under_way() -> None:
    noted = a_shipment().noting("evt-1", "Address not found", PLACED_AT)
    assert not noted.notes("evt-1", PLACED_AT)
    assert noted.notes("evt-2", PLACED_AT)
    assert not noted.notes("evt-2", PLACED_AT - timedelta(seconds=1)), "older than what is known"
    assert not noted.to(ShipmentState.DELIVERED, PLACED_AT).notes("evt-2", PLACED_AT)


def test_a_carrier_cannot_note_for_ever() -> None:
    shipment = a_shipment()
    for count in range(MOST_NOTES):
        shipment = shipment.noting(f"evt-{count}", "again", PLACED_AT)
    assert not shipment.notes("one more", PLACED_AT)


def test_what_came_back_counts_once_it_is_known() -> None:
    asked = a_return(lines={"LAP-1": 3})
    approved = asked.to(ReturnState.APPROVED)
    came = approved.to(
        ReturnState.RECEIVED,
        received=(
            ReceivedLine(sku="LAP-1", quantity=1, fate="restock"),
            ReceivedLine(sku="LAP-1", quantity=1, fate="write_off"),
        ),
    )
    assert [one.units["LAP-1"] for one in (asked, approved, came, asked.to(ReturnState.REJECTED))] == [3, 3, 2, 0]


@pytest.mark.parametrize(
    ("quantity", "taken", "rest"),
    [
        (0, (), (Hold(0, 2), Hold(3, 1))),
        (1, (Hold(0, 1),), (Hold(0, 1), Hold(3, 1))),
        (2, (Hold(0, 2),), (Hold(3, 1),)),
        (3, (Hold(0, 2), Hold(3, 1)), ()),
    ],
)
def test_units_are_taken_from_the_buckets_they_are_in(
    quantity: int, taken: tuple[Hold, ...], rest: tuple[Hold, ...]
) -> None:
    assert take_from((Hold(0, 2), Hold(3, 1)), quantity) == (taken, rest)


def test_more_units_than_there_are_cannot_be_taken() -> None:
    with pytest.raises(ValueError, match="fewer units"):
        take_from((Hold(0, 2),), 3)
