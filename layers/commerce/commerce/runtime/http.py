"""HTTP for the Powertools functions: bodies and headers are checked, refusals become problem+json."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from pydantic import BaseModel, ValidationError

from commerce.kernel.context import correlated
from commerce.kernel.errors import NotFound
from commerce.runtime.door import LARGEST_BODY, Visitor, correlation_of, enter
from commerce.runtime.idempotency import read_key
from commerce.runtime.problems import AS_SAID, PROBLEM, BodyTooLarge, Invalid, UnreadableBody, problem
from commerce.runtime.refusals import tell_refusal

logger = Logger()
B = TypeVar("B", bound=BaseModel)


def install_problems(api: APIGatewayHttpResolver) -> APIGatewayHttpResolver:
    """Put an API behind the door, and make it answer every exception with problem+json."""

    def answer(error: Exception) -> Response[Any]:
        status, headers, body = problem(error)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.exception("request failed", exc_info=error)
        else:
            tell_refusal(error, api.current_event.raw_event, who=_subject(api.context.get("visitor")))
        return Response(status, PROBLEM, json.dumps(body), headers=headers)

    def missing(_: Exception) -> Response[Any]:
        return answer(NotFound("There is nothing at this address."))

    def admit(app: APIGatewayHttpResolver, go_on: NextMiddleware) -> Response[Any]:
        event = app.current_event.raw_event
        with correlated(correlation_of(event)):
            try:
                app.context["visitor"] = enter(event, _body(event))
                return go_on(app)
            except Exception as error:
                # Here, not by Powertools: what is told of a refusal belongs to its correlation id.
                return answer(error)

    api.use([admit])
    api.not_found(missing)
    return api


def visitor(api: APIGatewayHttpResolver) -> Visitor:
    """Return who sent the request at hand."""
    found: Visitor = api.context["visitor"]
    return found


def _subject(known: Visitor | None) -> str | None:
    return known.caller.subject if known is not None and known.caller is not None else None


def respond(status: int, view: BaseModel, headers: Mapping[str, str] | None = None) -> Response[str]:
    """Return a view as JSON that no cache keeps."""
    return Response(
        status,
        content_types.APPLICATION_JSON,
        view.model_dump_json(),
        headers={"Cache-Control": "no-store", **AS_SAID, **(headers or {})},
    )


def read_body(kind: type[B], api: APIGatewayHttpResolver) -> B:
    """Check a request's JSON body against its model.

    Raises
    ------
    BodyTooLarge, UnreadableBody, Invalid
        Saying what is wrong, by field.
    """
    try:
        return kind.model_validate_json(_body(api.current_event.raw_event))
    except ValidationError as error:
        if any(fault["type"] == "json_invalid" for fault in error.errors(include_url=False)):
            raise UnreadableBody("The body is not valid JSON.") from None
        raise Invalid([_fault(fault) for fault in error.errors(include_url=False)]) from None


def idempotency_key(api: APIGatewayHttpResolver) -> str:
    """Return the request's Idempotency-Key.

    Raises
    ------
    BadHeader
        When it is missing, longer than 255 characters, or not printable ASCII.
    """
    return read_key(api.current_event.headers.get("idempotency-key"), of="order")


def _body(event: Mapping[str, Any]) -> bytes:
    text = str(event.get("body") or "")
    try:
        body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode(errors="replace")
    except (binascii.Error, ValueError) as error:
        raise UnreadableBody("The body is not readable.") from error
    if len(body) > LARGEST_BODY:
        raise BodyTooLarge(f"A request may have {LARGEST_BODY} bytes.")
    return body


def _fault(fault: Any) -> dict[str, str]:
    path = [str(part) for part in fault["loc"]]
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not path:
        name, _, rest = message.partition(": ")
        return {"field": name if rest else "body", "message": rest or message}
    return {"field": ".".join(path), "message": message}
