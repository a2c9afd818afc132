"""What is wrong with an order, read off its rows alone, and when to look again. Pure.

Nothing here depends on a message that may be lost: whatever should have happened by now and did not is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commerce.audit.relay import NOT_TOLD
from commerce.healing.model import Finding, Kind
from commerce.kernel.clock import from_text
from commerce.kernel.events import Event
from commerce.ordering.model import EXPIRY_GRACE, Order, OrderStatus
from commerce.payments.model import Attempt, AttemptState, Refund, RefundState
from commerce.payments.refund_payment import NO_RESULT
from commerce.payments.store import Account

#: A failure of a refund that starting it again can mend, once its cause is.
MENDABLE = frozenset({"no_float", "refund_failed", "initiator_refused", "shop_misconfigured", "cancelled"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is unfinished may take before it counts as stuck: the shop's own delays, and some more.

    Parameters
    ----------
    checks
        From an attempt's start to the end of its last scheduled check.
    refunds
        From a refund's latest news to the end of its last scheduled look.
    release
        From the end of a hold to the sweep that releases it, provider's grace included.
    board, mail
        From an event to the board's row, and to the e-mail about it.
    fresh
        What happened is being worked on for so long, and not looked at.
    """

    checks: timedelta
    refunds: timedelta
    release: timedelta
    board: timedelta
    mail: timedelta
    fresh: timedelta

    @classmethod
    def of(cls, first_check: int, check_delays: Iterable[int], refund_delays: Iterable[int], spare: int) -> Patience:
        """Return what follows from the shop's delays in seconds; `spare` is added to each."""
        more = timedelta(seconds=spare)
        # A message that fails is delivered five times, three minutes apart, before it is a dead letter.
        redelivered = timedelta(minutes=15)
        return cls(
            checks=timedelta(seconds=first_check + sum(check_delays)) + more,
            refunds=timedelta(seconds=sum(refund_delays)) + more,
            release=EXPIRY_GRACE + more,
            board=redelivered + more,
            mail=redelivered + more,
            fresh=more * 1.5,
        )


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong now, and when something unfinished would be overdue; None when all is finished."""

    findings: tuple[Finding, ...]
    look_at: datetime | None


def diagnose(
    account: Account, board_version: int | None, mails: Iterable[tuple[Event, bool]], now: datetime, patience: Patience
) -> Diagnosis:
    """Look at an order with everything beside it.

    Parameters
    ----------
    board_version
        The version of its row on the board; None without one.
    mails
        Events that buyers are told of, and whether the e-mail was sent.
    """
    findings: list[Finding] = []
    due: list[datetime] = []
    for finding, since in _suspicions(account, board_version, mails, patience):
        if now >= since:
            findings.append(finding)
        else:
            due.append(since)
    return Diagnosis(tuple(findings), min(due, default=None))


def _suspicions(
    account: Account, board_version: int | None, mails: Iterable[tuple[Event, bool]], patience: Patience
) -> Iterator[tuple[Finding, datetime]]:
    """Yield everything unfinished, and from when on it is wrong."""
    order = account.order
    changed = from_text(order.timeline[-1].at)
    if order.status is OrderStatus.PENDING_PAYMENT and not account.in_review:
        yield overdue_order(order), max(order.reserved_until, order.due_at or order.reserved_until) + patience.release
    for attempt in account.attempts.values():
        if attempt.live:
            # A buyer may take all of the hold to pay; the sweep ends that.
            held = order.reserved_until + patience.release
            waiting = order.status is OrderStatus.PENDING_PAYMENT
            late = attempt.started_at + patience.checks
            yield undecided(order, attempt), max(late, held) if waiting else late
        elif attempt.state is AttemptState.REVIEW:
            yield under_review(account, attempt), changed + patience.refunds if account.awaits_record else changed
    for refund in account.refunds.values():
        if refund.open:
            yield stuck_refund(order, refund), changed + patience.refunds
        elif refund.state is RefundState.FAILED:
            yield failed_refund(order, refund), changed
    if board_version is None or board_version < order.version:
        yield stale_board(order, board_version), changed + patience.board
    for event, sent in mails:
        if not sent:
            yield unsent_mail(order, event), from_text(event.at) + patience.mail


def overdue_order(order: Order) -> Finding:
    """Return what it is that an unpaid order still holds its stock."""
    return Finding(
        kind=Kind.OVERDUE_ORDER,
        sign="overdue" if order.due_at is not None else "without_time",
        about=f"{order.subject}/hold",
        title="An unpaid order still holds its stock",
        detail="The sweep should have released it. While it does not, the goods are for nobody.",
        order_number=order.number,
    )


def undecided(order: Order, attempt: Attempt) -> Finding:
    """Return what it is that nobody knows how an attempt ended."""
    prompted = attempt.state is AttemptState.PROMPTED
    return Finding(
        kind=Kind.STUCK_PAYMENT if prompted else Kind.UNKNOWN_OUTCOME,
        sign="released" if order.status is not OrderStatus.PENDING_PAYMENT else "awaited",
        about=f"{order.subject}/attempt/{attempt.number}/outcome",
        title="A payment never ended" if prompted else "Nobody knows whether a payment was taken",
        detail="Every check went by without an answer that is final.",
        order_number=order.number,
        facts={"attempt": attempt.number, "method": attempt.method, "state": attempt.state.value},
    )


def under_review(account: Account, attempt: Attempt) -> Finding:
    """Return what it is that money of an order is being looked at."""
    return Finding(
        kind=Kind.PAYMENT_UNDER_REVIEW,
        sign="awaits_record" if account.awaits_record else "decided",
        about=f"{account.order.subject}/attempt/{attempt.number}/review",
        title="Money is under review",
        detail="It is not what was asked for, or contradicts the books. Nothing ships before it is cleared up.",
        order_number=account.order.number,
        facts={"attempt": attempt.number, "method": attempt.method, "state": attempt.state.value},
    )


def stuck_refund(order: Order, refund: Refund) -> Finding:
    """Return what it is that a refund is under way for too long."""
    return Finding(
        kind=Kind.STUCK_REFUND,
        # One made beside the shop is the provider's to finish: asking for it would make another.
        sign="outside" if refund.why == "outside" else "open",
        about=f"{order.subject}/refund/{refund.number}/open",
        title="A refund is under way for too long",
        detail="Nobody works on it any more. Money is owed to a buyer.",
        order_number=order.number,
        facts={"refund": refund.number, "state": refund.state.value, "why": refund.why, "tries": refund.tries},
    )


def failed_refund(order: Order, refund: Refund) -> Finding:
    """Return what it is that a refund could not be made."""
    return Finding(
        kind=Kind.FAILED_REFUND,
        sign=_sign_of_failure(refund),
        about=f"{order.subject}/refund/{refund.number}/failed",
        title="A refund could not be made",
        detail="Money is owed to a buyer. The refund's reason says what to do.",
        order_number=order.number,
        facts={
            "refund": refund.number,
            "reason": refund.reason or "unknown",
            "why": refund.why,
            "tries": refund.tries,
        },
    )


def _sign_of_failure(refund: Refund) -> str:
    """Tell whether a refund certainly did not go through, and may the next time."""
    if refund.why == "outside" or refund.sent_as is None or refund.code in (None, NO_RESULT):
        return "may_have_gone_through"
    return "certain" if refund.reason in MENDABLE else "not_mendable"


def stale_board(order: Order, version: int | None) -> Finding:
    """Return what it is that staff see an order as it was."""
    return Finding(
        kind=Kind.STALE_BOARD,
        sign="behind",
        about=f"{order.subject}/board",
        title="The board shows an order as it was",
        detail="Staff and searches see an older state.",
        order_number=order.number,
        facts={"shown": version or 0},
    )


def unsent_mail(order: Order, event: Event) -> Finding:
    """Return what it is that a buyer was not told of something."""
    return Finding(
        kind=Kind.UNSENT_MAIL,
        sign="unsent",
        about=f"event/{event.id}/mail",
        title="A buyer was not written to",
        detail=f"The e-mail about {event.type} was not sent.",
        order_number=order.number,
        facts={"event": event.id, "type": event.type},
        body=envelope(event),
        queue="notify",
    )


def envelope(event: Event) -> str:
    """Return an event as the bus hands it to a queue."""
    return f'{{"source":"salama","detail-type":{json.dumps(event.type)},"detail":{detail_of(event)}}}'


def detail_of(event: Event) -> str:
    """Return an event as it is put on the bus."""
    return json.dumps(event.model_dump(exclude_none=True, exclude=set(NOT_TOLD)), separators=(",", ":"))
