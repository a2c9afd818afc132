"""Refusals as problem+json (RFC 9457): one place says which is which status, and nothing internal gets out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from commerce.fulfilment.signatures import BadSignature
from commerce.identity.door_refusals import (
    AmbiguousCaller,
    ClientKeyRefused,
    NonceSpent,
    OriginRefused,
    ServiceKeyRefused,
    ServiceSignatureRefused,
)
from commerce.kernel.errors import (
    CommitBusy,
    Conflict,
    InvalidRequest,
    KeyReused,
    LookupMissed,
    NotFound,
    NotPermitted,
    NotSignedIn,
    ShopError,
    TablesBusy,
    TooManyRequests,
    Unavailable,
)
from commerce.security.kinds import SecurityKind

PROBLEM = "application/problem+json"
TYPE_PREFIX = "urn:salama:problem:"
#: On every answer: it is what it says, and no browser may take it for a page (OWASP REST security).
AS_SAID = {"X-Content-Type-Options": "nosniff"}


class BadHeader(ShopError):
    """A header is missing or cannot be used; `field` names it."""


class SignatureRefused(BadHeader):
    """The body does not bear a signature of Stripe's, or an old one; `reason` is for the record alone."""

    def __init__(self, reason: str) -> None:
        super().__init__("The signature is missing, wrong or too old.", field="Stripe-Signature")
        self.reason = reason


class CallbackForged(NotFound):
    """A callback to an address that the shop never gave out; `reason` is for the record alone."""

    def __init__(self, reason: str) -> None:
        super().__init__("There is nothing at this address.")
        self.reason = reason


class SourceRefused(NotPermitted):
    """The request comes from an address that the source list of its provider does not name."""


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
    (AmbiguousCaller, HTTPStatus.BAD_REQUEST),
    (ClientKeyRefused, HTTPStatus.UNAUTHORIZED),
    (ServiceKeyRefused, HTTPStatus.UNAUTHORIZED),
    (ServiceSignatureRefused, HTTPStatus.UNAUTHORIZED),
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (TooManyRequests, HTTPStatus.TOO_MANY_REQUESTS),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (CommitBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (TablesBusy, HTTPStatus.SERVICE_UNAVAILABLE),
]
#: What AWS answers when it throttles, after botocore's own retries; it did nothing.
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionConflictException",
    }
)

#: What else a refusal tells besides its sentence.
_EXTENSIONS = ("sku", "available", "retry_after", "version")
_NAMES = {
    "KeyReused": "idempotency-key-reused",
    "Invalid": "invalid-request",
    "CommitBusy": "busy",
    "TablesBusy": "busy",
    # An attacker is not told that we know.
    "LookupMissed": "not-found",
}

#: Which refusals are security events, by the refusal's class. The first that fits counts: the special ones are first.
_TOLD: list[tuple[type[Exception], SecurityKind]] = [
    (NotSignedIn, SecurityKind.TOKEN_REFUSED),
    (ClientKeyRefused, SecurityKind.CLIENT_REFUSED),
    (OriginRefused, SecurityKind.CLIENT_REFUSED),
    (ServiceKeyRefused, SecurityKind.SERVICE_REFUSED),
    (AmbiguousCaller, SecurityKind.SERVICE_REFUSED),
    (ServiceSignatureRefused, SecurityKind.SIGNATURE_REFUSED),
    (NonceSpent, SecurityKind.REPLAY_REFUSED),
    (SignatureRefused, SecurityKind.SIGNATURE_REFUSED),
    (BadSignature, SecurityKind.SIGNATURE_REFUSED),
    (CallbackForged, SecurityKind.CALLBACK_FORGED),
    (SourceRefused, SecurityKind.CALLBACK_SOURCE),
    (NotPermitted, SecurityKind.PERMISSION_REFUSED),
    (TooManyRequests, SecurityKind.LIMIT_REACHED),
    (BodyTooLarge, SecurityKind.BODY_TOO_LARGE),
    (UnreadableBody, SecurityKind.REQUEST_MALFORMED),
    (KeyReused, SecurityKind.KEY_REUSED),
    (BadHeader, SecurityKind.REQUEST_INVALID),
    (Invalid, SecurityKind.REQUEST_INVALID),
    (InvalidRequest, SecurityKind.REQUEST_INVALID),
    (LookupMissed, SecurityKind.LOOKUP_MISSED),
]


def security_kind(error: Exception) -> SecurityKind | None:
    """Return which security event a refusal is; None for one that says nothing about who asked.

    A refusal whose module is too heavy for the webhooks says it itself.
    """
    own: SecurityKind | None = getattr(error, "security_kind", None)
    return own or next((kind for refusal, kind in _TOLD if isinstance(error, refusal)), None)


def problem(error: Exception) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body of the problem+json that an exception means; unknown ones are 500."""
    if _is_throttled(error):
        error = TablesBusy()
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {"Content-Type": PROBLEM, "Cache-Control": "no-store", **AS_SAID}
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + slug_of(error, status),
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
        signed = "Salama-Signature" if isinstance(error, BadSignature) else "Bearer"
        headers["WWW-Authenticate"] = getattr(error, "challenge", signed)
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


def slug_of(error: Exception, status: HTTPStatus | None = None) -> str:
    """Return the name of a refusal, as the problem's type has it."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return "internal-error"
    name = type(error).__name__
    return _NAMES.get(name) or "".join(f"-{part.lower()}" if part.isupper() else part for part in name).lstrip("-")


def _is_throttled(error: Exception) -> bool:
    """Tell whether AWS throttled: botocore's error, or PynamoDB's around it. Webhooks import neither."""
    response = getattr(getattr(error, "cause", None) or error, "response", None)
    return isinstance(response, dict) and response.get("Error", {}).get("Code") in THROTTLED


def _detail(error: Exception, status: HTTPStatus) -> str:
    if isinstance(error, ShopError):
        return error.detail
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return "The shop is very busy. Nothing was changed; please try again."
    return "Something went wrong on our side. Nothing was lost; please try again."
