"""What an attempt brought, what of it may go back, and when a refund is still under way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.money import Currency, Money
from commerce.payments.model import (
    MOST_REFUNDS,
    REFUND_TRANSITIONS,
    AttemptState,
    ForbiddenAttemptTransition,
    RefundState,
    RefundTooLarge,
)
from commerce.payments.port import References
from tests.unit.test_payments_model import a_refund, an_attempt


@pytest.mark.parametrize(
    ("state", "recorded", "captured"),
    [
        ("starting", None, 0),
        ("prompted", 100, 0),
        ("unknown", 100, 0),
        ("failed", 100, 0),
        ("succeeded", None, 100),
        ("succeeded", 60, 60),
        ("succeeded", 0, 0),
        ("review", None, 0),
        ("review", 60, 60),
    ],
)
def test_what_came_is_what_the_provider_says(state: str, recorded: int | None, captured: int) -> None:
    """Where it says nothing, what was asked for came; under review nothing is taken on trust."""
    attempt = an_attempt(AttemptState(state)).model_copy(update={"recorded": recorded})
    assert attempt.captured == captured


@given(st.integers(0, 200), st.lists(st.integers(-5, 120), max_size=8))
def test_never_more_goes_back_than_came(recorded: int, wishes: list[int]) -> None:
    attempt = an_attempt(AttemptState.SUCCEEDED).model_copy(update={"recorded": recorded})
    for wish in wishes:
        before = attempt.refunded
        if wish < 0 or before + wish > recorded:
            with pytest.raises(RefundTooLarge) as refused:
                attempt.giving_back(wish)
            assert refused.value.field == "amount"
            assert str(Money(recorded - before, Currency.KES)) in refused.value.detail
        else:
            attempt = attempt.giving_back(wish)
            assert attempt.refunded == before + wish
    assert 0 <= attempt.refunded <= recorded


def test_all_that_came_may_go_back_and_nothing_is_no_error() -> None:
    attempt = an_attempt(AttemptState.SUCCEEDED)
    assert attempt.giving_back(0).refunded == 0
    assert attempt.giving_back(100).refunded == 100
    assert attempt.giving_back(99).giving_back(1).refunded == 100
    with pytest.raises(RefundTooLarge):
        attempt.giving_back(50).giving_back(-1)


@pytest.mark.parametrize(
    ("state", "live"),
    [
        ("starting", True),
        ("prompted", True),
        ("unknown", True),
        ("failed", False),
        ("succeeded", False),
        ("review", False),
    ],
)
def test_money_may_still_come_of_a_live_attempt(state: str, live: bool) -> None:
    assert an_attempt(AttemptState(state)).live is live


def test_an_attempt_has_a_public_name_and_a_price() -> None:
    assert an_attempt().id == "ABCDEFGHJK-1"
    assert an_attempt().money == Money(100, Currency.KES)
    assert an_attempt().references == References(None, None)


def test_a_transition_brings_its_changes_with_it_and_no_other_state() -> None:
    failed = an_attempt().to(AttemptState.FAILED, code="1032", reason="cancelled")
    assert (failed.state, failed.code, failed.reason) == (AttemptState.FAILED, "1032", "cancelled")
    assert an_attempt().to(AttemptState.FAILED).amount == 100
    sent = a_refund(RefundState.REQUESTED).to(RefundState.SENT, sent_as="ws-1", tries=2)
    assert (sent.state, sent.sent_as, sent.tries) == (RefundState.SENT, "ws-1", 2)


@pytest.mark.parametrize(
    ("state", "under_way"), [("requested", True), ("sent", True), ("succeeded", False), ("failed", False)]
)
def test_the_machine_works_on_a_refund_until_it_succeeds_or_is_a_persons(state: str, under_way: bool) -> None:
    assert a_refund(RefundState(state)).open is under_way


def test_a_refund_moves_as_money_can() -> None:
    """A payout is not begun twice, and what a person starts again is a new request."""
    assert {(start.value, end.value) for start, ends in REFUND_TRANSITIONS.items() for end in ends} == {
        ("requested", "sent"),
        ("requested", "succeeded"),
        ("requested", "failed"),
        ("sent", "succeeded"),
        ("sent", "failed"),
        ("succeeded", "failed"),
        ("failed", "succeeded"),
        ("failed", "requested"),
    }


def test_an_attempt_moves_as_news_of_it_can() -> None:
    """Any first news is possible; a final state gives way to confirmed money alone."""
    for state in AttemptState:
        if state is not AttemptState.STARTING:
            assert an_attempt().to(state).state is state
    for start, end in [
        ("prompted", "unknown"),
        ("prompted", "failed"),
        ("unknown", "prompted"),
        ("unknown", "failed"),
        *((state, "review") for state in ("prompted", "unknown", "failed", "succeeded")),
    ]:
        assert an_attempt(AttemptState(start)).to(AttemptState(end)).state == end
    for start, end in [("failed", "prompted"), ("succeeded", "failed"), ("review", "failed"), ("review", "prompted")]:
        with pytest.raises(ForbiddenAttemptTransition):
            an_attempt(AttemptState(start)).to(AttemptState(end))


def test_an_order_has_refunds_of_two_digits() -> None:
    """Their sort keys are read in order."""
    assert len(str(MOST_REFUNDS)) == 2
    assert len(str(MOST_REFUNDS + 1)) == 3
