"""What travels on the queues is read back whole, and what is no message of ours says so (case 29)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.messages import CheckMessage, RefundMessage, UnreadableMessage
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
    assert RefundMessage.from_json(message.to_json()) == message


def test_events_of_the_bus() -> None:
    data = {"order_number": "ABCDEFGHJK", "attempt": 2, "method": "mpesa", "refund": {"attempt": 2, "amount": 1}}
    envelope = json.dumps({"detail-type": "PaymentRestarted", "detail": {"id": "x", "data": data}})
    assert CheckMessage.from_json(envelope) == CheckMessage("ABCDEFGHJK", 2)
    assert RefundMessage.from_json(envelope) == RefundMessage("ABCDEFGHJK", 2)
    data["check_record"] = True
    envelope = json.dumps({"detail-type": "PaymentConfirmed", "detail": {"data": data}})
    assert RefundMessage.from_json(envelope).task == "record"


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
        '{"detail-type": "OrderPlaced"}',
        '{"detail-type": "OrderPlaced", "detail": {"data": null}}',
        '{"detail-type": "OrderPlaced", "detail": "text"}',
        "[" * 100_000,
        "\ud800",
    ],
)
def test_poison(text: str) -> None:
    for kind in (CheckMessage, RefundMessage):
        with pytest.raises(UnreadableMessage):
            kind.from_json(text)


@pytest.mark.parametrize("claim", ["text", 5, [], {"code": "0"}, {"references": 5, "code": "0"}, {"references": {}}])
def test_poisoned_claim(claim: object) -> None:
    text = json.dumps({"order_number": "A", "attempt": 1, "claim": claim or [0]})
    with pytest.raises(UnreadableMessage):
        CheckMessage.from_json(text)


@pytest.mark.parametrize(
    ("kind", "event", "data"),
    [
        (CheckMessage, "PaymentHeldForReview", {}),
        (RefundMessage, "RefundFailed", {"amount": 1}),
        (RefundMessage, "PaymentRecordMissing", {"receipt": "R"}),
    ],
)
def test_a_letter_that_sets_nothing_going_is_not_swallowed(kind: Any, event: str, data: dict[str, Any]) -> None:
    letter = {"detail-type": event, "detail": {"data": {"order_number": "ABCDEFGHJK", "attempt": 1, **data}}}
    with pytest.raises(UnreadableMessage):
        kind.from_json(json.dumps(letter))
