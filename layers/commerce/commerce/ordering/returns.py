"""A return: units a buyer wants to give back, and the table of what may happen to that wish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from commerce.ordering.model import Order
from commerce.ordering.shipments import Shipment, units_shipped

#: Returns of one order, rejected ones included: each is a row of its partition.
MOST_RETURNS = 20

Reason = Literal["damaged", "wrong_item", "not_as_described", "no_longer_wanted", "other"]
Resolution = Literal["refund", "credit"]
#: What becomes of a unit that came back: for sale again, or lost to the shop.
Fate = Literal["restock", "write_off"]


class ReturnState(StrEnum):
    """Where a return stands. REJECTED and RECEIVED are its ends."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    RECEIVED = "received"


#: Every transition a return may make.
RETURN_TRANSITIONS: dict[ReturnState, frozenset[ReturnState]] = {
    ReturnState.REQUESTED: frozenset({ReturnState.APPROVED, ReturnState.REJECTED}),
    ReturnState.APPROVED: frozenset({ReturnState.RECEIVED}),
    ReturnState.REJECTED: frozenset(),
    ReturnState.RECEIVED: frozenset(),
}


class ForbiddenReturnTransition(RuntimeError):
    """Code asked for a transition that the table does not hold."""


class ReceivedLine(BaseModel):
    """Units of one SKU that came back, and what becomes of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sku: str
    quantity: int
    fate: Fate


class Return(BaseModel):
    """Units of an order on their way back.

    Parameters
    ----------
    key, fingerprint
        The request that asked for it: a repeat with the same Idempotency-Key finds it, another request does not.
    lines
        Units by SKU, as asked for.
    note
        The buyer's own words. They stay in this row: events hold none.
    decided_by, decision
        Who approved or rejected it, and why.
    received
        What came back, which may be less than was asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    order_number: str
    number: int
    key: str
    fingerprint: str
    lines: dict[str, int]
    reason: Reason
    resolution: Resolution
    requested_at: datetime
    note: str | None = None
    state: ReturnState = ReturnState.REQUESTED
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision: str | None = None
    received_at: datetime | None = None
    received: tuple[ReceivedLine, ...] = ()

    @property
    def id(self) -> str:
        """The return's public name."""
        return f"{self.order_number}-T{self.number}"

    @property
    def units(self) -> Counter[str]:
        """The units that it takes from what may be returned: what it asks for, and once closed what came back."""
        if self.state is ReturnState.REJECTED:
            return Counter()
        return Counter(self.lines) if self.state is not ReturnState.RECEIVED else self.units_received

    @property
    def units_received(self) -> Counter[str]:
        """The units that came back, by SKU."""
        units: Counter[str] = Counter()
        for line in self.received:
            units[line.sku] += line.quantity
        return units

    def to(self, state: ReturnState, **changes: object) -> Return:
        """Return it in another state.

        Raises
        ------
        ForbiddenReturnTransition
            When the table of transitions does not allow it.
        """
        if state not in RETURN_TRANSITIONS[self.state]:
            raise ForbiddenReturnTransition(f"a return cannot go from {self.state} to {state}")
        return self.model_copy(update={**changes, "state": state})


def units_taken(returns: Iterable[Return]) -> Counter[str]:
    """Return the units of each SKU that came back or are asked to, by all returns together."""
    units: Counter[str] = Counter()
    for each in returns:
        units.update(each.units)
    return units


def units_returnable(
    order: Order, shipments: Iterable[Shipment], returns: Iterable[Return], given_back: Mapping[str, int]
) -> dict[str, int]:
    """Return how many units of each SKU may still be asked to be taken back.

    A unit can come back when it was sent, once, and only while its price was not paid back already: `given_back`
    counts the units that were refunded line by line without coming back.
    """
    shipped, taken = units_shipped(shipments), units_taken(returns)
    return {
        line.sku: max(0, min(shipped[line.sku], line.quantity - given_back.get(line.sku, 0)) - taken[line.sku])
        for line in order.terms.lines
    }
