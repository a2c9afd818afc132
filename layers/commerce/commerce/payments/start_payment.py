"""Start a payment: one push for an attempt that is already on record, and what came of the push."""

from __future__ import annotations

from datetime import timedelta

from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.kernel.events import EventData
from commerce.ordering.model import Order
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import PaymentFailed, PaymentOutcomeUnknown, PaymentPrompted
from commerce.payments.links import Purpose
from commerce.payments.model import Attempt, AttemptState
from commerce.payments.port import OutcomeUnknown, Prompted, Refused, StartOutcome, StartRequest


def start_payment(desk: PaymentDesk, order: Order, attempt: Attempt) -> Attempt:
    """Ask the provider to collect an attempt that was just committed, and record the answer.

    The attempt is on record before the provider is called, and its callback address carries it, so nothing that
    happens from here on can lose money: a lost answer leaves the attempt unknown, and it is never pushed again.

    Returns
    -------
    Attempt
        As it stands now; a callback may have settled it already.
    """
    outcome = desk.providers[attempt.method].start(
        StartRequest(
            order_number=order.number,
            attempt=attempt.number,
            amount=attempt.money,
            phone=attempt.phone,
            callback_url=desk.links.address(Purpose.PAYMENT, order.number, attempt.number),
            description="Order",
        )
    )
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
        case Prompted(references):
            after = attempt.to(AttemptState.PROMPTED).knowing(references)
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
