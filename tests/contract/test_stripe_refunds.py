"""Money goes back once: whatever was answered, lost, replayed, or done at Stripe by hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.port import (
    DisputeEntry,
    References,
    RefundAccepted,
    RefundDone,
    RefundEntry,
    RefundImpossible,
    RefundUnknown,
    Statement,
)
from commerce.payments.providers.stripe.provider import MOST_PAGES
from commerce.payments.providers.stripe.refunds import FAILURES, REFUND_IMPOSSIBLE
from commerce.payments.reasons import REFUND_REASONS
from tests.contract.stripe.doubles import (
    CHARGE,
    INTENT,
    Body,
    Reply,
    Wire,
    charge,
    failure,
    form,
    kes,
    ok,
    page,
    provider_over,
    refund,
    refund_request,
    sample,
    spoiled,
)

LOST = httpx.ReadTimeout("too slow")
ELSEWHERE: dict[str, str] = {}
#: A refund that failed speaks of itself, so that it is not taken for the refusal of a repeat.
THIS = frozenset({"re_1"})
#: One that was never made speaks of its reference, so that a person's next try has a new one.
OURS = frozenset({"7K3M9QXW2A-R1"})


def give_back(*replies: Reply, **changes: Any) -> tuple[Any, Wire]:
    wire = Wire(*replies)
    return provider_over(wire).refund(refund_request(**changes)), wire


STATES = [
    (refund(status="succeeded"), RefundDone("re_1")),
    (refund(status="pending"), RefundAccepted("re_1")),
    (refund(status="pending", pending_reason="insufficient_funds"), RefundAccepted("re_1")),
    (refund(status="requires_action"), RefundAccepted("re_1")),
    (refund(status="a new state"), RefundAccepted("re_1")),
    ({**refund(), "status": None}, RefundAccepted("re_1")),
    (refund(status="canceled"), RefundImpossible("canceled", "cancelled", THIS)),
    (refund(status="failed"), RefundImpossible("failed", "refund_failed", THIS)),
    (
        refund(status="failed", failure_reason="expired_or_canceled_card"),
        RefundImpossible("expired_or_canceled_card", "recipient_invalid", THIS),
    ),
    (
        refund(status="failed", failure_reason="charge_for_pending_refund_disputed"),
        RefundImpossible("charge_for_pending_refund_disputed", "disputed", THIS),
    ),
    (refund(amount=None), RefundAccepted("re_1")),
    (refund(currency=None), RefundAccepted("re_1")),
    (refund(status="failed", amount=None), RefundAccepted("re_1")),
    (refund(id=None), RefundUnknown("a refund without an id")),
    (refund(amount=1), RefundUnknown("the refund found is another one")),
    (refund(currency="usd"), RefundUnknown("the refund found is another one")),
    (refund(metadata={"reference": "7K3M9QXW2A-R2"}), RefundUnknown("the refund found is another one")),
]


@pytest.mark.parametrize(("body", "outcome"), STATES)
def test_what_a_refund_is(body: Body, outcome: Any) -> None:
    made, wire = give_back(ok(page()), ok(body))
    assert made == outcome
    assert wire.asked == ["GET /refunds", "POST /refunds"]
    assert wire.keys() == ["7K3M9QXW2A-R1"]
    asked_for, wire = give_back(ok(body), sent_as="re_1")
    assert asked_for == outcome
    assert wire.asked == ["GET /refunds/re_1"], "a repeat asks; making it again would only say 'pending' again"


def test_an_answer_about_another_refund_says_nothing_of_this_one() -> None:
    outcome, _ = give_back(ok(refund("re_2", metadata={})), sent_as="re_1")
    assert outcome == RefundUnknown("the refund found is another one")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (
            failure(400, "invalid_request_error", "charge_disputed"),
            RefundImpossible("charge_disputed", "disputed", OURS),
        ),
        (
            failure(400, "invalid_request_error", "balance_insufficient"),
            RefundImpossible("balance_insufficient", "no_float", OURS),
        ),
        (
            failure(404, "invalid_request_error", "resource_missing"),
            RefundImpossible("resource_missing", "receipt_invalid", OURS),
        ),
        (
            failure(400, "invalid_request_error", param="amount"),
            RefundImpossible("invalid_request_error", "amount_invalid", OURS),
        ),
        (failure(400, "invalid_request_error", "odd"), RefundImpossible("odd", "shop_misconfigured", OURS)),
        (failure(400, "an_error_of_next_year"), RefundUnknown("HTTP 400 an_error_of_next_year")),
        (failure(400, "idempotency_error"), RefundUnknown("HTTP 400 idempotency_error")),
        (failure(401, "invalid_request_error"), RefundUnknown("HTTP 401 invalid_request_error")),
        (failure(403, "invalid_request_error"), RefundUnknown("HTTP 403 invalid_request_error")),
        (failure(409, "idempotency_error", "idempotency_key_in_use"), RefundUnknown("HTTP 409 idempotency_key_in_use")),
        (failure(429, "invalid_request_error", "lock_timeout"), RefundUnknown("HTTP 429 lock_timeout")),
        (failure(500, "api_error"), RefundUnknown("HTTP 500 api_error")),
        (httpx.Response(400, html="<html>"), RefundUnknown("HTTP 400")),
        (httpx.Response(200, json=[]), RefundUnknown("unreadable answer")),
        (LOST, RefundUnknown("ReadTimeout")),
        (httpx.ConnectError("refused"), RefundUnknown("ConnectError")),
    ],
)
def test_a_refund_that_was_not_made(reply: Reply, outcome: Any) -> None:
    made, _ = give_back(ok(page()), reply, reply)
    assert made == outcome


@pytest.mark.parametrize(
    "changes",
    [{"amount": kes(0)}, {"amount": kes(-5)}, {"amount": kes(1201)}, {"payment": References(), "receipt": None}],
)
def test_what_cannot_be_is_not_sent(changes: Any) -> None:
    outcome, wire = give_back(**changes)
    assert isinstance(outcome, RefundImpossible)
    assert wire.calls == []


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (refund("re_7", "succeeded"), RefundDone("re_7")),
        (refund("re_7", "pending"), RefundAccepted("re_7")),
        (refund("re_7", "failed"), RefundImpossible("failed", "refund_failed", frozenset({"re_7"}))),
    ],
)
def test_a_refund_made_before_is_found_and_not_made_again(found: Body, outcome: Any) -> None:
    """Stripe forgets keys after a day; its books it keeps. One that failed gets a new reference from a person."""
    others = [refund(f"re_{number}", metadata={"reference": f"7K3M9QXW2A-R{number}"}) for number in range(2, 5)]
    made, wire = give_back(ok(page(*others, more=True)), ok(page(found)))
    assert made == outcome
    assert wire.asked == ["GET /refunds", "GET /refunds"]
    assert form(wire.calls[1])["starting_after"] == "re_4"


@pytest.mark.parametrize(
    "reply",
    [
        LOST,
        failure(500, "api_error"),
        ok({}),
        ok({"data": "x"}),
        ok({"data": [1]}),
        ok(page(more=True)),
        ok(page(refund(id=None, metadata={}), more=True)),
        # What does not say whose it is may be the very one that is about to be made again.
        ok(page({name: value for name, value in refund().items() if name != "metadata"})),
        ok(page(refund(metadata=[]))),
        ok(page(refund(metadata={"reference": 7}))),
        ok(page(refund(metadata={"reference": " "}))),
    ],
)
def test_without_the_books_nothing_is_given_back(reply: Reply) -> None:
    made, wire = give_back(reply, reply)
    assert isinstance(made, RefundUnknown)
    assert not wire.keys()


def test_endless_books_are_left_to_a_person() -> None:
    many = [ok(page(refund("re_x", metadata={}), more=True)) for _ in range(MOST_PAGES)]
    made, wire = give_back(*many)
    assert made == RefundUnknown("the refunds so far cannot be read")
    assert len(wire.calls) == MOST_PAGES


ALREADY = failure(400, "invalid_request_error", "charge_already_refunded")


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ([refund("re_5")], RefundDone("re_5")),
        ([refund("re_5", metadata=ELSEWHERE)], RefundDone("re_5")),
        ([refund("re_5", metadata=ELSEWHERE), refund("re_6", amount=1, metadata=ELSEWHERE)], RefundDone("re_5")),
        ([], None),
        ([refund("re_5", metadata={"reference": "7K3M9QXW2A-R2"})], None),
        ([refund("re_5", amount=60_000, metadata=ELSEWHERE), refund("re_6", amount=60_000, metadata=ELSEWHERE)], None),
        ([refund("re_5", metadata=ELSEWHERE), refund("re_6", metadata=ELSEWHERE)], None),
        ([refund("re_5", "pending", metadata=ELSEWHERE)], None),
        ([refund("re_5", "failed", metadata=ELSEWHERE)], None),
        ([refund("re_5", "pending")], RefundAccepted("re_5")),
    ],
)
def test_a_payment_that_was_given_back_already(found: list[Body], outcome: Any) -> None:
    """Ours, or the one that somebody made by hand for this very amount; else a person compares the books."""
    made, wire = give_back(ok(page()), ALREADY, ok(page(*found)))
    assert made == (outcome or RefundImpossible("charge_already_refunded", "already_refunded", OURS))
    assert wire.asked == ["GET /refunds", "POST /refunds", "GET /refunds"]
    lost, _ = give_back(ok(page()), ALREADY, LOST)
    assert isinstance(lost, RefundUnknown)


@given(st.sampled_from([body for body, _ in STATES]).flatmap(spoiled))
def test_a_spoiled_refund_never_raises_and_never_passes_for_another(body: Any) -> None:
    for replies, changes in (([ok(body)], {"sent_as": "re_1"}), ([ok(page()), ok(body)], {})):
        outcome, _ = give_back(*replies, **changes)
        if isinstance(outcome, RefundDone):
            assert body["status"] == "succeeded"
            assert body.get("amount") in (None, 120_000)
    outcome, _ = give_back(ok(page(body) if isinstance(body, dict) else body), ok(refund("re_9")))
    assert isinstance(outcome, RefundDone | RefundAccepted | RefundUnknown | RefundImpossible)


def test_every_reason_is_explained() -> None:
    given_as = set(REFUND_IMPOSSIBLE.values()) | set(FAILURES.values()) | {"refund_failed", "cancelled"}
    assert given_as <= set(REFUND_REASONS)


def books(*replies: Reply) -> tuple[Statement | None, Wire]:
    wire = Wire(*replies)
    return provider_over(wire).statement(CHARGE), wire


def dispute(status: str, name: str = "dp_1") -> Body:
    return sample("dispute", id=name, status=status, amount=120_000, reason="fraudulent")


def test_a_statement_has_every_refund() -> None:
    first = [refund("re_1"), refund("re_2", "failed", amount=5), refund("re_3", "pending", metadata=ELSEWHERE)]
    last = [refund("re_4", "canceled", amount=7), refund("re_5", "requires_action")]
    statement, wire = books(ok(charge(disputed=False)), ok(page(*first, more=True)), ok(page(*last)))
    assert statement == Statement(
        120_000,
        (
            RefundEntry("re_1", "7K3M9QXW2A-R1", 120_000, "succeeded"),
            RefundEntry("re_2", "7K3M9QXW2A-R1", 5, "failed"),
            RefundEntry("re_3", None, 120_000, "pending"),
            RefundEntry("re_4", "7K3M9QXW2A-R1", 7, "failed"),
            RefundEntry("re_5", "7K3M9QXW2A-R1", 120_000, "pending"),
        ),
    )
    assert wire.asked == [f"GET /charges/{CHARGE}", "GET /refunds", "GET /refunds"]
    assert form(wire.calls[1]) == {"limit": "100", "charge": CHARGE}


@pytest.mark.parametrize(
    ("statuses", "ends"),
    [
        (["needs_response"], "open"),
        (["under_review"], "open"),
        (["warning_needs_response"], "open"),
        (["something new"], "open"),
        (["won"], "won"),
        (["warning_closed"], "won"),
        (["prevented"], "won"),
        (["lost"], "lost"),
        (["won", "lost", "needs_response"], "open"),
        (["won", "lost"], "lost"),
    ],
)
def test_a_statement_has_the_dispute_that_matters_most(statuses: list[str], ends: Any) -> None:
    found = [dispute(status, f"dp_{number}") for number, status in enumerate(statuses)]
    statement, _ = books(ok(charge(disputed=True)), ok(page()), ok(page(*found)))
    assert statement is not None
    assert statement.dispute is not None
    assert statement.dispute.status == ends
    assert statement.dispute == DisputeEntry(statement.dispute.id, ends, 120_000, "fraudulent")


@pytest.mark.parametrize(
    "replies",
    [
        [LOST],
        [failure(404, "invalid_request_error", "resource_missing")],
        [ok(charge(amount_captured=None, disputed=False)), ok(page())],
        [ok(charge(disputed=False)), failure(500, "api_error"), failure(500, "api_error")],
        [ok(charge(disputed=False)), ok(page(refund(amount=None)))],
        [ok(charge(disputed=False)), ok(page(refund(metadata=[])))],
        [ok(charge(disputed=False)), ok(page({**refund(), "status": None}))],
        [ok(charge(disputed=True)), ok(page()), LOST],
        [ok(charge(disputed=True)), ok(page()), ok(page(dispute("open") | {"amount": "x"}))],
    ],
)
def test_half_a_statement_is_none(replies: list[Reply]) -> None:
    assert books(*replies)[0] is None


@given(spoiled(charge(disputed=True)), spoiled(page(refund())), spoiled(page(dispute("lost"))))
def test_spoiled_books_never_raise(about: Any, refunds: Any, disputes: Any) -> None:
    bodies = {"charges": about, "refunds": refunds, "disputes": disputes}
    statement = provider_over(lambda request: ok(bodies[request.url.path.split("/")[3]])).statement(CHARGE)
    assert statement is None or isinstance(statement, Statement)


def test_a_refund_is_of_the_intent_where_that_is_known() -> None:
    """The receipt may be learnt between two tries, and the same key takes only the same request."""
    first, before = give_back(ok(page()), ok(refund()), receipt=None)
    second, after = give_back(ok(page()), ok(refund()), receipt=CHARGE)
    assert first == second
    assert form(before.calls[1]) == form(after.calls[1])
    assert form(before.calls[1])["payment_intent"] == INTENT
