"""The provider against the Stripe simulator: money given back, by the shop and beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commerce.payments.port import (
    RefundAccepted,
    RefundDone,
    RefundEntry,
    RefundImpossible,
    RefundUnknown,
    Statement,
)
from tests.contract.stripe.doubles import NUMBER, kes
from tests.contract.stripe.simulated import Stripe, refund_of, simulated


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    with simulated() as ready:
        yield ready


def test_a_refund_and_its_repeats(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request)
    first = stripe.provider.refund(refund_of(request, charge, amount=kes(500)))
    assert isinstance(first, RefundDone)
    assert stripe.provider.refund(refund_of(request, charge, amount=kes(500))) == first
    assert stripe.provider.refund(refund_of(request, charge, amount=kes(500), sent_as=first.receipt)) == first
    assert stripe.money() == 70_000
    rest = stripe.provider.refund(refund_of(request, charge, amount=kes(700), reference=f"{NUMBER}-R2"))
    assert isinstance(rest, RefundDone)
    assert stripe.money() == 0
    statement = stripe.provider.statement(charge)
    assert statement is not None
    assert set(statement.refunds) == {
        RefundEntry(first.receipt or "", f"{NUMBER}-R1", 50_000, "succeeded"),
        RefundEntry(rest.receipt or "", f"{NUMBER}-R2", 70_000, "succeeded"),
    }


def test_a_refund_whose_answer_was_lost_is_not_made_twice(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request)
    stripe.lose = ["POST /refunds"]
    asked = refund_of(request, charge, amount=kes(500))
    assert stripe.provider.refund(asked) == RefundUnknown("ReadTimeout")
    stripe.sim.keys = type(stripe.sim.keys)()
    assert isinstance(stripe.provider.refund(asked), RefundDone), "even when Stripe has forgotten the key"
    assert stripe.money() == 70_000


def test_a_refund_that_is_pending_and_then_fails(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request, "pm_card_pendingRefund")
    accepted = stripe.provider.refund(refund_of(request, charge))
    assert isinstance(accepted, RefundAccepted)
    sent = refund_of(request, charge, sent_as=accepted.conversation_id)
    assert stripe.provider.refund(sent) == accepted
    stripe.control(f"refunds/{accepted.conversation_id}/fail")
    failed = stripe.provider.refund(sent)
    assert isinstance(failed, RefundImpossible)
    assert failed.reason == "recipient_invalid"
    assert failed.about == {accepted.conversation_id}
    assert stripe.provider.refund(refund_of(request, charge)) == failed, "not made anew by itself"
    again = stripe.provider.refund(refund_of(request, charge, reference=f"{NUMBER}-R1.2"))
    assert isinstance(again, RefundAccepted | RefundDone), "a person's new try has a new reference"


def test_money_given_back_in_the_dashboard_is_not_given_back_again(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request)
    outside = stripe.control("refunds", payment_intent=request.references.payment_id)["refund"]["id"]
    assert stripe.provider.refund(refund_of(request, charge)) == RefundDone(outside)
    assert stripe.provider.refund(refund_of(request, charge, amount=kes(500), reference=f"{NUMBER}-R2")) == (
        RefundImpossible("charge_already_refunded", "already_refunded", frozenset({f"{NUMBER}-R2"}))
    )
    assert stripe.money() == 0
    statement = stripe.provider.statement(charge)
    assert statement == Statement(120_000, (RefundEntry(outside, None, 120_000, "succeeded"),))


def test_more_than_is_left_is_for_a_person(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request)
    stripe.control("refunds", payment_intent=request.references.payment_id, amount=100_000)
    outcome = stripe.provider.refund(refund_of(request, charge, amount=kes(500)))
    assert isinstance(outcome, RefundImpossible)
    assert outcome.reason == "amount_invalid"
    assert stripe.money() == 20_000


def test_disputed_money_is_not_given_back_too(stripe: Stripe) -> None:
    request = stripe.started()
    charge = stripe.pay(request)
    dispute = stripe.control("disputes", payment_intent=request.references.payment_id)["dispute"]["id"]
    outcome = stripe.provider.refund(refund_of(request, charge))
    assert outcome == RefundImpossible("charge_disputed", "disputed", frozenset({f"{NUMBER}-R1"}))
    for decision, ends in ((None, "open"), ("lose", "lost")):
        if decision:
            stripe.control(f"disputes/{dispute}", outcome=decision)
        statement = stripe.provider.statement(charge)
        assert statement is not None
        found = statement.dispute
        assert found is not None
        assert (found.id, found.status, found.amount, found.reason) == (dispute, ends, 120_000, "fraudulent")
