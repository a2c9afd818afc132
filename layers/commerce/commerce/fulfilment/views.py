"""What buyers are shown of a shipment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.clock import to_text
from commerce.ordering.shipments import Shipment, ShipmentState
from commerce.shipping.carriers import load_carriers


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class SentItemView(_View):
    """Units of one SKU."""

    sku: str
    quantity: int


class ShipmentView(_View):
    """Goods on their way."""

    number: int
    carrier: str = Field(description="The carrier's name as people know it")
    tracking: str = Field(description="The carrier's own name for the parcel")
    tracking_url: str | None = Field(description="The carrier's page about it; null where the carrier has none")
    status: ShipmentState
    items: list[SentItemView]
    shipped_at: str
    delivered_at: str | None
    note: str | None = Field(description="The last obstacle the carrier reported; null where there was none")


def shipment_view(shipment: Shipment) -> ShipmentView:
    """Show a shipment."""
    carriers = load_carriers()
    return ShipmentView(
        number=shipment.number,
        carrier=carriers.label(shipment.carrier),
        tracking=shipment.tracking,
        tracking_url=carriers.link(shipment.carrier, shipment.tracking),
        status=shipment.state,
        items=[SentItemView(sku=sku, quantity=quantity) for sku, quantity in shipment.lines.items()],
        shipped_at=to_text(shipment.shipped_at),
        delivered_at=to_text(shipment.delivered_at) if shipment.delivered_at else None,
        note=shipment.note if shipment.state is not ShipmentState.DELIVERED else None,
    )
