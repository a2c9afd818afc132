"""What a dead letter is about: a message that failed, an event that waits for a person, a failed run. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from commerce.healing.desk import Letter
from commerce.healing.model import Finding, Kind
from commerce.kernel.clock import to_text
from commerce.kernel.ids import is_order_number
from commerce.payments.messages import CheckMessage, StatementMessage, UnreadableMessage, read_refund_message

#: Which queue the letters of each dead letter queue came from; those of the others are records of a failure.
HOME = {
    "payment": "verify",
    "refund": "refund",
    "notify": "notify",
    "carrier": "carrier",
    "board": "board",
    "security": "security",
}
_CLAIMS = {
    "PaymentClaimDisputed": "A callback claims what the provider or the books contradict.",
    "PaymentConfirmed": "The payment is confirmed, and something about it is in doubt: its receipt, or its amount.",
    "LatePaymentReceived": "Money came late and goes back, and its receipt or amount is in doubt.",
    "DuplicatePaymentReceived": "Money came twice and goes back, and its receipt or amount is in doubt.",
    "PaymentRecordRead": "The provider's own record is not what was asked for.",
    "RefundFoundOutside": "The provider's books show a refund that the shop did not make.",
    "PaymentDisputed": "The buyer's bank asks for the money back. Answer it at the provider; nothing ships meanwhile.",
    "DisputeClosed": "A dispute ended. See at the provider whether the money went with it.",
}
_UNREADABLE = (KeyError, TypeError, ValueError, RecursionError, AttributeError, IndexError)


def about_letter(letter: Letter) -> Finding:
    """Return what a letter tells of."""
    body = _object(letter.body)
    if "detail-type" in body and isinstance(body.get("detail"), Mapping) and letter.queue != "schedule":
        known = _waiting_event(letter, body)
        if known is not None:
            return known
    if letter.queue in ("relay", "archive", "schedule"):
        return _failure(letter, body)
    return _message(letter, body)


def _waiting_event(letter: Letter, body: Mapping[str, Any]) -> Finding | None:
    """Return what an event that waits for a person is about; None for those that only failed to be handled."""
    kind, facts = str(body["detail-type"]), body["detail"].get("data")
    event = str(body["detail"].get("id"))
    if not isinstance(facts, Mapping) or not is_order_number(str(facts.get("order_number"))):
        return None
    number, order = str(facts["order_number"]), f"order/{facts['order_number']}"
    try:
        if letter.queue == "payment" and kind == "PaymentUnresolved":
            return _of_attempt(letter, Kind.UNKNOWN_OUTCOME, "awaited", number, int(facts["attempt"]), "outcome")
        if letter.queue == "payment" and kind in ("PaymentHeldForReview", "PaymentRecordMissing"):
            sign = "awaits_record" if facts.get("check_record") else "decided"
            return _of_attempt(letter, Kind.PAYMENT_UNDER_REVIEW, sign, number, int(facts["attempt"]), "review")
        if letter.queue == "refund" and kind == "RefundFailed":
            refund = int(facts["number"])
            return Finding(
                kind=Kind.FAILED_REFUND,
                sign="failed",
                about=f"{order}/refund/{refund}/failed",
                title="A refund could not be made",
                detail="Money is owed to a buyer. The refund's reason says what to do.",
                order_number=number,
                facts={"refund": refund, "reason": str(facts.get("reason"))},
                **_of_letter(letter, body=False),
            )
    except _UNREADABLE:
        return None
    if letter.queue == "payment" and facts.get("attention") is True:
        return Finding(
            kind=Kind.PAYMENT_UNDER_REVIEW,
            sign="attention",
            about=f"{order}/dispute" if kind == "PaymentDisputed" else f"event/{event}/attention",
            title=_CLAIMS.get(kind, "A person must look at a payment").split(".")[0],
            detail=_CLAIMS.get(kind, "An event of this order asks for a person."),
            order_number=number,
            facts={"event": event, "type": kind},
            **_of_letter(letter, body=False),
        )
    return None


def _of_attempt(letter: Letter, kind: Kind, sign: str, number: str, attempt: int, what: str) -> Finding:
    unknown = kind is Kind.UNKNOWN_OUTCOME
    return Finding(
        kind=kind,
        sign=sign,
        about=f"order/{number}/attempt/{attempt}/{what}",
        title="Nobody knows whether a payment was taken" if unknown else "Money is under review",
        detail="Every check went by without an answer that is final."
        if unknown
        else "It is not what was asked for. Nothing ships before it is cleared up.",
        order_number=number,
        facts={"attempt": attempt, "method": "the provider"},
        **_of_letter(letter, body=False),
    )


def _message(letter: Letter, body: Mapping[str, Any]) -> Finding:
    if letter.queue == "refund":
        statement = _statement(letter.body)
        if statement is not None:
            return Finding(
                kind=Kind.UNMATCHED_MONEY,
                sign="unknown",
                about=f"receipt/{statement.method}/{statement.receipt}",
                title="A provider tells of money that the shop does not know",
                detail="No payment of the shop's has this receipt. Look it up at the provider.",
                facts={"method": statement.method, "receipt": statement.receipt},
                body=StatementMessage(statement.method, statement.receipt, statement.event_id).to_json(),
                **_of_letter(letter, body=False),
            )
    readable = body and _reads(letter)
    return Finding(
        kind=Kind.DEAD_LETTER,
        sign="readable" if readable else "unreadable",
        about=f"letter/{letter.queue}/{_digest(letter.body)}",
        title=f"A message of the queue {HOME[letter.queue]} could not be handled",
        detail="Every delivery failed. The worker's log says why." if readable else "It cannot be read.",
        order_number=_number_in(body),
        **_of_letter(letter),
    )


def _failure(letter: Letter, body: Mapping[str, Any]) -> Finding:
    batch = body.get("DDBStreamBatchInfo")
    if isinstance(batch, Mapping):
        return _of_stream(letter, batch)
    if "detail-type" in body and body.get("source") == "salama":
        return _undelivered(letter, body)
    function = _function(body)
    return Finding(
        kind=Kind.DEAD_LETTER,
        sign="run_failed",
        about=f"letter/{letter.queue}/{function}",
        title=f"{function} did not run",
        detail=f"A scheduled run failed ({letter.why or _condition(body)}). The next one does the same work.",
        facts={"function": function},
        **_of_letter(letter, body=False),
    )


def _of_stream(letter: Letter, batch: Mapping[str, Any]) -> Finding:
    first = str(batch.get("approximateArrivalOfFirstRecord", ""))
    last = str(batch.get("approximateArrivalOfLastRecord", ""))
    size, start = str(batch.get("batchSize", "?")), str(batch.get("startSequenceNumber", ""))
    relayed = letter.queue == "relay"
    known = _is_moment(first) and _is_moment(last)
    return Finding(
        kind=Kind.UNDELIVERED_EVENT if relayed else Kind.BROKEN_AUDIT,
        sign=("archived" if known else "no_range") if relayed else "not_archived",
        about=f"stream/{letter.queue}/{start or _digest(letter.body)}",
        title="Events did not reach the bus" if relayed else "Events were not archived",
        detail=f"{size} events that came to the stream between {first} and {last}, from number {start} on.",
        facts={"first": first, "last": last, "size": size},
        **_of_letter(letter, body=False),
    )


def _undelivered(letter: Letter, body: Mapping[str, Any]) -> Finding:
    """Return what it is that the bus could not hand an event to a queue."""
    target = letter.target or "?"
    if target in HOME.values():
        return Finding(
            kind=Kind.DEAD_LETTER,
            sign="readable",
            about=f"letter/{target}/{_digest(letter.body)}",
            title=f"An event did not reach the queue {target}",
            detail=f"The bus could not deliver it ({letter.why or 'no reason told'}).",
            order_number=_number_in(body),
            **(_of_letter(letter) | {"queue": target}),
        )
    # What was on its way to a person is taken as if it had come.
    for queue in ("payment", "refund"):
        if target == f"{queue}_dead_letters":
            known = _waiting_event(Letter(queue, letter.id, letter.handle, letter.body, letter.received_at), body)
            if known is not None:
                return known
    return Finding(
        kind=Kind.DEAD_LETTER,
        sign="no_target",
        about=f"letter/{letter.queue}/{_digest(letter.body)}",
        title="An event did not reach its target",
        detail=f"The bus could not deliver it to {target} ({letter.why or 'no reason told'}).",
        order_number=_number_in(body),
        **(_of_letter(letter) | {"queue": None}),
    )


def _of_letter(letter: Letter, *, body: bool = True) -> dict[str, Any]:
    known: dict[str, Any] = {
        "letter": letter.id,
        "queue": HOME.get(letter.queue),
        "received_at": to_text(letter.received_at),
    }
    return known | ({"body": letter.body} if body else {})


def _reads(letter: Letter) -> bool:
    """Tell whether the queue's worker could read a message at all; one that nobody can read is sent nowhere."""
    try:
        if letter.queue == "payment":
            CheckMessage.from_json(letter.body)
        elif letter.queue == "refund":
            read_refund_message(letter.body)
    except UnreadableMessage:
        return False
    return True


def _statement(body: str) -> StatementMessage | None:
    try:
        message = read_refund_message(body)
    except UnreadableMessage:
        return None
    return message if isinstance(message, StatementMessage) else None


def _number_in(body: Mapping[str, Any]) -> str | None:
    try:
        facts = body["detail"]["data"] if "detail-type" in body else body
        number = facts["order_number"]
    except _UNREADABLE:
        return None
    return str(number) if is_order_number(str(number)) else None


def _function(body: Mapping[str, Any]) -> str:
    """Return the function that a failure's record names, or the rule that could not call it."""
    try:
        return str(body["requestContext"]["functionArn"]).split(":")[6]
    except _UNREADABLE:
        pass
    try:
        return str(body["resources"][0]).rsplit("/", 1)[1]
    except _UNREADABLE:
        return "A scheduled function"


def _condition(body: Mapping[str, Any]) -> str:
    try:
        return str(body["requestContext"]["condition"])
    except _UNREADABLE:
        return "no reason told"


def _object(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) is not None
    except ValueError:
        return False


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:24]
