"""Refusals as problem+json (RFC 9457): one place says which is which status, and nothing internal gets out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from commerce.fulfilment.signatures import BadSignature
from commerce.kernel.errors import (
    CommitBusy,
    Conflict,
    InvalidRequest,
    NotFound,
    NotPermitted,
    NotSignedIn,
    ShopError,
    TooManyRequests,
    Unavailable,
)

PROBLEM = "application/problem+json"
TYPE_PREFIX = "urn:salama:problem:"


class BadHeader(ShopError):
    """A header is missing or cannot be used; `field` names it."""


class BodyTooLarge(ShopError):
    """The request is larger than any honest one."""


class UnreadableBody(ShopError):
    """The body is no JSON."""


class Invalid(ShopError):
    """Members of the body are missing or wrong."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("Some fields are missing or wrong.")
        self.errors = errors


#: Status and type by the refusal's class; a class inherits its parent's status and names its own type.
_STATUS: list[tuple[type[Exception], HTTPStatus]] = [
    (BadHeader, HTTPStatus.BAD_REQUEST),
    (UnreadableBody, HTTPStatus.BAD_REQUEST),
    (BodyTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InvalidRequest, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadSignature, HTTPStatus.UNAUTHORIZED),
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (TooManyRequests, HTTPStatus.TOO_MANY_REQUESTS),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (CommitBusy, HTTPStatus.SERVICE_UNAVAILABLE),
]

#: What else a refusal tells besides its sentence.
_EXTENSIONS = ("sku", "available", "retry_after", "version")
_NAMES = {"KeyReused": "idempotency-key-reused", "Invalid": "invalid-request", "CommitBusy": "busy"}


def problem(error: Exception) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body of the problem+json that an exception means; unknown ones are 500."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {"Content-Type": PROBLEM, "Cache-Control": "no-store"}
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + _slug(error, status),
        "title": title_of(status),
        "status": status.value,
        "detail": _detail(error, status),
    }
    if isinstance(error, Invalid):
        body["errors"] = error.errors
    elif isinstance(error, ShopError) and error.field is not None:
        body["errors"] = [{"field": error.field, "message": error.detail}]
    for name in _EXTENSIONS:
        if isinstance(error, ShopError) and hasattr(error, name):
            body[name] = getattr(error, name)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Salama-Signature" if isinstance(error, BadSignature) else "Bearer"
    if "retry_after" in body:
        headers["Retry-After"] = str(body["retry_after"])
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return status.value, headers, body


#: Names of RFC 9110 that Python took over only in 3.13.
_NAMED_ANEW = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


def title_of(status: HTTPStatus) -> str:
    """Return a status's name as RFC 9110 has it, the same on every Python."""
    return _NAMED_ANEW.get(status, status.phrase)


def _slug(error: Exception, status: HTTPStatus) -> str:
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return "internal-error"
    name = type(error).__name__
    return _NAMES.get(name) or "".join(f"-{part.lower()}" if part.isupper() else part for part in name).lstrip("-")


def _detail(error: Exception, status: HTTPStatus) -> str:
    if isinstance(error, ShopError):
        return error.detail
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return "The shop is very busy. Nothing was changed; please try again."
    return "Something went wrong on our side. Nothing was lost; please try again."
