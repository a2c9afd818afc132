"""What travels on the payment queues. Light on purpose: the webhook imports nothing heavier."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

from commerce.payments.port import PaymentClaim, References

UNRESOLVED = "PaymentUnresolved"
#: What reading something that is no message of ours comes to: infinite numbers and endless brackets among it.
_UNREADABLE = (KeyError, TypeError, ValueError, OverflowError, RecursionError)


class UnreadableMessage(ValueError):
    """A queue holds something that is no message of ours; it ends with the dead letters."""


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """Look at an attempt. `check` counts the looks so far; `claim` is what a callback said, if one led here.

    `again` is set where a person had an unresolved payment checked once more: they are told of its end anew.
    """

    order_number: str
    attempt: int
    check: int = 0
    claim: PaymentClaim | None = None
    again: bool = False

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
        body = _named(text, _starts_checks)
        claim = body.get("claim")
        try:
            return cls(
                order_number=str(body["order_number"]),
                attempt=int(body["attempt"]),
                check=int(body.get("check", 0)),
                again=bool(body.get("again")) or body.get("event") == UNRESOLVED,
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
        body = _named(text, _starts_refund)
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


def _named(text: str, wanted: Callable[[str, dict[str, Any]], bool]) -> dict[str, Any]:
    """Return a message's members; of an event on the bus, its facts, where it is one that is wanted here."""
    try:
        body = json.loads(text)
        if "detail-type" not in body:
            return dict(body)
        facts = dict(body["detail"]["data"])
        if not wanted(str(body["detail-type"]), facts):
            raise UnreadableMessage("an event that sets nothing going here")
        return {**facts, "event": body["detail-type"]}
    except _UNREADABLE as error:
        raise UnreadableMessage("no JSON object") from error


def _starts_checks(event: str, facts: dict[str, Any]) -> bool:
    """Tell whether an event sets checks going; PaymentUnresolved does when a person moves it back from the letters."""
    return event in ("OrderPlaced", "PaymentRestarted", UNRESOLVED)


def _starts_refund(event: str, facts: dict[str, Any]) -> bool:
    return isinstance(facts.get("refund"), dict) or facts.get("check_record") is True
