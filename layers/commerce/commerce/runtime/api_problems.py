"""problem+json for the FastAPI functions: in their answers and in their OpenAPI documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from commerce.identity.claims import Caller
from commerce.kernel.errors import CommitBusy, NotFound, ShopError, TablesBusy
from commerce.runtime.door_route import Correlated
from commerce.runtime.problems import PROBLEM, Invalid, UnreadableBody, problem, title_of
from commerce.runtime.refusals import tell_refusal


class FieldProblem(BaseModel):
    """What is wrong with one member of the request."""

    field: Annotated[str, Field(examples=["limit"])]
    message: Annotated[str, Field(examples=["Input should be less than or equal to 100"])]


class Problem(BaseModel):
    """Why the request was not carried out (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:salama:problem:invalid-request"])]
    title: Annotated[str, Field(examples=["Unprocessable Content"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=["Some fields are missing or wrong."])]
    errors: list[FieldProblem] = []


def answer_problems(app: FastAPI) -> None:
    """Make an API answer every exception with problem+json, under its correlation id, and say so in its document."""
    app.add_middleware(Correlated)
    for kind in (ShopError, CommitBusy, TablesBusy, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _refuse)
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        return _with_problem_media_type(describe())

    app.openapi = openapi  # type: ignore[method-assign]


def problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return how a route documents the problems that it answers with."""
    return {status.value: {"model": Problem, "description": title_of(status)} for status in statuses}


async def _refuse(request: Request, error: Exception) -> Response:
    # After a fault's answer Starlette raises it again, and Mangum logs it with its trace.
    if isinstance(error, RequestValidationError):
        faults = error.errors()
        error = Invalid([_fault(fault) for fault in faults])
        if any(fault["type"] == "json_invalid" for fault in faults):
            error = UnreadableBody("The body is not valid JSON.")
    elif isinstance(error, HTTPException) and error.status_code == HTTPStatus.BAD_REQUEST:
        # FastAPI's own, for a body that is no text or nested beyond sense.
        error = UnreadableBody("The body is not valid JSON.")
    elif isinstance(error, HTTPException):
        error = NotFound("There is nothing at this address.")
    tell_refusal(error, request.scope.get("aws.event"), who=_subject(request))
    status, headers, body = problem(error)
    return Response(json.dumps(body), status, headers)


def _subject(request: Request) -> str | None:
    """Return who asked, as far as a route's own door came to know; staff's keeps the caller alone."""
    caller = getattr(request.state, "caller", None) or getattr(getattr(request.state, "visitor", None), "caller", None)
    return caller.subject if isinstance(caller, Caller) else None


def _fault(fault: Mapping[str, Any]) -> dict[str, str]:
    # A location starts with where the value stood: ("query", "limit").
    path = [str(part) for part in fault["loc"][1:]]
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not path:
        # What a model says of its members together starts with the name of the one at fault.
        name, _, rest = message.partition(": ")
        return {"field": name if rest else "body", "message": rest or message}
    return {"field": ".".join(path), "message": message}


def _with_problem_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Say of every error answer that it is problem+json; FastAPI documents them with the routes' own media type."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "application/json" in answer.get("content", {}):
                    answer["content"][PROBLEM] = answer["content"].pop("application/json")
    return document
