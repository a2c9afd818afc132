"""Staff send parcels, move them on, and cancel orders."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from commerce.board.show_order import show_order
from commerce.board.views import StaffOrderDetail
from commerce.fulfilment.advance_shipment import Report, move_shipment
from commerce.fulfilment.cancel_order import cancel_order
from commerce.fulfilment.ship_order import THE_GOODS_ARE_READY, Parcel, ship_order
from commerce.identity.permissions import Permission
from commerce.kernel.errors import InvalidRequest
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import By, Dependencies, Number, Once, Reason, ReasonRequest, StaffRequest, needs

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST

MOST_LINES = 20
Place = Annotated[int, Path(ge=1, le=99)]


class UnitsRequest(StaffRequest):
    """Units of one SKU."""

    sku: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=1000)]


def units_of(items: list[UnitsRequest]) -> dict[str, int]:
    """Return the units by SKU.

    Raises
    ------
    InvalidRequest
        Field ``items`` when a SKU is named twice.
    """
    units = {item.sku: item.quantity for item in items}
    if len(units) < len(items):
        raise InvalidRequest("Name each SKU once.", field="items")
    return units


class ShipmentRequest(StaffRequest):
    """A parcel; without `items` it holds everything that is left to send."""

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] = Field(
        examples=["dhl"]
    )
    tracking: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] = Field(
        examples=["JD014600006281230704"]
    )
    items: Annotated[list[UnitsRequest], Field(min_length=1, max_length=MOST_LINES)] | None = None
    reason: Reason = THE_GOODS_ARE_READY


class MoveRequest(StaffRequest):
    """How far a parcel is, said by staff instead of its carrier."""

    status: Report
    reason: Reason


def shipment_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    @routes.post(
        "/admin/orders/{number}/shipments",
        openapi_extra=needs(Permission.SHIP_ORDERS),
        responses=problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID),
        status_code=HTTPStatus.CREATED,
        tags=["fulfilment"],
        summary="Send a parcel",
    )
    async def send_shipment(number: Number, request: ShipmentRequest, by: By, once: Once) -> StaffOrderDetail:
        """Hand goods to a carrier, once for each Idempotency-Key. Returns the order as it then stands."""
        desk = dependencies().order_desk
        items = units_of(request.items) if request.items is not None else None
        parcel = Parcel(request.carrier, request.tracking, items)
        once(
            f"order/{number}",
            lambda: ship_order(desk, number, parcel, by=by, key=once.key, reason=request.reason),
        )
        return show_order(desk.payments, number)

    @routes.post(
        "/admin/orders/{number}/shipments/{place}/status",
        openapi_extra=needs(Permission.SHIP_ORDERS),
        responses=problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID),
        tags=["fulfilment"],
        summary="Move a parcel on",
    )
    async def report_shipment(
        number: Number, place: Place, request: MoveRequest, by: By, once: Once
    ) -> StaffOrderDetail:
        """Say that a parcel is in transit, delivered, or met an exception. Saying it again changes nothing."""
        desk = dependencies().order_desk
        once(
            f"order/{number}",
            lambda: move_shipment(desk, number, place, request.status, by=by, reason=request.reason),
        )
        return show_order(desk.payments, number)

    @routes.post(
        "/admin/orders/{number}/cancel",
        openapi_extra=needs(Permission.CANCEL_ORDERS),
        responses=problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID),
        tags=["fulfilment"],
        summary="Cancel an order",
    )
    async def cancel(number: Number, request: ReasonRequest, by: By, once: Once) -> StaffOrderDetail:
        """End an order of which nothing was sent: its goods are for sale again, what was paid goes back."""
        desk = dependencies().payment_desk
        once(f"order/{number}", lambda: cancel_order(desk, number, by=by, reason=request.reason))
        return show_order(desk.payments, number)
