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
    `event_id` names the provider's own event that led here, where it has one: it is handled once.
    `correlation_id` is that of the click that all began with, where it is known.
    """

    order_number: str
    attempt: int
    check: int = 0
    claim: PaymentClaim | None = None
    again: bool = False
    event_id: str | None = None
    correlation_id: str | None = None

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
                event_id=body.get("event_id"),
                correlation_id=_correlation(body),
                claim=PaymentClaim(**{**claim, "references": References(**claim["references"])}) if claim else None,
            )
        except _UNREADABLE as error:
            raise UnreadableMessage("no check message") from error


@dataclass(frozen=True, slots=True)
class RefundMessage:
    """Work on a refund, or on the provider's record of a payment.

    Parameters
    ----------
    number
        The refund's number; for the task ``record`` the attempt's.
    task
        What to do: ``refund``, or ``record`` to ask for the record.
    check
        Counts the tries so far.
    kind, result
        What the provider posted, and to which of the addresses: ``result``, ``timeout`` or ``record``.
    correlation_id
        As of `CheckMessage`.
    """

    order_number: str
    number: int
    task: str = "refund"
    check: int = 0
    kind: str | None = None
    result: str | None = None
    correlation_id: str | None = None

    def to_json(self) -> str:
        """Write the message."""
        return json.dumps(asdict(self), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class StatementMessage:
    """A provider says that something became of captured money: a refund, a dispute. Its books are read anew.

    Parameters
    ----------
    receipt
        The provider's receipt of the payment.
    event_id
        Names the provider's event, which is handled once.
    check
        Counts the tries so far.
    correlation_id
        As of `CheckMessage`.
    """

    method: str
    receipt: str
    event_id: str
    check: int = 0
    correlation_id: str | None = None

    def to_json(self) -> str:
        """Write the message."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_refund_message(text: str) -> RefundMessage | StatementMessage:
    """Read what the refund queue holds: a message, or an event of the bus that sets one going.

    Raises
    ------
    UnreadableMessage
        When it is neither.
    """
    body = _named(text, _starts_refund)
    try:
        if "receipt" in body and "method" in body and "event" not in body:
            return StatementMessage(
                str(body["method"]),
                str(body["receipt"]),
                str(body["event_id"]),
                int(body.get("check", 0)),
                _correlation(body),
            )
        if body.get("check_record") is True:
            return RefundMessage(
                str(body["order_number"]), int(body["attempt"]), "record", correlation_id=_correlation(body)
            )
        if "event" in body:
            body = {
                "number": body["refund"]["number"],
                "order_number": body["order_number"],
                "correlation_id": _correlation(body),
            }
        return RefundMessage(
            order_number=str(body["order_number"]),
            number=int(body["number"]),
            task=str(body.get("task", "refund")),
            check=int(body.get("check", 0)),
            kind=body.get("kind"),
            result=body.get("result"),
            correlation_id=_correlation(body),
        )
    except _UNREADABLE as error:
        raise UnreadableMessage("no refund message") from error


def _correlation(body: dict[str, Any]) -> str | None:
    """Return a message's correlation id; None too for messages of an earlier version, which have none."""
    found = body.get("correlation_id")
    return found if isinstance(found, str) else None


def _named(text: str, wanted: Callable[[str, dict[str, Any]], bool]) -> dict[str, Any]:
    """Return a message's members; of an event on the bus, its facts, where it is one that is wanted here."""
    try:
        body = json.loads(text)
        if "detail-type" not in body:
            return dict(body)
        facts = dict(body["detail"]["data"])
        if not wanted(str(body["detail-type"]), facts):
            raise UnreadableMessage("an event that sets nothing going here")
        return {**facts, "event": body["detail-type"], "correlation_id": body["detail"].get("correlation_id")}
    except _UNREADABLE as error:
        raise UnreadableMessage("no JSON object") from error


def _starts_checks(event: str, facts: dict[str, Any]) -> bool:
    """Tell whether an event sets checks going; PaymentUnresolved does when a person moves it back from the letters."""
    return event in ("OrderPlaced", "PaymentRestarted", UNRESOLVED)


def _starts_refund(event: str, facts: dict[str, Any]) -> bool:
    return isinstance(facts.get("refund"), dict) or facts.get("check_record") is True
