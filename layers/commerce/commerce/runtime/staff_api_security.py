"""Staff read what was refused, and what staff did; nothing of it can be changed."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from commerce.catalog.cursor import read_cursor, write_cursor
from commerce.identity.permissions import Permission
from commerce.kernel.errors import NotFound
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import Dependencies, needs
from commerce.security.kinds import SecurityKind
from commerce.security.model import EVENT_ID, read_day
from commerce.security.store import KeptEvent, SecurityLog, is_quarantined

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
MAX_LIMIT, DEFAULT_LIMIT = 100, 50
_PLACE = re.compile(EVENT_ID, re.ASCII)


class SecurityEventView(BaseModel):
    """A security event.

    `who` is whose token or key it was, `source` the address it came from as API Gateway saw it, `request` API Gateway's
    id of the request; `suppressed` is how many of the kind the same process left out before this one.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=["20261122T101530123456-5fea7756-0ea4-451a-a703-a558b933e274"])
    at: datetime
    kind: SecurityKind
    detail: str
    who: str | None = None
    subject: str | None = Field(default=None, examples=["order/7K2M9QX4TD"])
    route: str | None = Field(default=None, examples=["POST /hooks/stk/{token}"])
    source: str | None = Field(default=None, examples=["203.0.113.9"])
    request: str | None = None
    suppressed: int | None = None
    correlation_id: str | None = None
    body_sha256: str | None = None
    quarantined: bool = Field(description="Whether the body that could not be read is still kept: for 30 days.")

    @classmethod
    def of(cls, event: KeptEvent, now: datetime, body: str | None = None) -> Self:
        """Show an event."""
        known = {"id": event.id, "at": event.fact.happened_at, "quarantined": is_quarantined(event.fact, now)}
        return cls.model_validate({**event.fact.model_dump(exclude={"at"}), **known, "body": body})


class SecurityEventDetail(SecurityEventView):
    """A security event with the body that could not be read, as far as it is kept. It is a stranger's text."""

    body: str | None = None


class SecurityEventList(BaseModel):
    """A page of security events, newest first."""

    model_config = ConfigDict(frozen=True)

    items: list[SecurityEventView]
    next_cursor: str | None


def security_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    @routes.get(
        "/admin/security/events",
        openapi_extra=needs(Permission.READ_SECURITY),
        responses=problems(FORBIDDEN, INVALID),
        tags=["security"],
        summary="List security events",
    )
    async def list_security_events(
        day: Annotated[
            str | None, Query(description="A day in UTC; today without it.", examples=["2026-11-22"], max_length=20)
        ] = None,
        kind: SecurityKind | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> SecurityEventList:
        """One day's events, newest first. Of one kind a page may hold few or none, and still have another after it."""
        having = dependencies()
        now = having.clock.now()
        asked = read_day(day) if day else now.date()
        scope = f"security {asked} {kind}"
        after = read_cursor(cursor, scope, form=_PLACE) if cursor else None
        page = SecurityLog(having.database).page(asked, kind=kind, limit=limit, after=after)
        return SecurityEventList(
            items=[SecurityEventView.of(event, now) for event in page.events],
            next_cursor=write_cursor(page.last, scope) if page.last else None,
        )

    @routes.get(
        "/admin/security/events/{id}",
        openapi_extra=needs(Permission.READ_SECURITY),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["security"],
        summary="Show a security event",
    )
    async def get_security_event(
        event: Annotated[str, PathParameter(alias="id", max_length=80)],
    ) -> SecurityEventDetail:
        """One event, with the body of a callback that could not be read."""
        having = dependencies()
        now = having.clock.now()
        found = SecurityLog(having.database).find(event, now)
        if found is None:
            raise NotFound("There is no such event.")
        return SecurityEventDetail.of(found[0], now, found[1])
