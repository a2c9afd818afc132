"""A route of the staff API: who may take it, the second factor of what moves money, and that staff acted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from commerce.identity.check_second_factor import check_second_factor
from commerce.identity.claims import Caller
from commerce.identity.permissions import MOVES_MONEY, Permission, granted
from commerce.identity.second_factor import subject_of
from commerce.kernel.context import current, working
from commerce.kernel.errors import NotPermitted, NotSignedIn
from commerce.runtime.door import enter
from commerce.runtime.idempotency import request_mark
from commerce.runtime.problems import PROBLEM, BodyTooLarge, title_of
from commerce.runtime.security import SecurityKind, tell

#: Bytes of a request; a product with all its texts and variants has less.
LARGEST_BODY = 256 * 1024
CODE_HEADER = "x-one-time-code"
#: The member of a route's OpenAPI that names what it takes.
NEEDS = "x-permission"
#: What the parameters of an address name, for the stream of security events.
_SUBJECTS = {"number": "order", "sku": "sku", "slug": "product", "code": "voucher", "review": "review"}

_request: ContextVar[Request] = ContextVar("commerce_staff_request")


def needs(permission: Permission) -> dict[str, Any]:
    """Return what a route declares as its ``openapi_extra``: the permission that it takes.

    What moves money takes a code of the second factor besides (`MOVES_MONEY`), and says so.
    """
    if permission not in MOVES_MONEY:
        return {NEEDS: permission.value}
    busy = HTTPStatus.TOO_MANY_REQUESTS
    return {
        NEEDS: permission.value,
        "parameters": [
            {
                "name": CODE_HEADER,
                "in": "header",
                "description": (
                    "A person's present code of their authenticator app (RFC 6238); each is good for one request. "
                    "Services sign instead."
                ),
                "schema": {"type": "string", "pattern": "^[0-9]{6}$", "examples": ["492039"]},
            }
        ],
        "responses": {
            str(busy.value): {
                "description": title_of(busy),
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        },
    }


class StaffRoute(APIRoute):
    """A route for those whose roles grant the permission that it names; one that names none lets nobody in."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **rest: Any) -> None:
        super().__init__(path, _behind_second_factor(endpoint), **rest)

    @property
    def permission(self) -> Permission | None:
        """The permission that this route names; None where it names none, or one that there is not."""
        named = (self.openapi_extra or {}).get(NEEDS)
        return Permission(named) if named in set(Permission) else None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, behind the question who calls."""
        handle = super().get_route_handler()

        async def admit(request: Request) -> Response:
            event = request.scope.get("aws.event", {})
            body = await request.body()
            request.state.caller = enter(event, body).caller
            caller = self._admitted(request.state.caller)
            if len(body) > LARGEST_BODY:
                raise BodyTooLarge(f"A request may have {LARGEST_BODY} bytes.")
            request.state.permission = self.permission
            request.state.dependencies = request.app.state.dependencies()
            key = request.headers.get("idempotency-key", "").strip()
            asked = request_mark(caller.subject, key, request.method, _target(request), body)
            request.state.asked = asked
            remembered = _request.set(request)
            try:
                with working(replace(current(), request=asked if key else None)):
                    answer = await handle(request)
            finally:
                _request.reset(remembered)
            if request.method != "GET" and answer.status_code < HTTPStatus.BAD_REQUEST:
                tell(SecurityKind.STAFF_ACTED, self.name, event, who=caller.subject, subject=_about(request))
            answer.headers.setdefault("Cache-Control", "no-store")
            return answer

        return admit

    def _admitted(self, caller: Caller | None) -> Caller:
        if caller is None:
            raise NotSignedIn("Please sign in.")
        if self.permission is None or self.permission not in granted(caller.roles):
            raise NotPermitted("Your roles among the shop's staff do not allow this.")
        return caller


def _behind_second_factor(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Ask for the second factor once a request was read and found sound: a mistyped one must not cost a code."""

    @wraps(endpoint)
    async def guarded(*positional: Any, **named: Any) -> Any:
        _ask_second_factor(_request.get())
        return await endpoint(*positional, **named)

    return guarded


def _ask_second_factor(request: Request) -> None:
    caller, having = request.state.caller, request.state.dependencies
    if request.state.permission not in MOVES_MONEY or caller.service or not having.demands_second_factor:
        return
    code = request.headers.get(CODE_HEADER, "").strip()
    check_second_factor(having.second_factors, caller.subject, code, request=request.state.asked)


def _target(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}"


def _about(request: Request) -> str | None:
    for name, value in request.path_params.items():
        if name in _SUBJECTS:
            return f"{_SUBJECTS[name]}/{str(value)[:80]}"
        if name == "subject":
            return subject_of(str(value))
    return None
