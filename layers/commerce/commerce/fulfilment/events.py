"""What happens to an order on its way to its buyer. No event holds a carrier's own words: they may name people."""

from __future__ import annotations

from typing import Literal

from commerce.kernel.events import EventData
from commerce.ordering.events import OrderedItem
from commerce.payments.events import RefundDue


class ShipmentSent(EventData):
    """Units were handed to a carrier; `complete` when nothing more must be sent."""

    order_number: str
    shipment: int
    carrier: str
    tracking: str
    items: list[OrderedItem]
    complete: bool
    by: str
    reason: str


class ShipmentMoved(EventData):
    """A shipment came further, or its carrier met an exception; `by` is a person or ``carrier/<name>``."""

    order_number: str
    shipment: int
    carrier: str
    status: Literal["in_transit", "delivered", "exception"]
    by: str
    reason: str | None = None


class OrderDelivered(EventData):
    """The last shipment arrived: the whole order is with its buyer."""

    order_number: str
    shipment: int
    carrier: str
    by: str
    reason: str | None = None


class OrderCancelled(EventData):
    """Staff cancelled the order: its goods are for sale again, and what was paid goes back.

    `amount` is all that goes back: `refund` is its part that the provider moves, `credited` the store credit that had
    paid and is back with this event.
    """

    order_number: str
    amount: int
    currency: str
    credited: int = 0
    refund: RefundDue | None = None
    by: str
    reason: str
