"""Staff give money back, and look after refunds that failed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import Field, StringConstraints, model_validator

from commerce.board.show_order import show_order
from commerce.board.views import StaffOrderDetail
from commerce.identity.permissions import Permission
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from commerce.payments.restart_refund import restart_refund, settle_by_hand
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import By, Dependencies, Number, Once, Reason, ReasonRequest, StaffRequest, needs
from commerce.runtime.staff_api_shipments import MOST_LINES, Place, UnitsRequest, units_of

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST


class RefundBody(StaffRequest):
    """What goes back: an `amount` in minor units, or `items` and perhaps the `shipping`, or `everything` that is left.

    `to` is where: the way it came, or as store credit, whose code the buyer is sent.
    """

    amount: Annotated[int, Field(gt=0, le=10**12)] | None = None
    items: Annotated[list[UnitsRequest], Field(default_factory=list, max_length=MOST_LINES)]
    shipping: bool = False
    everything: bool = False
    to: Literal["original", "credit"] = "original"
    reason: Reason

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        ways = (self.amount is not None, bool(self.items) or self.shipping, self.everything)
        if sum(ways) != 1:
            raise ValueError("amount: say what goes back: an amount, or items and shipping, or everything")
        return self

    def wish(self) -> RefundWish:
        """Return what is asked for."""
        return RefundWish(destination=self.to, amount=self.amount, items=units_of(self.items), shipping=self.shipping)


class SettlementRequest(StaffRequest):
    """The proof that a person gave the money back beside the machine, and why."""

    receipt: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{2,63}$")
    ] = Field(examples=["TKM4A1B2C3"])
    reason: Reason


def refund_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""
    refusals = problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID)

    @routes.post(
        "/admin/orders/{number}/refunds",
        openapi_extra=needs(Permission.REFUND),
        responses=refusals,
        status_code=HTTPStatus.CREATED,
        tags=["refunds"],
        summary="Give money back",
    )
    async def open_refund(number: Number, request: RefundBody, by: By, once: Once) -> StaffOrderDetail:
        """Give back a part of what was paid, or all of it, once for each Idempotency-Key; never more than came."""
        desk = dependencies().payment_desk
        wish = request.wish()
        once(
            f"order/{number}",
            lambda: refund_order(desk, number, wish, key=once.key, by=by, reason=request.reason),
        )
        return show_order(desk.payments, number)

    @routes.post(
        "/admin/orders/{number}/refunds/{place}/retry",
        openapi_extra=needs(Permission.RESTART_REFUNDS),
        responses=refusals,
        tags=["refunds"],
        summary="Start a failed refund again",
    )
    async def retry_refund(
        number: Number, place: Place, request: ReasonRequest, by: By, once: Once
    ) -> StaffOrderDetail:
        """Try a refund again that the provider refused, or of which it never reported."""
        desk = dependencies().payment_desk
        once(f"order/{number}", lambda: restart_refund(desk, number, place, by=by, reason=request.reason))
        return show_order(desk.payments, number)

    @routes.post(
        "/admin/orders/{number}/refunds/{place}/settle",
        openapi_extra=needs(Permission.SETTLE_REFUNDS),
        responses=refusals,
        tags=["refunds"],
        summary="Settle a refund by hand",
    )
    async def settle_refund(
        number: Number, place: Place, request: SettlementRequest, by: By, once: Once
    ) -> StaffOrderDetail:
        """Note that the money of a failed refund was given back by a person; `receipt` is the proof."""
        desk = dependencies().payment_desk
        once(
            f"order/{number}",
            lambda: settle_by_hand(desk, number, place, receipt=request.receipt, by=by, reason=request.reason),
        )
        return show_order(desk.payments, number)
