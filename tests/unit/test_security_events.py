"""Telling a security event: it never fails what it tells of, a flood is counted, and nothing private is in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.fulfilment.signatures import BadSignature
from commerce.identity.second_factor import SecondFactorWrong
from commerce.kernel.context import correlated
from commerce.kernel.errors import (
    CommitBusy,
    Conflict,
    InvalidRequest,
    KeyReused,
    LookupMissed,
    NotFound,
    NotPermitted,
    NotSignedIn,
    TooManyRequests,
    Unavailable,
)
from commerce.runtime import security
from commerce.runtime.problems import (
    BadHeader,
    BodyTooLarge,
    CallbackForged,
    Invalid,
    SignatureRefused,
    SourceRefused,
    UnreadableBody,
    problem,
    security_kind,
)
from commerce.runtime.refusals import tell_refusal
from commerce.runtime.security import ALWAYS, MOST_TOLD, WINDOW_SECONDS, SecurityKind, tell
from commerce.security.model import SecurityFact

EVENT: dict[str, Any] = {
    "routeKey": "POST /hooks/stk/{token}",
    "rawPath": "/hooks/stk/00000000000000000000015f5f5f",
    "pathParameters": {"token": "00000000000000000000015f5f5f"},
    "rawQueryString": "email=wanjiku%40example.com",
    "headers": {"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
    "requestContext": {"http": {"sourceIp": "203.0.113.9", "path": "/hooks/stk/5f5f"}, "requestId": "UkXv9hQ1CJgEJxw="},
    "body": '{"phone":"254712345678"}',
}


class Queue:
    """Takes messages, or fails to."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []
        self.fails: Exception | None = None

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        if self.fails is not None:
            raise self.fails
        SecurityFact.model_validate_json(MessageBody)
        self.facts.append(json.loads(MessageBody))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    made = Queue()
    monkeypatch.setenv("SECURITY_QUEUE_URL", "http://127.0.0.1:9/security")
    monkeypatch.setattr(security, "client", lambda _: made)
    security._told.clear()
    yield made
    security._told.clear()


def test_what_is_told_of_a_request(queue: Queue) -> None:
    with correlated("6f1c0f0e"):
        tell(SecurityKind.TOKEN_REFUSED, "expired", EVENT, who="staff-1", subject="order/7K2M9QX4TD")
    [fact] = queue.facts
    assert fact.pop("at") > 1_700_000_000
    assert fact == {
        "kind": "token_refused",
        "detail": "expired",
        "who": "staff-1",
        "subject": "order/7K2M9QX4TD",
        "correlation_id": "6f1c0f0e",
        "route": "POST /hooks/stk/{token}",
        "source": "203.0.113.9",
        "request": "UkXv9hQ1CJgEJxw=",
    }


@pytest.mark.parametrize("event", [None, {}, {"requestContext": None}, {"requestContext": {"http": None}}])
def test_a_request_that_says_nothing_of_itself(queue: Queue, event: dict[str, Any] | None) -> None:
    tell(SecurityKind.TOKEN_REFUSED, "expired", event)
    assert queue.facts[0].keys() == {"kind", "at", "detail"}


def test_telling_never_fails_what_it_tells_of(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    queue.fails = RuntimeError("no queue")
    with caplog.at_level(logging.INFO):
        tell(SecurityKind.CALLBACK_FORGED, "a token that is not ours", EVENT)
        tell(SecurityKind.CALLBACK_FORGED, "odd", {"requestContext": "text"})
    assert "a token that is not ours" in caplog.text, "it is on the log all the same"
    assert "could not be queued" in caplog.text


def test_without_a_queue_it_is_on_the_log(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("SECURITY_QUEUE_URL")
    with caplog.at_level(logging.INFO):
        tell(SecurityKind.CALLBACK_UNREADABLE, "no JSON", EVENT, body="254712345678")
    assert queue.facts == []
    assert "no JSON" in caplog.text
    assert "254712345678" not in caplog.text, "the body is not for the log"


def test_a_flood_is_counted_and_told_of_with_the_next(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("commerce.runtime.security.time.monotonic", lambda: now)
    for _ in range(MOST_TOLD + 300):
        tell(SecurityKind.LIMIT_REACHED, "too often")
    assert len(queue.facts) == MOST_TOLD
    tell(SecurityKind.TOKEN_REFUSED, "expired")
    assert queue.facts[-1]["kind"] == "token_refused", "one kind leaves room for the others"
    now += WINDOW_SECONDS + 0.1
    tell(SecurityKind.LIMIT_REACHED, "too often")
    tell(SecurityKind.LIMIT_REACHED, "too often")
    assert [fact.get("suppressed") for fact in queue.facts[-2:]] == [300, None]


@pytest.mark.parametrize("kind", sorted(ALWAYS))
def test_what_strangers_cannot_cause_is_always_told(queue: Queue, kind: SecurityKind) -> None:
    for _ in range(3 * MOST_TOLD):
        tell(kind, "told")
    assert len(queue.facts) == 3 * MOST_TOLD


@given(detail=st.text(), who=st.none() | st.text(), body=st.none() | st.text(), route=st.text(), source=st.text())
def test_whatever_is_told_can_be_kept(detail: str, who: str | None, body: str | None, route: str, source: str) -> None:
    """The queue's own check is the worker's model: a stranger's text must not become a dead letter."""
    queue = Queue()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECURITY_QUEUE_URL", "http://127.0.0.1:9/security")
        patch.setattr(security, "client", lambda _: queue)
        tell(
            SecurityKind.CALLBACK_UNREADABLE,
            detail * 40,
            {"routeKey": route * 40, "requestContext": {"http": {"sourceIp": source}, "requestId": 7}},
            who=who,
            body=None if body is None else body * 40,
        )
    assert len(queue.facts) == 1


def test_a_long_body_is_cut_and_its_digest_is_of_all_of_it(queue: Queue) -> None:
    tell(SecurityKind.CALLBACK_UNREADABLE, "no JSON", body="🙂" * 200_000)
    [fact] = queue.facts
    assert len(fact["body"]) == 16 * 1024
    assert len(json.dumps(fact)) < 256 * 1024, "SQS takes no more"


REFUSALS: list[tuple[Exception, SecurityKind | None]] = [
    (NotSignedIn("Please sign in."), SecurityKind.TOKEN_REFUSED),
    (NotPermitted("Your roles do not allow this."), SecurityKind.PERMISSION_REFUSED),
    (SecondFactorWrong("Wrong."), SecurityKind.SECOND_FACTOR_REFUSED),
    (TooManyRequests("Too many.", retry_after=7), SecurityKind.LIMIT_REACHED),
    (BodyTooLarge("Too large."), SecurityKind.BODY_TOO_LARGE),
    (UnreadableBody("No JSON."), SecurityKind.REQUEST_MALFORMED),
    (Invalid([{"field": "items.0.sku", "message": "?"}]), SecurityKind.REQUEST_INVALID),
    (InvalidRequest("No such zone.", field="zone"), SecurityKind.REQUEST_INVALID),
    (BadHeader("Send a key.", field="Idempotency-Key"), SecurityKind.REQUEST_INVALID),
    (KeyReused("Used before."), SecurityKind.KEY_REUSED),
    (LookupMissed("No order."), SecurityKind.LOOKUP_MISSED),
    (BadSignature("no signature fits"), SecurityKind.SIGNATURE_REFUSED),
    (SignatureRefused("no signature"), SecurityKind.SIGNATURE_REFUSED),
    (CallbackForged("a token that is not ours"), SecurityKind.CALLBACK_FORGED),
    (SourceRefused("From elsewhere."), SecurityKind.CALLBACK_SOURCE),
    (NotFound("There is no such product."), None),
    (Conflict("Out of stock."), None),
    (Unavailable("Later.", retry_after=1), None),
    (CommitBusy(), None),
    (RuntimeError("a fault of ours"), None),
]


@pytest.mark.parametrize(("error", "kind"), REFUSALS, ids=lambda one: type(one).__name__)
def test_which_refusals_are_told(queue: Queue, error: Exception, kind: SecurityKind | None) -> None:
    assert security_kind(error) is kind
    tell_refusal(error, EVENT)
    assert [fact["kind"] for fact in queue.facts] == ([kind.value] if kind else [])


def test_a_missed_lookup_looks_like_any_other_miss() -> None:
    assert problem(LookupMissed("x")) == problem(NotFound("x"))


def test_reasons_are_for_the_record_alone(queue: Queue) -> None:
    for error in (BadSignature("no signature fits"), NotSignedIn("Please sign in.", reason="alg none")):
        tell_refusal(error, EVENT)
        assert str(error.reason) in queue.facts[-1]["detail"]
        assert str(error.reason) not in json.dumps(problem(error))


def test_nothing_that_was_sent_is_told(queue: Queue) -> None:
    """Members are a stranger's own words where they are none of ours, and so is what a refusal's sentence quotes."""
    for error in (
        Invalid([{"field": name, "message": "extra"} for name in ("254712345678", "wanjiku@example.com", "+254 712")]),
        InvalidRequest("+254712345678 is no number of M-Pesa's.", field="payment.phone"),
        NotSignedIn("Bearer eyJhbGciOiJub25lIn0.e30. is no token", reason="alg none"),
        Invalid([{"field": "x" * 5000, "message": "extra"}] * 500),
    ):
        tell_refusal(error, EVENT)
    text = json.dumps(queue.facts)
    for private in ("7123", "712", "wanjiku", "eyJ", "5f5f", "hooks/stk/0", "email", "xxxxx"):
        assert private not in text
    assert "payment.phone" in text, "the shop's own members are named"
    assert len(text) < 2000
