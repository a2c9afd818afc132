"""What happens to an order apart from its payment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from commerce.kernel.events import EventData


class OrderedItem(BaseModel):
    """Units of one SKU."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sku: str
    quantity: int


class OrderPlaced(EventData):
    """Stock is held for the order until `reserved_until`, and its first payment attempt is about to start.

    Of its cost, `discount` is taken off already by the voucher, and `credit` is paid from store credit; minor units.
    """

    order_number: str
    attempt: int
    method: str
    currency: str
    total: int
    discount: int = 0
    voucher: str | None = None
    credit: int = 0
    items: list[OrderedItem]
    reserved_until: str


class OrderExpired(EventData):
    """No payment came in time; the held stock is for sale again."""

    order_number: str
    live_attempt: int | None = None
