"""Staff decide on returns, and take the goods in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from commerce.board.show_order import show_order
from commerce.board.views import StaffOrderDetail
from commerce.identity.permissions import Permission
from commerce.ordering.returns import ReceivedLine
from commerce.returns.decide_return import decide_return
from commerce.returns.receive_return import receive_return
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import By, Dependencies, Number, Once, Reason, ReasonRequest, StaffRequest, needs
from commerce.runtime.staff_api_shipments import MOST_LINES, Place

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST


class ReceiptRequest(StaffRequest):
    """What came back, and whether it goes on the shelf again or is written off."""

    items: Annotated[list[ReceivedLine], Field(min_length=1, max_length=2 * MOST_LINES)]
    reason: Reason


def return_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""
    refusals = problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID)

    @routes.post(
        "/admin/orders/{number}/returns/{place}/approve",
        openapi_extra=needs(Permission.DECIDE_RETURNS),
        responses=refusals,
        tags=["returns"],
        summary="Approve a return",
    )
    async def approve_return(
        number: Number, place: Place, request: ReasonRequest, by: By, once: Once
    ) -> StaffOrderDetail:
        """Agree to a return: the buyer may send the goods. The same again changes nothing."""
        desk = dependencies().order_desk
        once(
            f"order/{number}",
            lambda: decide_return(desk, number, place, "approve", by=by, reason=request.reason),
        )
        return show_order(desk.payments, number)

    @routes.post(
        "/admin/orders/{number}/returns/{place}/reject",
        openapi_extra=needs(Permission.DECIDE_RETURNS),
        responses=refusals,
        tags=["returns"],
        summary="Reject a return",
    )
    async def reject_return(
        number: Number, place: Place, request: ReasonRequest, by: By, once: Once
    ) -> StaffOrderDetail:
        """Refuse a return. The same again changes nothing."""
        desk = dependencies().order_desk
        once(
            f"order/{number}",
            lambda: decide_return(desk, number, place, "reject", by=by, reason=request.reason),
        )
        return show_order(desk.payments, number)

    @routes.post(
        "/admin/orders/{number}/returns/{place}/receive",
        openapi_extra=needs(Permission.RECEIVE_RETURNS),
        responses=refusals,
        tags=["returns"],
        summary="Take returned goods in",
    )
    async def receive(number: Number, place: Place, request: ReceiptRequest, by: By, once: Once) -> StaffOrderDetail:
        """Close a return with what came back. The refund, or the store credit, is opened in the same commit."""
        desk = dependencies().payment_desk
        once(
            f"order/{number}",
            lambda: receive_return(desk, number, place, request.items, by=by, reason=request.reason),
        )
        return show_order(desk.payments, number)
