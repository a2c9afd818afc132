"""Staff see whether an order's trail, or a day's, is as it was written."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from commerce.audit.archive import read_past_day
from commerce.audit.report import DayReport, FaultView, OrderReport
from commerce.identity.permissions import Permission
from commerce.kernel.errors import NotFound
from commerce.runtime import wiring
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import Dependencies, Number, needs

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY


class DayAudit(BaseModel):
    """What verifying a day came to, at night or when somebody last asked for it.

    `digest` is what was signed for the day, `signed` whether the signature holds, `events` how many are archived. While
    a long day is still being worked on, `complete` is false, and so is `sound`.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    day: str = Field(examples=["2026-11-22"])
    digest: str | None
    signed: bool
    sound: bool
    complete: bool
    events: int
    found: int = Field(description="How many faults there are; the first 1,000 are listed.")
    faults: list[FaultView]
    checked_at: str


def audit_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    @routes.get(
        "/admin/orders/{number}/audit",
        openapi_extra=needs(Permission.READ_AUDIT),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["orders"],
        summary="Prove an order's events",
    )
    async def prove_order_events(number: Number) -> OrderReport:
        """Whether an order's events form the chain whose end the order keeps: which were changed, are missing or moved.

        Each event's hash is over itself and the one before it. `unchained` events are from before there was a chain.
        """
        subject = f"order/{number}"
        proof, records = wiring.trail_desk().prove(subject)
        if not records and any(fault.event == subject for fault in proof.faults):
            raise NotFound("There is no such order.")
        return OrderReport.of(subject, proof)

    @routes.get(
        "/admin/audit/days/{day}",
        openapi_extra=needs(Permission.READ_AUDIT),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["audit"],
        summary="Show what verifying a day came to",
    )
    async def get_audit_day(
        day: Annotated[str, PathParameter(max_length=20, description="A day that is over, in UTC.")],
    ) -> DayAudit:
        """The report of the night after: a day's archive against its signed digest, and against the table of events."""
        report = DayReport.read(wiring.archive(), read_past_day(day, dependencies().clock.now()))
        if report is None:
            raise NotFound("This day was not verified yet.")
        return DayAudit.model_validate(report)
