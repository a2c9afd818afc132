"""The door of the FastAPI functions: what comes in is small enough, known, and under its correlation id."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commerce.kernel.context import correlated
from commerce.runtime.door import LARGEST_BODY, Visitor, correlation_of, enter
from commerce.runtime.problems import AS_SAID, BodyTooLarge


class DoorRoute(APIRoute):
    """A route for whom the door lets in; `request.state.visitor` is who it is."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, behind the door."""
        handle = super().get_route_handler()

        async def admit(request: Request) -> Response:
            body = await request.body()
            if len(body) > LARGEST_BODY:
                raise BodyTooLarge(f"A request may have {LARGEST_BODY} bytes.")
            request.state.visitor = enter(request.scope.get("aws.event", {}), body)
            return await handle(request)

        return admit


class Correlated:
    """Has an application do each request under its correlation id, and marks its answers, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(AS_SAID)
            await send(message)

        with correlated(correlation_of(scope.get("aws.event") or {})):
            await self._app(scope, receive, marked)


async def _visitor(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


#: Who sent the request.
By = Annotated[Visitor, Depends(_visitor)]
