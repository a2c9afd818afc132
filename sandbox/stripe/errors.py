"""How Stripe refuses: an HTTP status and `{"error": {"type", "code", "message", …}}`."""

from typing import Any

Json = dict[str, Any]
"""A JSON object."""


class StripeRefusal(Exception):
    """A request is refused.

    Args:
        status: the HTTP status.
        kind: `type` of the error: invalid_request_error, card_error, idempotency_error, api_error.
        message: for people.
        more: other members of the error: code, param, decline_code, charge, payment_intent, payment_method.
    """

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message
        self.more = {name: value for name, value in more.items() if value is not None}

    def error(self) -> Json:
        """The error object itself, as in `last_payment_error`."""
        code = self.more.get("code")
        link = {"doc_url": f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}"} if code else {}
        return {**self.more, **link, "message": self.message, "type": self.kind}


class Invalid(StripeRefusal):
    """The parameters are wrong: refused before anything began, so an Idempotency-Key stays free."""

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(400, "invalid_request_error", message, code=code, param=param)


def bad_request(message: str, code: str | None = None, param: str | None = None, **more: Any) -> StripeRefusal:
    """400: the request is understood, and what it asks is not possible now."""
    return StripeRefusal(400, "invalid_request_error", message, code=code, param=param, **more)


def missing(kind: str, wanted: str, param: str = "id") -> StripeRefusal:
    """404 resource_missing."""
    return StripeRefusal(
        404, "invalid_request_error", f"No such {kind}: '{wanted}'", code="resource_missing", param=param
    )


def unauthorized(message: str, code: str | None = None) -> StripeRefusal:
    """401: no key, or a wrong one."""
    return StripeRefusal(401, "invalid_request_error", message, code=code)


def unknown_url(method: str, path: str) -> StripeRefusal:
    """404: there is no such endpoint, or the sandbox does not simulate it."""
    return StripeRefusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def too_many() -> StripeRefusal:
    """429."""
    return StripeRefusal(
        429,
        "invalid_request_error",
        "Request rate limit exceeded. Requests can be retried with exponential back-off.",
        code="rate_limit",
    )


def broken() -> StripeRefusal:
    """500: something went wrong at Stripe's end; whether the work was done is not known."""
    return StripeRefusal(500, "api_error", "An unknown error occurred. The request may be retried with the same key.")


def unavailable() -> StripeRefusal:
    """503: the API is down."""
    return StripeRefusal(503, "api_error", "The service is unavailable.")
