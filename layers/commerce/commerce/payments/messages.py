"""What travels on the payment queues. Light on purpose: the webhook imports nothing heavier."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from commerce.payments.port import PaymentClaim, References

#: What reading something that is no message of ours comes to: infinite numbers and endless brackets among it.
_UNREADABLE = (KeyError, TypeError, ValueError, OverflowError, RecursionError)


class UnreadableMessage(ValueError):
    """A queue holds something that is no message of ours; it ends with the dead letters."""


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """Look at an attempt. `check` counts the looks so far; `claim` is what a callback said, if one led here."""

    order_number: str
    attempt: int
    check: int = 0
    claim: PaymentClaim | None = None

    def to_json(self) -> str:
        """Write the message."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a message, or an event of the bus that sets a check going.

        Raises
        ------
        UnreadableMessage
            When it is neither.
        """
        body = _named(text)
        claim = body.get("claim")
        try:
            return cls(
                order_number=str(body["order_number"]),
                attempt=int(body["attempt"]),
                check=int(body.get("check", 0)),
                claim=PaymentClaim(**{**claim, "references": References(**claim["references"])}) if claim else None,
            )
        except _UNREADABLE as error:
            raise UnreadableMessage("no check message") from error


@dataclass(frozen=True, slots=True)
class RefundMessage:
    """Work on an attempt's refund, or on the provider's record of its payment.

    Parameters
    ----------
    task
        What to do: ``refund``, or ``record`` to ask for the record.
    check
        Counts the tries so far.
    kind, result
        What the provider posted, and to which of the attempt's addresses: ``result``, ``timeout`` or ``record``.
    """

    order_number: str
    attempt: int
    task: str = "refund"
    check: int = 0
    kind: str | None = None
    result: str | None = None

    def to_json(self) -> str:
        """Write the message."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a message, or an event of the bus that sets a refund or a look at the record going.

        Raises
        ------
        UnreadableMessage
            When it is neither.
        """
        body = _named(text)
        try:
            return cls(
                order_number=str(body["order_number"]),
                attempt=int(body["attempt"]),
                task="record" if body.get("check_record") is True else str(body.get("task", "refund")),
                check=int(body.get("check", 0)),
                kind=body.get("kind"),
                result=body.get("result"),
            )
        except _UNREADABLE as error:
            raise UnreadableMessage("no refund message") from error


def _named(text: str) -> dict[str, Any]:
    """Return a message's members; of an event on the bus, its facts."""
    try:
        body = json.loads(text)
        return dict(body["detail"]["data"]) if "detail-type" in body else dict(body)
    except _UNREADABLE as error:
        raise UnreadableMessage("no JSON object") from error
