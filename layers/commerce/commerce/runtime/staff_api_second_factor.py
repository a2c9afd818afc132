"""Staff enrol an authenticator app for themselves; admins take a lost one away."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from commerce.identity.claims import LONGEST_SUBJECT
from commerce.identity.enrol_second_factor import confirm_second_factor, enrol_second_factor
from commerce.identity.permissions import Permission
from commerce.identity.reset_second_factor import reset_second_factor
from commerce.identity.second_factor import subject_of
from commerce.runtime.api_problems import problems
from commerce.runtime.security import SecurityKind, tell
from commerce.runtime.staff_access import Dependencies, OnceIfKeyed, ReasonRequest, StaffRequest, Worker, needs

BAD, FORBIDDEN, MISSING = HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND
CONFLICT, INVALID, BUSY = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS


class SecondFactorView(BaseModel):
    """Whether one's codes count."""

    model_config = ConfigDict(frozen=True)

    enrolled: bool


class EnrolmentView(BaseModel):
    """A new secret. It is shown this once, and counts with the first code of it."""

    model_config = ConfigDict(frozen=True)

    secret: Annotated[str, Field(description="Base 32, to type into an authenticator app.")]
    uri: Annotated[str, Field(description="The same as otpauth://, to show as a QR code.")]


class CodeRequest(StaffRequest):
    """The authenticator app's present code."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] = Field(examples=["492039"])


def second_factor_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    def told(request: Request, what: str, who: str, of: str) -> None:
        event = request.scope.get("aws.event", {})
        tell(SecurityKind.SECOND_FACTOR_CHANGED, what, event, who=who, subject=subject_of(of))

    @routes.get(
        "/admin/second-factor",
        openapi_extra=needs(Permission.OWN_SECOND_FACTOR),
        responses=problems(FORBIDDEN),
        tags=["second factor"],
        summary="Show whether one is enrolled",
    )
    async def get_second_factor(worker: Worker) -> SecondFactorView:
        """Whether who asks has an active second factor."""
        factor = dependencies().second_factors.factors.get(worker.subject)
        return SecondFactorView(enrolled=factor is not None and factor.active)

    @routes.post(
        "/admin/second-factor",
        openapi_extra=needs(Permission.OWN_SECOND_FACTOR),
        responses=problems(FORBIDDEN, CONFLICT, BUSY),
        status_code=HTTPStatus.CREATED,
        tags=["second factor"],
        summary="Enrol an authenticator app",
    )
    async def enrol(request: Request, worker: Worker) -> EnrolmentView:
        """Make a secret for who asks; it waits ten minutes for its first code. It takes a sign-in of the last ten."""
        enrolment = enrol_second_factor(dependencies().second_factors, worker)
        told(request, "enrolled", worker.subject, worker.subject)
        return EnrolmentView(secret=enrolment.secret, uri=enrolment.uri)

    @routes.post(
        "/admin/second-factor/confirm",
        openapi_extra=needs(Permission.OWN_SECOND_FACTOR),
        responses=problems(BAD, FORBIDDEN, CONFLICT, INVALID, BUSY),
        tags=["second factor"],
        summary="Confirm it by a code",
    )
    async def confirm(request: Request, worker: Worker, sent: CodeRequest) -> SecondFactorView:
        """Make the enrolled secret count. The code is used up by it: money takes the next one."""
        confirm_second_factor(dependencies().second_factors, worker, sent.code)
        told(request, "confirmed", worker.subject, worker.subject)
        return SecondFactorView(enrolled=True)

    @routes.delete(
        "/admin/second-factor/{subject:path}",
        openapi_extra=needs(Permission.RESET_SECOND_FACTOR),
        responses=problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID),
        tags=["second factor"],
        summary="Take a lost one away",
    )
    async def reset(
        request: Request,
        subject: Annotated[str, PathParameter(min_length=1, max_length=LONGEST_SUBJECT)],
        worker: Worker,
        sent: ReasonRequest,
        once: OnceIfKeyed,
    ) -> SecondFactorView:
        """Take somebody's second factor away, who lost their phone; never one's own."""
        desk = dependencies().second_factors
        once(subject_of(subject), lambda: reset_second_factor(desk, worker, subject, reason=sent.reason))
        told(request, "reset", worker.subject, subject)
        return SecondFactorView(enrolled=False)
