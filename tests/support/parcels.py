"""Orders that are paid, sent and delivered, for tests of what comes after the payment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from commerce.checkout.place_order import Placement
from commerce.fulfilment.advance_shipment import Progress, track_parcel
from commerce.fulfilment.messages import CarrierMessage
from commerce.fulfilment.ship_order import Dispatch, Parcel, ship_order
from commerce.ordering.returns import Fate, ReceivedLine
from commerce.returns.requests import ReturnRequest
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop

STAFF = "staff-7"
EMAIL = "wanjiku@example.com"
TRACKING = "1234567890"


def pay(shop: Shop, mpesa: Mpesa, placed: Placement) -> Placement:
    """Let the buyer pay an order's first attempt, and the shop learn of it."""
    shop.verify(placed, claim=mpesa.pay(placed.order.number))
    return placed


def ship(shop: Shop, placed: Placement, key: str = "parcel", /, **items: int) -> Dispatch:
    """Hand an order to a carrier: all of it, or units by SKU (written with _ for -)."""
    chosen = {sku.replace("_", "-"): units for sku, units in items.items()} or None
    return ship_order(shop.till, placed.order.number, Parcel("dhl", TRACKING, chosen), by=STAFF, key=key)


def report(placed: Placement, status: str, shipment: int = 1, **more: Any) -> CarrierMessage:
    """Make a carrier's report of a shipment."""
    body = {
        "id": f"{status}-{shipment}",
        "reference": f"{placed.order.number}-S{shipment}",
        "tracking": TRACKING,
        "status": status,
        "occurred_at": datetime(2026, 11, 22, 12, tzinfo=UTC).isoformat(),
        **more,
    }
    return CarrierMessage.of(more.get("carrier", "dhl"), body)


def track(shop: Shop, placed: Placement, status: str, shipment: int = 1, **more: Any) -> Progress:
    """Let a carrier report a shipment."""
    return track_parcel(shop.till, report(placed, status, shipment, **more))


def wish(email: str = EMAIL, resolution: str = "refund", /, **items: int) -> ReturnRequest:
    """Make a buyer's request for a return of units by SKU (written with _ for -)."""
    return ReturnRequest.model_validate(
        {
            "email": email,
            "items": [{"sku": sku.replace("_", "-"), "quantity": units} for sku, units in items.items()],
            "reason": "damaged",
            "resolution": resolution,
            "note": "The lid is cracked.",
        }
    )


def came(sku: str, quantity: int, fate: Fate = "restock") -> ReceivedLine:
    """Units that came back."""
    return ReceivedLine(sku=sku, quantity=quantity, fate=fate)
