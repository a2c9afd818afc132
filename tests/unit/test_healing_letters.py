"""What each dead letter is taken for, and that nothing that lies in a queue can stop the taking."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.healing.desk import Letter
from commerce.healing.letters import HOME, about_letter
from commerce.healing.model import Action, Kind
from commerce.healing.rules import ALLOWED, RULES, rule_for
from commerce.payments.messages import CheckMessage, RefundMessage, StatementMessage

NUMBER = "7K2M9QX4TD"
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
QUEUES = (*HOME, "relay", "archive", "schedule")


def lay(queue: str, body: Any, **more: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return about_letter(Letter(queue, "m-1", "h-1", text, AT, **more))


def event(kind: str, **data: Any) -> dict[str, Any]:
    detail = {"id": f"order/{NUMBER}/00000003", "type": kind, "data": {"order_number": NUMBER, **data}}
    return {"source": "salama", "detail-type": kind, "detail": detail}


@pytest.mark.parametrize(
    ("queue", "body", "kind", "sign", "about"),
    [
        ("payment", event("PaymentUnresolved", attempt=1), "unknown_outcome", "awaited", "attempt/1/outcome"),
        (
            "payment", event("PaymentHeldForReview", attempt=1, check_record=True),
            "payment_under_review", "awaits_record", "attempt/1/review",
        ),
        ("payment", event("PaymentRecordMissing", attempt=2), "payment_under_review", "decided", "attempt/2/review"),
        ("payment", event("PaymentDisputed", attention=True), "payment_under_review", "attention", "dispute"),
        ("refund", event("RefundFailed", number=2, reason="no_float"), "failed_refund", "failed", "refund/2/failed"),
    ],
)  # fmt: skip
def test_what_waits_for_a_person_is_of_its_kind(queue: str, body: Any, kind: str, sign: str, about: str) -> None:
    found = lay(queue, body)
    assert (found.kind, found.sign, found.about) == (kind, sign, f"order/{NUMBER}/{about}")
    assert found.order_number == NUMBER
    assert found.body is None, "the event is kept for good elsewhere"


def test_messages_go_back_where_they_came_from() -> None:
    for queue, body in (
        ("payment", CheckMessage(NUMBER, 1).to_json()),
        ("payment", event("OrderPlaced", attempt=1)),
        ("refund", RefundMessage(NUMBER, 1).to_json()),
        ("notify", event("OrderPlaced", attempt=1)),
        ("carrier", {"order_number": NUMBER}),
        ("board", event("OrderPlaced", attempt=1)),
    ):
        found = lay(queue, body)
        assert (found.kind, found.sign, found.queue) == (Kind.DEAD_LETTER, "readable", HOME[queue])
        assert rule_for(found.kind, found.sign) is Action.REQUEUE
        assert found.order_number == NUMBER


def test_the_same_message_is_the_same_case_and_another_is_another() -> None:
    one, same = (lay("payment", CheckMessage(NUMBER, 1).to_json()) for _ in range(2))
    other = lay("payment", CheckMessage(NUMBER, 2).to_json())
    assert one.case_id == same.case_id != other.case_id


def test_money_that_nobody_knows_is_looked_for_from_the_start() -> None:
    found = lay("refund", StatementMessage("card", "ch_1", "evt_1", check=5).to_json())
    assert (found.kind, found.about) == (Kind.UNMATCHED_MONEY, "receipt/card/ch_1")
    assert json.loads(found.body)["check"] == 0
    assert rule_for(found.kind, found.sign) is Action.HAND_OVER


@pytest.mark.parametrize(("queue", "kind"), [("relay", Kind.UNDELIVERED_EVENT), ("archive", Kind.BROKEN_AUDIT)])
def test_what_a_stream_gave_up_names_its_range(queue: str, kind: Kind) -> None:
    batch = {
        "approximateArrivalOfFirstRecord": "2026-11-22T09:00:00Z",
        "approximateArrivalOfLastRecord": "2026-11-22T09:00:05Z",
        "batchSize": 7,
        "startSequenceNumber": "100",
    }
    found = lay(queue, {"DDBStreamBatchInfo": batch})
    assert (found.kind, found.about) == (kind, f"stream/{queue}/100")
    assert "7 events" in found.detail
    without = lay(queue, {"DDBStreamBatchInfo": {}})
    assert rule_for(without.kind, without.sign) is Action.HAND_OVER


def test_what_was_on_its_way_to_a_person_is_taken_as_if_it_had_come() -> None:
    body = event("RefundFailed", number=1)
    assert lay("schedule", body, target="refund_dead_letters").about == f"order/{NUMBER}/refund/1/failed"
    assert lay("schedule", body, target="board").queue == "board"
    assert lay("schedule", body, target="elsewhere").sign == "no_target"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["detail-type", "detail", "data", "order_number", "attempt", "number", "refund", "attention", "source",
             "receipt", "method", "event_id", "DDBStreamBatchInfo", "requestContext", "functionArn", "resources", "id"]
        ) | st.text(max_size=4),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(QUEUES), st.one_of(st.text(max_size=60), ANYTHING.map(json.dumps)))
def test_no_body_stops_the_taking(queue: str, body: str) -> None:
    found = lay(queue, body)
    assert found.case_id
    assert found.letter == "m-1"


def test_no_rule_asks_for_what_is_not_allowed() -> None:
    assert set(ALLOWED) == set(Kind)
    for (kind, _), action in RULES.items():
        assert action in ALLOWED[kind]
