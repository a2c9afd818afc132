"""Answers to a request, and the shapes Daraja refuses one in."""

from dataclasses import dataclass
from typing import Any

from sandbox.daraja.identifiers import request_id

Json = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True)
class Answer:
    """What goes back to the caller: a JSON object, bare text, or a connection cut in the middle."""

    status: int
    body: Json | None = None
    text: str = ""
    cut: bool = False


class Refusal(Exception):
    """A request is refused with Daraja's error body `{"requestId","errorCode","errorMessage"}`."""

    def __init__(self, status: int, code: str, message: str, about: str | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message = status, code, message
        self.about = about

    def answer(self) -> Answer:
        """The refusal as an answer; `requestId` may carry the id the request was about."""
        named = {"requestId": self.about or request_id(), "errorCode": self.code, "errorMessage": self.message}
        return Answer(self.status, named)


def invalid(field: str) -> Refusal:
    """400.002.02 naming the field."""
    return Refusal(400, "400.002.02", f"Bad Request - Invalid {field}")


def bad_payload() -> Refusal:
    """400.002.05: the body is not a JSON object."""
    return Refusal(400, "400.002.05", "Invalid Request Payload")


def wrong_credentials() -> Refusal:
    """The Password is not base64(shortcode + passkey + timestamp)."""
    return Refusal(500, "500.001.1001", "Wrong credentials")


def unknown_merchant() -> Refusal:
    """The shortcode belongs to nobody."""
    return Refusal(500, "500.001.1001", "Merchant does not exist")


def dead_token() -> Refusal:
    """The access token is wrong, expired, or killed by a newer one (push, query, reversal, payout)."""
    return Refusal(404, "404.001.03", "Invalid Access Token")


def dead_token_of_status() -> Refusal:
    """The same on Transaction Status, which has a code of its own."""
    return Refusal(400, "400.003.01", "Invalid Access Token")


def busy() -> Refusal:
    """The platform refuses work for a while."""
    return Refusal(500, "500.003.02", "System is busy. Please try again in few minutes.")


UNAVAILABLE = Answer(503, text="Service Unavailable")
"""The gateway's answer while the provider is down."""

SPIKE_ARREST = Answer(
    429,
    {
        "fault": {
            "faultstring": "Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, "
            "periodInMicroseconds=60000000, maxBurstMessageCount=1.0}",
            "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"},
        }
    },
)
"""The gateway's rate limit on STK Query, in its own shape."""

CUT = Answer(200, cut=True)
"""The answer never reaches the caller: the connection breaks."""
