"""Start a payment: one push for an attempt that is already on record, and what came of the push."""

from __future__ import annotations

from datetime import timedelta

from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.kernel.events import EventData
from commerce.ordering.model import Order, OrderStatus
from commerce.payments.breaker import Breaker
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import PaymentFailed, PaymentOutcomeUnknown, PaymentPrompted
from commerce.payments.links import Purpose
from commerce.payments.model import Attempt, AttemptState
from commerce.payments.port import OutcomeUnknown, Paid, Prompted, Refused, StartOutcome, StartRequest
from commerce.payments.settle_payment import settle_payment


def start_request(desk: PaymentDesk, order: Order, attempt: Attempt) -> StartRequest:
    """Return what an attempt asks of its provider, the same each time."""
    return StartRequest(
        order_number=order.number,
        attempt=attempt.number,
        amount=attempt.money,
        callback_url=desk.links.address(Purpose.PAYMENT, order.number, attempt.number),
        description="Order",
        phone=attempt.phone,
        email=order.terms.customer.email,
    )


def start_payment(desk: PaymentDesk, order: Order, attempt: Attempt, breaker: Breaker | None = None) -> Attempt:
    """Ask the provider to collect an attempt that was just committed, and record the answer.

    The attempt is on record before the provider is called, and its callback address carries it, so nothing that
    happens from here on can lose money: a lost answer leaves the attempt unknown, and it is never pushed again unless
    the provider itself tells a repeat from a second payment.

    Parameters
    ----------
    breaker
        How the method's circuit breaker stood when the order was read.

    Returns
    -------
    Attempt
        As it stands now; a callback may have settled it already.
    """
    outcome = desk.providers[attempt.method].start(start_request(desk, order, attempt))
    desk.breakers.note(attempt.method, breaker, outcome)
    for _ in range(STALE_TRIES):
        if not _is_news(attempt, outcome):
            break
        try:
            return _record(desk, order, attempt, outcome)
        except (StaleWrite, CommitBusy):
            account = desk.payments.account(order.number)
            if account is None:
                break
            order, attempt = account.order, account.attempts[attempt.number]
    return attempt


def start_again(desk: PaymentDesk, order: Order, attempt: Attempt) -> Attempt:
    """Start an attempt whose first start was never answered, where the provider makes nothing of it twice.

    The buyer who repeats a checkout gets what the lost answer held. Any other attempt is returned as it is, and so is
    one of an order that no longer waits for money.
    """
    unanswered = attempt.state in (AttemptState.STARTING, AttemptState.UNKNOWN)
    waiting = order.status is OrderStatus.PENDING_PAYMENT
    if waiting and unanswered and desk.providers.offers[attempt.method].repeatable_start:
        return start_payment(desk, order, attempt)
    return attempt


def _is_news(attempt: Attempt, outcome: StartOutcome) -> bool:
    """Tell whether the answer to the push still says something: a check that came first calls the outcome unknown."""
    if attempt.state is AttemptState.UNKNOWN:
        return not isinstance(outcome, OutcomeUnknown)
    return attempt.state is AttemptState.STARTING


def _record(desk: PaymentDesk, order: Order, attempt: Attempt, outcome: StartOutcome) -> Attempt:
    commit = Commit(desk.database)
    fact: EventData
    changes: dict[str, object] = {}
    match outcome:
        case Paid():
            return _settle(desk, order, attempt, outcome)
        case Prompted(references, handover):
            after = attempt.to(AttemptState.PROMPTED, handover=dict(handover) or None).knowing(references)
            fact = PaymentPrompted(order_number=order.number, attempt=attempt.number)
        case Refused():
            after = failed(desk, attempt, outcome)
            fact = failure(attempt, outcome)
            changes["live_attempt"] = None
        case OutcomeUnknown(detail):
            after = attempt.to(AttemptState.UNKNOWN)
            fact = PaymentOutcomeUnknown(order_number=order.number, attempt=attempt.number, detail=detail)
    after = after.model_copy(update={"answered": after.state})
    desk.change_order(commit, order, fact, **changes)
    desk.payments.change_attempt(commit, attempt, after)
    commit.send()
    return after


def _settle(desk: PaymentDesk, order: Order, attempt: Attempt, paid: Paid) -> Attempt:
    settle_payment(desk, order, attempt, paid=paid, at_start=True)
    account = desk.payments.account(order.number)
    return account.attempts[attempt.number] if account else attempt


def failed(desk: PaymentDesk, attempt: Attempt, refusal: Refused) -> Attempt:
    """Return the attempt as ended by a refusal that the provider stands by."""
    wait = refusal.retry_after_seconds
    return attempt.to(
        AttemptState.FAILED,
        code=refusal.code,
        reason=refusal.reason,
        retry_not_before=desk.clock.now() + timedelta(seconds=wait) if wait else None,
    )


def failure(attempt: Attempt, refusal: Refused) -> PaymentFailed:
    """Return the event of an attempt that ended without money."""
    return PaymentFailed(
        order_number=attempt.order_number, attempt=attempt.number, code=refusal.code, reason=refusal.reason
    )
