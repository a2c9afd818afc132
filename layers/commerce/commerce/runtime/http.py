"""HTTP for the Powertools functions: bodies and headers are checked, refusals become problem+json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from pydantic import BaseModel, ValidationError

from commerce.kernel.errors import NotFound
from commerce.runtime.problems import PROBLEM, BadHeader, BodyTooLarge, Invalid, UnreadableBody, problem

logger = Logger()
B = TypeVar("B", bound=BaseModel)

LARGEST_BODY = 32 * 1024
LONGEST_KEY = 255


def install_problems(api: APIGatewayHttpResolver) -> APIGatewayHttpResolver:
    """Make an API answer every exception with problem+json."""

    def answer(error: Exception) -> Response[Any]:
        status, headers, body = problem(error)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.exception("request failed", exc_info=error)
        return Response(status, PROBLEM, json.dumps(body), headers=headers)

    def missing(_: Exception) -> Response[Any]:
        return answer(NotFound("There is nothing at this address."))

    api.exception_handler(Exception)(answer)
    api.not_found(missing)
    return api


def respond(status: int, view: BaseModel, headers: Mapping[str, str] | None = None) -> Response[str]:
    """Return a view as JSON that no cache keeps."""
    return Response(
        status,
        content_types.APPLICATION_JSON,
        view.model_dump_json(),
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def read_body(kind: type[B], api: APIGatewayHttpResolver) -> B:
    """Check a request's JSON body against its model.

    Raises
    ------
    BodyTooLarge, UnreadableBody, Invalid
        Saying what is wrong, by field.
    """
    event = api.current_event
    try:
        text = (event.decoded_body or "") if event.body else ""
    except ValueError as error:
        raise UnreadableBody("The body is not readable text.") from error
    if len(text.encode(errors="replace")) > LARGEST_BODY:
        raise BodyTooLarge(f"A request may have {LARGEST_BODY} bytes.")
    try:
        return kind.model_validate_json(text)
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
    key = (api.current_event.headers.get("idempotency-key") or "").strip()
    if not key:
        raise BadHeader("Send an Idempotency-Key header, a new random value for each order.", field="Idempotency-Key")
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise BadHeader(
            f"An Idempotency-Key has at most {LONGEST_KEY} printable ASCII characters.", field="Idempotency-Key"
        )
    return key


def _fault(fault: Any) -> dict[str, str]:
    path = [str(part) for part in fault["loc"]]
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not path:
        name, _, rest = message.partition(": ")
        return {"field": name if rest else "body", "message": rest or message}
    return {"field": ".".join(path), "message": message}
