"""What may happen to an order, an attempt and a refund: the tables, gone through whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commerce.kernel.money import Currency
from commerce.ordering.model import LONGEST_HOLD, TRANSITIONS, ForbiddenTransition, OrderStatus
from commerce.payments.model import (
    ATTEMPT_TRANSITIONS,
    LIVE,
    REFUND_TRANSITIONS,
    Attempt,
    AttemptState,
    ForbiddenAttemptTransition,
    Refund,
    RefundState,
)
from commerce.payments.port import References
from tests.unit.orders import an_order

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def an_attempt(state: AttemptState = AttemptState.STARTING) -> Attempt:
    return Attempt(
        order_number="ABCDEFGHJK",
        number=1,
        key="key",
        fingerprint="print",
        method="mpesa",
        phone="254712345678",
        amount=100,
        currency=Currency.KES,
        started_at=NOW,
        state=state,
    )


def a_refund(state: RefundState) -> Refund:
    return Refund(
        order_number="ABCDEFGHJK",
        number=1,
        attempt=1,
        reference="R",
        amount=1,
        captured=1,
        currency=Currency.KES,
        phone="254712345678",
        receipt=None,
        why="late",
        state=state,
    )


@pytest.mark.parametrize("start", OrderStatus)
@pytest.mark.parametrize("to", OrderStatus)
def test_order_transitions(start: OrderStatus, to: OrderStatus) -> None:
    order = an_order().model_copy(update={"status": start})
    if to is start or to in TRANSITIONS[start]:
        after = order.step("Something", NOW, to=to)
        assert (after.status, after.version) == (to, order.version + 1)
    else:
        with pytest.raises(ForbiddenTransition):
            order.step("Something", NOW, to=to)


@pytest.mark.parametrize("start", AttemptState)
@pytest.mark.parametrize("to", AttemptState)
def test_attempt_transitions(start: AttemptState, to: AttemptState) -> None:
    if to in ATTEMPT_TRANSITIONS[start]:
        assert an_attempt(start).to(to).state is to
    else:
        with pytest.raises(ForbiddenAttemptTransition):
            an_attempt(start).to(to)


@pytest.mark.parametrize("start", RefundState)
@pytest.mark.parametrize("to", RefundState)
def test_refund_transitions(start: RefundState, to: RefundState) -> None:
    if to in REFUND_TRANSITIONS[start]:
        assert a_refund(start).to(to).state is to
    else:
        with pytest.raises(ForbiddenAttemptTransition):
            a_refund(start).to(to)


def test_confirmed_money_is_never_downgraded() -> None:
    """Promise 4, read off the tables; only the provider's own record leads from success to review, or a refund home."""
    assert ATTEMPT_TRANSITIONS[AttemptState.SUCCEEDED] == {AttemptState.REVIEW}
    assert REFUND_TRANSITIONS[RefundState.SUCCEEDED] == {RefundState.FAILED}
    assert all(AttemptState.SUCCEEDED in ATTEMPT_TRANSITIONS[state] for state in AttemptState if state != "succeeded")
    assert AttemptState.STARTING not in frozenset().union(*ATTEMPT_TRANSITIONS.values())
    assert not LIVE & ATTEMPT_TRANSITIONS[AttemptState.FAILED]


def test_names_already_known_stay() -> None:
    known = an_attempt().knowing(References("m-1", None))
    assert known.knowing(References("m-2", "ws-2")).references == References("m-1", "ws-2")
    assert known.knowing(References()).references == References("m-1", None)


@pytest.mark.parametrize(("minutes", "held"), [(0, 15), (12, 15), (14, 16), (40, 42), (59, 60), (90, 60)])
def test_hold_for_a_further_payment(minutes: int, held: int) -> None:
    """At least what was held, at least the window, at most the longest hold."""
    order = an_order(placed_at=NOW)
    until = order.hold_until_for_payment(NOW + timedelta(minutes=minutes), timedelta(minutes=2))
    assert until == NOW + timedelta(minutes=held)
    assert until <= NOW + LONGEST_HOLD
