"""Staff see what the shop repairs by itself, decide on the rest, and set how far it may go."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from commerce.healing.bounds import Bounds, HealingSettings
from commerce.healing.change_settings import change_settings, settings_version
from commerce.healing.decide import approve_case, dismiss_case, find_case, replay_letter
from commerce.healing.list_cases import DEFAULT_LIMIT, MAX_LIMIT, list_cases
from commerce.healing.model import Action, State
from commerce.healing.preview import preview
from commerce.healing.settings_store import SUBJECT
from commerce.healing.views import CaseView
from commerce.identity.permissions import Permission
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import By, Dependencies, Once, Reason, ReasonRequest, StaffRequest, as_json, needs

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST

CaseId = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{20}$", examples=["4f1c22a09b7d4f1c22a0"])]
Version = Annotated[int, Query(ge=0, le=10**8, description="An earlier version; without it the present one.")]


class CaseList(BaseModel):
    """A page of cases: those that wait for people first, each kind of waiting oldest first."""

    model_config = ConfigDict(frozen=True)

    items: list[CaseView]
    next_cursor: str | None


class CasePreview(BaseModel):
    """What a run would do now. `state` is what each case would be in after it, `open` where it would be acted on."""

    model_config = ConfigDict(frozen=True)

    cases: list[CaseView]


def _as_action(value: object) -> object:
    return Action(value) if isinstance(value, str) and value in set(Action) else value


class ApprovalRequest(StaffRequest):
    """Take the action that is proposed, or another one, and why."""

    action: Annotated[Action, BeforeValidator(_as_action)] | None = None
    reason: Reason


class SettingsRequest(StaffRequest):
    """Bounds in place of the version that is named, and why. Every action is said."""

    version: Annotated[int, Field(ge=0, description="The version that these replace.")]
    enabled: bool
    dry_run: bool
    model: bool
    actions: Annotated[Bounds, as_json(Bounds)]
    reason: Reason

    def settings(self) -> HealingSettings:
        """Return the bounds."""
        return HealingSettings(
            version=self.version,
            enabled=self.enabled,
            dry_run=self.dry_run,
            model=self.model,
            actions=self.actions,
        )


def healing_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""
    _reading_routes(routes, dependencies)
    _deciding_routes(routes, dependencies)
    _settings_routes(routes, dependencies)


def _reading_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    @routes.get(
        "/admin/healing/cases",
        openapi_extra=needs(Permission.READ_HEALING),
        responses=problems(FORBIDDEN, INVALID),
        tags=["healing"],
        summary="List cases",
    )
    async def list_healing_cases(
        state: State | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    ) -> CaseList:
        """Cases in one state; without it all that are not over."""
        page = list_cases(dependencies().healing_desk, state, limit=limit, cursor=cursor or None)
        return CaseList(items=[CaseView.of(case) for case in page.items], next_cursor=page.next_cursor)

    @routes.get(
        "/admin/healing/cases/{case}",
        openapi_extra=needs(Permission.READ_HEALING),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["healing"],
        summary="Show a case",
    )
    async def get_healing_case(case: CaseId) -> CaseView:
        """What is the matter, what would be done about it, and what was."""
        return CaseView.of(find_case(dependencies().healing_desk, case))

    @routes.post(
        "/admin/healing/preview",
        openapi_extra=needs(Permission.READ_HEALING),
        responses=problems(FORBIDDEN),
        tags=["healing"],
        summary="Say what would be done now",
    )
    async def preview_healing() -> CasePreview:
        """A dry run over what is due. Nothing is done, and nothing is written."""
        return CasePreview(cases=[CaseView.of(case) for case in preview(dependencies().healing_desk)])


def _deciding_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    refusals = problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID)

    @routes.post(
        "/admin/healing/cases/{case}/approve",
        openapi_extra=needs(Permission.DECIDE_HEALING),
        responses=refusals,
        tags=["healing"],
        summary="Take a case's action now",
    )
    async def approve_healing_case(case: CaseId, request: ApprovalRequest, by: By, once: Once) -> CaseView:
        """Take the proposed action, or another that is allowed for its kind, within the bounds that are set."""
        desk = dependencies().healing_desk
        once(f"case/{case}", lambda: approve_case(desk, case, request.action, by=by, reason=request.reason))
        return CaseView.of(find_case(desk, case))

    @routes.post(
        "/admin/healing/cases/{case}/dismiss",
        openapi_extra=needs(Permission.DECIDE_HEALING),
        responses=refusals,
        tags=["healing"],
        summary="Leave a case as it is",
    )
    async def dismiss_healing_case(case: CaseId, request: ReasonRequest, by: By, once: Once) -> CaseView:
        """Note that nothing is to be done; the same is not found again."""
        desk = dependencies().healing_desk
        once(f"case/{case}", lambda: dismiss_case(desk, case, by=by, reason=request.reason))
        return CaseView.of(find_case(desk, case))

    @routes.post(
        "/admin/healing/cases/{case}/replay",
        openapi_extra=needs(Permission.DECIDE_HEALING),
        responses=refusals,
        tags=["healing"],
        summary="Send a dead letter back to its queue",
    )
    async def replay_dead_letter(case: CaseId, request: ReasonRequest, by: By, once: Once) -> CaseView:
        """Have a message handled once more, as after its worker was mended."""
        desk = dependencies().healing_desk
        once(f"case/{case}", lambda: replay_letter(desk, case, by=by, reason=request.reason))
        return CaseView.of(find_case(desk, case))


def _settings_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    @routes.get(
        "/admin/healing/settings",
        openapi_extra=needs(Permission.READ_HEALING),
        responses=problems(FORBIDDEN, MISSING, INVALID),
        tags=["healing"],
        summary="Show the bounds",
    )
    async def get_healing_settings(version: Version | None = None) -> HealingSettings:
        """How far the shop may go by itself; an earlier version can be sent again."""
        return settings_version(dependencies().healing_desk, version)

    @routes.put(
        "/admin/healing/settings",
        openapi_extra=needs(Permission.SET_HEALING),
        responses=problems(BAD, FORBIDDEN, CONFLICT, INVALID),
        tags=["healing"],
        summary="Set the bounds",
    )
    async def put_healing_settings(request: SettingsRequest, by: By, once: Once) -> HealingSettings:
        """Switch the shop's own repairs on or off, and set how often it may do what."""
        desk = dependencies().healing_desk
        wanted = request.settings()
        once(SUBJECT, lambda: change_settings(desk, wanted, by=by, reason=request.reason))
        return settings_version(desk, None)
