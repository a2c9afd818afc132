"""What travels on the queues is read back whole, and what is no message of ours says so (case 29)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.messages import (
    CheckMessage,
    RefundMessage,
    StatementMessage,
    UnreadableMessage,
    read_refund_message,
)
from commerce.payments.port import PaymentClaim, References

TEXT = st.none() | st.text()


@given(TEXT, TEXT, st.text(), TEXT, st.none() | st.integers(0, 10**9))
def test_check_survives_the_queue(merchant: str, checkout: str, code: str, receipt: str, amount: int) -> None:
    claim = PaymentClaim(References(merchant, checkout), code, receipt, amount)
    message = CheckMessage("ABCDEFGHJK", 2, 3, claim)
    assert CheckMessage.from_json(message.to_json()) == message


@given(st.sampled_from(["refund", "record"]), st.integers(0, 9), TEXT, TEXT)
def test_refund_survives_the_queue(task: str, check: int, kind: str, result: str) -> None:
    message = RefundMessage("ABCDEFGHJK", 1, task=task, check=check, kind=kind, result=result)
    assert read_refund_message(message.to_json()) == message


@given(st.text(), st.text(), st.text(), st.integers(0, 9))
def test_statement_survives_the_queue(method: str, receipt: str, event_id: str, check: int) -> None:
    message = StatementMessage(method, receipt, event_id, check)
    assert read_refund_message(message.to_json()) == message


def test_events_of_the_bus() -> None:
    data = {"order_number": "ABCDEFGHJK", "attempt": 2, "method": "mpesa", "refund": {"number": 3, "attempt": 2}}
    envelope = json.dumps({"detail-type": "PaymentRestarted", "detail": {"id": "x", "data": data}})
    assert CheckMessage.from_json(envelope) == CheckMessage("ABCDEFGHJK", 2)
    assert read_refund_message(envelope) == RefundMessage("ABCDEFGHJK", 3)
    data["check_record"] = True
    envelope = json.dumps({"detail-type": "PaymentConfirmed", "detail": {"data": data}})
    assert read_refund_message(envelope) == RefundMessage("ABCDEFGHJK", 2, task="record")


CLICK = "0b6f8c1e-5f1c-4a53-9d0a-7c1f2a9be001"


def test_a_message_brings_the_click_it_follows_from() -> None:
    for message in (CheckMessage("ABCDEFGHJK", 2, correlation_id=CLICK), CheckMessage("ABCDEFGHJK", 2)):
        assert CheckMessage.from_json(message.to_json()) == message
    for one in (
        RefundMessage("ABCDEFGHJK", 1, correlation_id=CLICK),
        StatementMessage("card", "ch_1", "evt_1", correlation_id=CLICK),
    ):
        assert read_refund_message(one.to_json()) == one


@pytest.mark.parametrize("facts", [{"refund": {"number": 3}}, {"check_record": True}])
def test_an_event_brings_the_click_it_follows_from(facts: dict[str, Any]) -> None:
    data = {"order_number": "ABCDEFGHJK", "attempt": 2, **facts}
    envelope = json.dumps({"detail-type": "PaymentRestarted", "detail": {"correlation_id": CLICK, "data": data}})
    assert CheckMessage.from_json(envelope).correlation_id == CLICK
    assert read_refund_message(envelope).correlation_id == CLICK


@pytest.mark.parametrize("correlation_id", [None, 5, ["x"], {}])
def test_messages_of_an_earlier_version_are_read(correlation_id: Any) -> None:
    """What is in flight while a new version is deployed names no click; what is no text is none either."""
    body: dict[str, Any] = {"order_number": "ABCDEFGHJK", "attempt": 2, "number": 2}
    for text in (json.dumps(body), json.dumps({**body, "correlation_id": correlation_id})):
        assert CheckMessage.from_json(text).correlation_id is None
        assert read_refund_message(text).correlation_id is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "5",
        '"text"',
        "[]",
        "[1]",
        "{}",
        '{"order_number": "A"}',
        '{"order_number": "A", "attempt": null}',
        '{"order_number": "A", "attempt": "one"}',
        '{"order_number": "A", "attempt": Infinity}',
        '{"order_number": "A", "attempt": NaN}',
        '{"order_number": "A", "attempt": 1, "check": []}',
        '{"order_number": "A", "number": "one"}',
        '{"order_number": "A", "number": NaN}',
        '{"receipt": "A", "method": "card"}',
        '{"detail-type": "OrderPlaced"}',
        '{"detail-type": "OrderPlaced", "detail": {"data": null}}',
        '{"detail-type": "OrderPlaced", "detail": "text"}',
        "[" * 100_000,
        "\ud800",
    ],
)
def test_poison(text: str) -> None:
    for read in (CheckMessage.from_json, read_refund_message):
        with pytest.raises(UnreadableMessage):
            read(text)


@pytest.mark.parametrize("claim", ["text", 5, [], {"code": "0"}, {"references": 5, "code": "0"}, {"references": {}}])
def test_poisoned_claim(claim: object) -> None:
    text = json.dumps({"order_number": "A", "attempt": 1, "claim": claim or [0]})
    with pytest.raises(UnreadableMessage):
        CheckMessage.from_json(text)


@pytest.mark.parametrize(
    ("read", "event", "data"),
    [
        (CheckMessage.from_json, "PaymentHeldForReview", {}),
        (read_refund_message, "RefundFailed", {"amount": 1}),
        (read_refund_message, "PaymentRecordMissing", {"receipt": "R"}),
    ],
)
def test_a_letter_that_sets_nothing_going_is_not_swallowed(read: Any, event: str, data: dict[str, Any]) -> None:
    letter = {"detail-type": event, "detail": {"data": {"order_number": "ABCDEFGHJK", "attempt": 1, **data}}}
    with pytest.raises(UnreadableMessage):
        read(json.dumps(letter))
