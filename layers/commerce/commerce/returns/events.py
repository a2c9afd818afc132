"""What happens to a return. No event holds the buyer's own words."""

from __future__ import annotations

from commerce.kernel.events import EventData
from commerce.ordering.events import OrderedItem
from commerce.ordering.returns import Reason, ReceivedLine, Resolution
from commerce.payments.events import RefundDue


class ReturnRequested(EventData):
    """A buyer wants to give goods back."""

    order_number: str
    return_number: int
    items: list[OrderedItem]
    reason: Reason
    resolution: Resolution


class ReturnApproved(EventData):
    """Staff agreed; the buyer may send the goods."""

    order_number: str
    return_number: int
    by: str
    reason: str


class ReturnRejected(EventData):
    """Staff did not agree."""

    order_number: str
    return_number: int
    by: str
    reason: str


class ReturnReceived(EventData):
    """Goods came back, for sale again or written off. What the buyer gets for them follows.

    `amount` is all that goes back: `refund` is its part that the provider moves, `credited` what is store credit with
    this event; nothing, where it went back before.
    """

    order_number: str
    return_number: int
    items: list[ReceivedLine]
    amount: int
    currency: str
    credited: int = 0
    refund: RefundDue | None = None
    by: str
    reason: str
