"""What Stripe's answers mean in the shop's words, for every state and for bodies that are not as documented."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.port import (
    Doubtful,
    OutcomeUnknown,
    Paid,
    Pending,
    Prompted,
    RecordRequest,
    References,
    RefundUnknown,
    Refused,
)
from commerce.payments.providers.stripe.intents import DECLINES, intent_outcome
from commerce.payments.reasons import REASONS
from tests.contract.stripe.doubles import (
    CHARGE,
    INTENT,
    SECRET,
    Body,
    Reply,
    Wire,
    failure,
    intent,
    kes,
    look_up_request,
    ok,
    provider_over,
    spoiled,
    start_request,
)

PAID = Paid(receipt=CHARGE, captured=120_000)
ENDED = Refused("canceled", "cancelled")
LOST = httpx.ReadTimeout("too slow")
UNSENT = httpx.ConnectError("refused")


def start(*replies: Reply) -> Any:
    return provider_over(Wire(*replies)).start(start_request())


def look_up(*replies: Reply, payment_id: str | None = INTENT) -> Any:
    return provider_over(Wire(*replies)).look_up(look_up_request(payment_id))


def cancel(*replies: Reply, payment_id: str | None = INTENT) -> Any:
    return provider_over(Wire(*replies)).cancel(look_up_request(payment_id))


def test_an_intent_is_handed_over_to_the_buyer() -> None:
    prompted = start(ok(intent()))
    assert prompted == Prompted(
        References(None, INTENT), {"client_secret": SECRET, "publishable_key": "pk_test_the_public"}
    )
    assert SECRET not in repr(prompted)
    assert INTENT not in repr(prompted)


@pytest.mark.parametrize(
    "reply",
    [
        LOST,
        httpx.RemoteProtocolError("cut"),
        failure(409, "idempotency_error", "idempotency_key_in_use"),
        failure(400, "idempotency_error"),
        failure(400, "api_error"),
        failure(400, "an_error_of_next_year", "amount_too_small"),
        failure(500, "api_error"),
        failure(503, "api_error"),
        httpx.Response(502, html="<html>"),
        httpx.Response(400, html="<html>"),
        httpx.Response(302, headers={"Location": "https://elsewhere.test"}),
        httpx.Response(200, text="{"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json="pi_1"),
        httpx.Response(200, json=None),
        httpx.Response(200, json={}),
        ok(intent(id=None)),
        ok(intent(client_secret=None)),
        ok(intent(amount=1)),
        ok(intent(currency="usd")),
        ok(intent(metadata={"order_number": "OTHER00000", "attempt": "1"})),
    ],
)
def test_a_start_that_may_have_been_taken_is_unknown(reply: Reply) -> None:
    again = reply if isinstance(reply, httpx.Response) else httpx.ReadTimeout("again")
    assert isinstance(start(reply, again), OutcomeUnknown)


@pytest.mark.parametrize(
    ("reply", "refused"),
    [
        (failure(400, "invalid_request_error", "amount_too_small"), Refused("amount_too_small", "shop_misconfigured")),
        (failure(400, "invalid_request_error"), Refused("invalid_request_error", "shop_misconfigured")),
        (failure(401, "invalid_request_error"), Refused("invalid_request_error", "shop_misconfigured")),
        (failure(403, "invalid_request_error"), Refused("invalid_request_error", "shop_misconfigured")),
        (httpx.Response(401), Refused("401", "shop_misconfigured")),
        (failure(429, "invalid_request_error", "rate_limit"), Refused("rate_limit", "provider_unavailable")),
        (failure(402, "card_error", "card_declined"), Refused("card_declined", "declined")),
        (
            failure(402, "card_error", "card_declined", decline_code="insufficient_funds"),
            Refused("card_declined", "insufficient_funds"),
        ),
    ],
)
def test_a_start_that_was_certainly_refused(reply: Reply, refused: Refused) -> None:
    assert start(reply) == refused


def test_a_start_that_never_left_is_refused() -> None:
    assert start(UNSENT, UNSENT) == Refused("ConnectError", "provider_unavailable")


@pytest.mark.parametrize("amount", [kes(99), kes(1_000_000)])
def test_an_amount_that_stripe_does_not_take_is_not_sent(amount: Any) -> None:
    wire = Wire()
    assert provider_over(wire).start(start_request(amount=amount)) == Refused("amount", "shop_misconfigured")
    assert wire.calls == []


STATES = [
    (intent("succeeded"), PAID),
    (intent("succeeded", latest_charge={"id": CHARGE, "object": "charge"}), PAID),
    (intent("succeeded", latest_charge=None), Paid(None, 120_000)),
    (intent("succeeded", currency="KES"), PAID),
    (intent("succeeded", amount_received=119_999), Paid(CHARGE, 119_999)),
    (intent("canceled"), ENDED),
    (intent("requires_payment_method"), Pending("requires_payment_method", awaiting_buyer=True)),
    (intent("requires_confirmation"), Pending("requires_confirmation", awaiting_buyer=True)),
    (intent("requires_action"), Pending("requires_action", awaiting_buyer=True)),
    (intent("processing"), Pending("processing")),
    (intent("requires_capture"), Pending("requires_capture")),
    (intent("some new state\n"), Pending("somenewstate")),
    (intent("succeeded", amount=119_999), Doubtful("the intent's amount is not the attempt's")),
    (intent("succeeded", amount=True), Doubtful("the intent's amount is not the attempt's")),
    (intent("succeeded", amount="120000"), Doubtful("the intent's amount is not the attempt's")),
    (intent("succeeded", currency="usd"), Doubtful("the intent's currency is not the attempt's")),
    (
        intent("succeeded", metadata={"order_number": "OTHER00000", "attempt": "1"}),
        Doubtful("the intent's order_number is not the attempt's"),
    ),
    (
        intent("canceled", metadata={"order_number": "7K3M9QXW2A", "attempt": "2"}),
        Doubtful("the intent's attempt is not the attempt's"),
    ),
    (intent("succeeded", amount_received=0), Doubtful("a succeeded intent has received nothing")),
    (intent("canceled", amount_received=5), Doubtful("a cancelled intent has received money")),
    (intent("succeeded", metadata={}), Pending("succeeded without what binds it to the attempt")),
    (intent("succeeded", metadata=None), Pending("succeeded without what binds it to the attempt")),
    (intent("canceled", amount=None), Pending("canceled without what binds it to the attempt")),
    (intent("succeeded", amount_received=None), Pending("succeeded without an amount")),
    (intent("succeeded", amount_received=-1), Pending("succeeded without an amount")),
    ({**intent("succeeded"), "status": None}, Pending("no status")),
]


@pytest.mark.parametrize(("body", "outcome"), STATES)
def test_a_look_up(body: Body, outcome: Any) -> None:
    assert look_up(ok(body)) == outcome
    assert cancel(ok(body)) == outcome


def test_a_declined_card_is_not_the_end() -> None:
    """`payment_intent.payment_failed` leads here: the buyer may try another card."""
    declined = intent("requires_payment_method", last_payment_error={"type": "card_error", "code": "card_declined"})
    assert look_up(ok(declined)) == Pending("requires_payment_method", awaiting_buyer=True)


@pytest.mark.parametrize(
    "reply",
    [
        LOST,
        UNSENT,
        failure(404, "invalid_request_error", "resource_missing"),
        failure(401, "invalid_request_error"),
        failure(429, "invalid_request_error", "rate_limit"),
        failure(500, "api_error"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, text=""),
        ok({}),
    ],
)
def test_a_look_up_without_an_answer_is_pending(reply: Reply) -> None:
    for ask in (look_up, cancel):
        outcome = ask(reply, reply)
        assert isinstance(outcome, Pending)
        assert not outcome.awaiting_buyer


@pytest.mark.parametrize(
    ("reply", "failed"),
    [
        (LOST, True),
        (UNSENT, True),
        (failure(401, "invalid_request_error"), True),
        (failure(429, "invalid_request_error", "rate_limit"), True),
        (failure(500, "api_error"), True),
        (failure(404, "invalid_request_error", "resource_missing"), False),
        (ok(intent("processing")), False),
    ],
)
def test_only_a_question_without_an_answer_is_a_fault_of_stripes(reply: Reply, failed: bool) -> None:
    outcome = look_up(reply, reply)
    assert isinstance(outcome, Pending)
    assert outcome.failed is failed


def test_an_intent_whose_name_was_lost_is_found_by_asking_for_it_again() -> None:
    """The answer under a key is always the first one, so the intent is asked for as it is now."""
    wire = Wire(ok(intent("requires_payment_method"), **{"Idempotent-Replayed": "true"}), ok(intent("succeeded")))
    assert provider_over(wire).look_up(look_up_request(None)) == PAID
    assert wire.asked == ["POST /payment_intents", f"GET /payment_intents/{INTENT}"]
    assert wire.keys() == ["7K3M9QXW2A-1"]


def test_an_intent_whose_name_was_lost_is_cancelled_all_the_same() -> None:
    wire = Wire(ok(intent("requires_payment_method")), ok(intent("canceled")))
    assert provider_over(wire).cancel(look_up_request(None)) == ENDED
    assert wire.asked == ["POST /payment_intents", f"POST /payment_intents/{INTENT}/cancel"]


@pytest.mark.parametrize("reply", [LOST, UNSENT, failure(500, "api_error"), ok({}), failure(409, "api_error")])
def test_an_intent_whose_name_stays_lost_is_pending(reply: Reply) -> None:
    assert isinstance(look_up(reply, reply, payment_id=None), Pending)


def test_a_key_that_was_used_for_something_else_is_for_a_person() -> None:
    reply = failure(400, "idempotency_error")
    assert look_up(reply, payment_id=None) == Doubtful("the attempt's key was used for another request")


@pytest.mark.parametrize(
    ("now", "outcome"),
    [("succeeded", PAID), ("processing", Pending("processing")), ("canceled", ENDED)],
)
def test_a_cancellation_that_comes_too_late_says_what_the_intent_is(now: str, outcome: Any) -> None:
    reply = failure(400, "invalid_request_error", "payment_intent_unexpected_state", payment_intent=intent(now))
    assert cancel(reply) == outcome
    bare = failure(400, "invalid_request_error", "payment_intent_unexpected_state")
    assert cancel(bare) == Pending("HTTP 400 payment_intent_unexpected_state")


@given(st.sampled_from([body for body, _ in STATES]).flatmap(spoiled))
def test_a_spoiled_body_never_settles_and_never_raises(body: Any) -> None:
    """Money is confirmed only by an intent that says all of it: state, amount, currency and both bindings."""
    outcome = look_up(ok(body))
    assert isinstance(outcome, Paid | Refused | Pending | Doubtful)
    if isinstance(outcome, Paid | Refused):
        assert body["status"] == ("succeeded" if isinstance(outcome, Paid) else "canceled")
        assert (body["amount"], body["currency"].lower()) == (120_000, "kes")
        assert body["metadata"]["order_number"] == "7K3M9QXW2A"
        assert body["metadata"]["attempt"] == "1"
    assert isinstance(start(ok(body)), Prompted | OutcomeUnknown)
    assert isinstance(cancel(failure(400, "invalid_request_error", payment_intent=body)), type(outcome) | Pending)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["kes", "usd", "eur"]))
def test_only_the_attempts_own_amount_is_paid(amount: int, received: int, currency: str) -> None:
    found = intent("succeeded", amount=amount, amount_received=received, currency=currency)
    outcome = intent_outcome(found, start_request())
    same = (amount, currency) == (120_000, "kes")
    assert isinstance(outcome, Paid) == (same and received > 0)


def test_every_reason_is_one_that_the_shop_knows() -> None:
    assert set(DECLINES.values()) | {"declined", "cancelled", "provider_unavailable", "shop_misconfigured"} <= set(
        REASONS
    )


def test_what_is_not_stripes_way_is_answered_honestly() -> None:
    provider = provider_over(Wire())
    assert isinstance(provider.interpret_refund('{"status":"succeeded"}', timed_out=False), RefundUnknown)
    assert provider.ask_for_record(RecordRequest(CHARGE, "https://r", "https://t", "x")) is False
    assert provider.read_record("{}") is None
