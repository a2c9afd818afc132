"""A shipment: units of an order on their way with one carrier, and the table of what may happen to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from commerce.ordering.model import Order, OrderStatus

#: Shipments of one order: each is a row of its partition, which every look at the order reads.
MOST_SHIPMENTS = 20
#: Exceptions a carrier may report of one shipment; what comes beyond changes nothing (promise 6).
MOST_NOTES = 20


class ShipmentState(StrEnum):
    """Where a shipment is. A carrier's exception is a note beside it: the parcel is still where it was."""

    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"


#: Every transition a shipment may make. A carrier may report the delivery of what it never reported under way.
SHIPMENT_TRANSITIONS: dict[ShipmentState, frozenset[ShipmentState]] = {
    ShipmentState.SHIPPED: frozenset({ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED}),
    ShipmentState.IN_TRANSIT: frozenset({ShipmentState.DELIVERED}),
    ShipmentState.DELIVERED: frozenset(),
}


class ForbiddenShipmentTransition(RuntimeError):
    """Code asked for a transition that the table does not hold."""


class Shipment(BaseModel):
    """Units of an order, handed to a carrier.

    Parameters
    ----------
    key, fingerprint
        The request that sent it: a repeat with the same Idempotency-Key finds it, another request does not.
    carrier
        One of the names in ``shipping/carriers.toml``.
    tracking
        The carrier's own name for the parcel.
    lines
        Units by SKU.
    note, noted_at
        The last exception the carrier reported, and when that happened by the carrier's clock.
    seen
        The carrier's names of the exceptions that were noted, so that a repeated one changes nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    order_number: str
    number: int
    key: str
    fingerprint: str
    carrier: str
    tracking: str
    lines: dict[str, int]
    shipped_at: datetime
    state: ShipmentState = ShipmentState.SHIPPED
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    note: str | None = None
    noted_at: datetime | None = None
    seen: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The shipment's public name, which a carrier knows it by."""
        return f"{self.order_number}-S{self.number}"

    def may(self, state: ShipmentState) -> bool:
        """Tell whether the table of transitions allows it."""
        return state in SHIPMENT_TRANSITIONS[self.state]

    def to(self, state: ShipmentState, at: datetime) -> Shipment:
        """Return the shipment in another state.

        Raises
        ------
        ForbiddenShipmentTransition
            When the table of transitions does not allow it.
        """
        if not self.may(state):
            raise ForbiddenShipmentTransition(f"a shipment cannot go from {self.state} to {state}")
        return self.model_copy(update={"state": state, f"{state.value}_at": at})

    def notes(self, event: str, happened_at: datetime) -> bool:
        """Tell whether an exception of this name is news: not seen, not older than the last, the parcel under way."""
        return (
            self.state is not ShipmentState.DELIVERED
            and event not in self.seen
            and len(self.seen) < MOST_NOTES
            and (self.noted_at is None or happened_at >= self.noted_at)
        )

    def noting(self, event: str, note: str, happened_at: datetime) -> Shipment:
        """Return the shipment with a carrier's exception noted."""
        return self.model_copy(update={"note": note, "noted_at": happened_at, "seen": (*self.seen, event)})


def units_shipped(shipments: Iterable[Shipment]) -> Counter[str]:
    """Return how many units of each SKU were handed to carriers."""
    units: Counter[str] = Counter()
    for shipment in shipments:
        units.update(shipment.lines)
    return units


def units_left(order: Order, shipments: Iterable[Shipment]) -> dict[str, int]:
    """Return how many units of each SKU were bought and not handed to a carrier; SKUs without any are left out."""
    shipped = units_shipped(shipments)
    left = {line.sku: line.quantity - shipped[line.sku] for line in order.terms.lines}
    return {sku: units for sku, units in left.items() if units > 0}


def units_owed(order: Order, shipments: Iterable[Shipment], given_back: Mapping[str, int]) -> dict[str, int]:
    """Return how many units of each SKU must still be sent: bought, not sent, and not paid back in place of it."""
    left = units_left(order, shipments)
    owed = {sku: units - given_back.get(sku, 0) for sku, units in left.items()}
    return {sku: units for sku, units in owed.items() if units > 0}


def status_of(order: Order, shipments: Iterable[Shipment], owed: Mapping[str, int]) -> OrderStatus:
    """Return where an order stands by its shipments: it goes on only when nothing more must be sent.

    Then it is shipped, in transit once every shipment is at least that, and delivered once every one is.
    """
    states = {shipment.state for shipment in shipments}
    if owed or not states:
        return order.status
    if states == {ShipmentState.DELIVERED}:
        return OrderStatus.DELIVERED
    return OrderStatus.SHIPPED if ShipmentState.SHIPPED in states else OrderStatus.IN_TRANSIT
