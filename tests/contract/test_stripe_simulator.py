"""The provider against the Stripe simulator: whole payments, with the wire disturbed between them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from commerce.payments.port import (
    Doubtful,
    LookUpRequest,
    OutcomeUnknown,
    Paid,
    Pending,
    Prompted,
    References,
    RefundImpossible,
    RefundUnknown,
    Refused,
    Statement,
)
from commerce.payments.providers.stripe.events import ChargeNews, PaymentNews, read_event
from commerce.payments.providers.stripe.signatures import fault_of
from sandbox.stripe import signature
from tests.contract.stripe.doubles import NUMBER, kes, start_request
from tests.contract.stripe.simulated import Stripe, refund_of, simulated

ENDED = Refused("canceled", "cancelled")


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    with simulated() as ready:
        yield ready


def test_a_payment(stripe: Stripe) -> None:
    request = stripe.started()
    intent_id = request.references.payment_id
    [intent] = stripe.sim.books.intents.values()
    assert intent.id == intent_id
    assert stripe.provider.look_up(request) == Pending("requires_payment_method", awaiting_buyer=True)
    assert stripe.pay(request, "pm_card_visa_chargeDeclined") == ""
    assert stripe.provider.look_up(request) == Pending("requires_payment_method", awaiting_buyer=True), "not the end"
    charge = stripe.pay(request)
    assert stripe.provider.look_up(request) == Paid(charge, 120_000)
    assert stripe.provider.cancel(request) == Paid(charge, 120_000), "too late to cancel"
    assert stripe.provider.statement(charge) == Statement(120_000)


def test_a_start_that_is_repeated_hands_over_the_same(stripe: Stripe) -> None:
    first, second = stripe.provider.start(start_request()), stripe.provider.start(start_request())
    assert isinstance(first, Prompted)
    assert first == second
    assert len(stripe.sim.books.intents) == 1
    assert first.handover["publishable_key"] == stripe.sim.options.publishable_key


@pytest.mark.parametrize("paid", [True, False])
def test_a_start_whose_answer_was_lost_is_found_again(stripe: Stripe, paid: bool) -> None:
    stripe.lose = ["POST /payment_intents"]
    assert stripe.provider.start(start_request()) == OutcomeUnknown("ReadTimeout")
    [intent] = stripe.sim.books.intents.values()
    request = LookUpRequest(start_request(), References())
    if paid:
        charge = stripe.pay(LookUpRequest(start_request(), References(None, intent.id)))
        assert stripe.provider.look_up(request) == Paid(charge, 120_000), "as it is now, not as it was"
    else:
        assert stripe.provider.look_up(request) == Pending("requires_payment_method", awaiting_buyer=True)
        assert stripe.provider.cancel(request) == ENDED
    assert len(stripe.sim.books.intents) == 1


def test_a_cancelled_payment_takes_no_more_money(stripe: Stripe) -> None:
    request = stripe.started()
    assert stripe.provider.cancel(request) == ENDED
    assert stripe.provider.cancel(request) == ENDED
    assert stripe.provider.look_up(request) == ENDED
    assert stripe.http.post(
        f"/sandbox/stripe/api/intents/{request.references.payment_id}/pay", json={"card": "pm_card_visa"}
    ).is_client_error


def test_a_payment_that_is_being_processed_cannot_be_cancelled(stripe: Stripe) -> None:
    request = stripe.started()
    stripe.pay(request, "pm_card_sandboxProcessing")
    assert stripe.provider.look_up(request) == Pending("processing")
    assert stripe.provider.cancel(request) == Pending("processing")
    stripe.control(f"intents/{request.references.payment_id}/answer", outcome="succeed")
    assert isinstance(stripe.provider.cancel(request), Paid)


def test_three_d_secure_waits_for_the_buyer(stripe: Stripe) -> None:
    request = stripe.started()
    stripe.pay(request, "pm_card_authenticationRequired", challenge="ignore")
    assert stripe.provider.look_up(request) == Pending("requires_action", awaiting_buyer=True)
    stripe.control(f"intents/{request.references.payment_id}/answer", outcome="approve")
    assert isinstance(stripe.provider.look_up(request), Paid)


def test_another_attempts_intent_settles_nothing(stripe: Stripe) -> None:
    request = stripe.started()
    stripe.pay(request)
    for changes in ({"attempt": 2}, {"order_number": "OTHER00000"}, {"amount": kes(1300)}):
        other = LookUpRequest(start_request(**changes), request.references)
        assert isinstance(stripe.provider.look_up(other), Doubtful), changes


def test_a_key_under_which_something_else_was_asked_for_is_for_a_person(stripe: Stripe) -> None:
    stripe.started()
    other = start_request(amount=kes(1300))
    assert isinstance(stripe.provider.start(other), OutcomeUnknown)
    assert isinstance(stripe.provider.look_up(LookUpRequest(other, References())), Doubtful)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("unavailable", OutcomeUnknown),
        ("error", OutcomeUnknown),
        ("error_after", OutcomeUnknown),
        ("rate_limited", Refused),
    ],
)
def test_a_stripe_that_is_unwell(stripe: Stripe, fault: str, outcome: type) -> None:
    stripe.control("faults", fault=fault, times=2, path="payment_intents")
    assert isinstance(stripe.provider.start(start_request()), outcome)
    stripe.http.delete("/sandbox/stripe/api/faults")
    assert stripe.provider.look_up(LookUpRequest(start_request(), References())) in (
        Pending("requires_payment_method", awaiting_buyer=True),
        Pending("HTTP 500 api_error", failed=True),
    )
    assert len(stripe.sim.books.intents) == 1


def test_one_blip_goes_unnoticed(stripe: Stripe) -> None:
    stripe.control("faults", fault="unavailable", path="payment_intents")
    assert isinstance(stripe.provider.start(start_request()), Prompted)


def test_a_payment_that_stripe_does_not_know(stripe: Stripe) -> None:
    unknown = LookUpRequest(start_request(), References(None, "pi_unknown"))
    assert stripe.provider.look_up(unknown) == Pending("HTTP 404 resource_missing")
    assert stripe.provider.statement("ch_unknown") is None
    assert stripe.provider.refund(refund_of(unknown, "ch_unknown")) in (
        RefundImpossible("resource_missing", "receipt_invalid", frozenset({f"{NUMBER}-R1"})),
        RefundUnknown("the refunds so far cannot be read"),
    )


def test_its_events_are_read_and_its_signatures_known(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request, "pm_card_createDispute")
    stripe.control("disputes", payment_intent=request.references.payment_id, inquiry=True)
    second = stripe.started(attempt=2)
    stripe.pay(second, "pm_card_visa_chargeDeclined")
    stripe.pay(second)
    stripe.control("refunds", payment_intent=second.references.payment_id)
    seen = {}
    secrets = stripe.sim.options.webhook_secrets
    for event in stripe.sim.books.events.values():
        raw = json.dumps(event.body, indent=2).encode()
        header = signature(raw, int(time.time()), secrets)
        assert fault_of(header, raw, list(secrets), time.time()) is None
        seen[event.type] = (event.id, read_event(raw))
    event_id, news = seen["payment_intent.payment_failed"]
    assert news == PaymentNews(event_id, NUMBER, 2)
    event_id, news = seen["payment_intent.succeeded"]
    assert news == PaymentNews(event_id, NUMBER, 2)
    event_id, news = seen["charge.dispute.created"]
    assert news == ChargeNews(event_id, charge)
    for kind in ("charge.refunded", "refund.created"):
        event_id, news = seen[kind]
        assert isinstance(news, ChargeNews), kind
        assert (news.event_id, news.charge.startswith("ch_")) == (event_id, True)
