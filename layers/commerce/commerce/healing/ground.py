"""How what a case is about stands at this moment: read anew each time, never taken from the case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from commerce.healing.desk import HealingDesk
from commerce.healing.diagnose import failed_refund, overdue_order, stale_board, stuck_refund, undecided, under_review
from commerce.healing.holds import hold_finding
from commerce.healing.model import Case, Finding, Kind
from commerce.ordering.model import OrderStatus
from commerce.payments.model import AttemptState, RefundState
from commerce.payments.store import Account


@dataclass(frozen=True, slots=True)
class Ground:
    """What is true now.

    Parameters
    ----------
    finding
        What is wrong; None when it is in order.
    standing
        States, versions and counts for the record; no personal data.
    account
        The order, where the case is about one.
    """

    finding: Finding | None
    standing: dict[str, Any] = field(default_factory=dict)
    account: Account | None = None


def look(desk: HealingDesk, case: Case) -> Ground:
    """Read how it stands."""
    finding, now = case.finding, desk.clock.now()
    match case.kind:
        case Kind.ORPHANED_HOLD | Kind.STOCK_MISMATCH:
            return _of_stock(desk, finding)
        case Kind.UNMATCHED_MONEY:
            owner = desk.till.payments.order_of_receipt(str(finding.facts["method"]), str(finding.facts["receipt"]))
            sign = "booked" if owner else "unknown"
            return Ground(finding.model_copy(update={"sign": sign}), {"receipt": sign})
        case Kind.UNSENT_MAIL:
            event = str(finding.facts["event"])
            sent = event in desk.mails.sent([event])
            return Ground(None if sent else finding, {"sent": sent})
    if finding.order_number is None:
        return Ground(finding)
    account = desk.till.payments.account(finding.order_number)
    if account is None:
        return Ground(finding.model_copy(update={"sign": "no_such_order"}), {"order": "none"})
    standing: dict[str, Any] = {"order": account.order.status.value, "version": account.order.version}
    if case.kind is Kind.STALE_BOARD:
        shown = standing["shown"] = desk.board.version(finding.order_number)
        behind = shown is None or shown < account.order.version
        return Ground(stale_board(account.order, shown) if behind else None, standing, account)
    return Ground(_of_order(finding, account, standing, now), standing, account)


def _of_order(finding: Finding, account: Account, standing: dict[str, Any], now: datetime) -> Finding | None:
    order = account.order
    match finding.kind:
        case Kind.PAYMENT_UNDER_REVIEW if finding.about == f"{order.subject}/dispute":
            standing["dispute"] = order.dispute
            return finding if order.dispute == "open" else None
        case Kind.STUCK_PAYMENT | Kind.UNKNOWN_OUTCOME | Kind.PAYMENT_UNDER_REVIEW if "attempt" in finding.facts:
            return _of_attempt(finding, account, standing)
        case Kind.STUCK_REFUND | Kind.FAILED_REFUND:
            return _of_refund(finding, account, standing)
        case Kind.OVERDUE_ORDER:
            unpaid = order.status is OrderStatus.PENDING_PAYMENT and not account.in_review
            due = order.due_at is None or now >= max(order.due_at, order.reserved_until)
            return overdue_order(order) if unpaid and due else None
    return finding


def _of_attempt(finding: Finding, account: Account, standing: dict[str, Any]) -> Finding | None:
    attempt = account.attempts.get(int(finding.facts["attempt"]))
    if attempt is None:
        return finding.model_copy(update={"sign": "no_such_attempt"})
    standing |= {"attempt": attempt.state.value, "recorded": attempt.recorded, "unresolved": attempt.unresolved}
    if finding.kind is Kind.PAYMENT_UNDER_REVIEW:
        return under_review(account, attempt) if attempt.state is AttemptState.REVIEW else None
    # A failed one is in question as long as a callback's claim of money is.
    claimed = attempt.unresolved and attempt.state is AttemptState.FAILED
    return undecided(account.order, attempt) if attempt.live or claimed else None


def _of_refund(finding: Finding, account: Account, standing: dict[str, Any]) -> Finding | None:
    refund = account.refunds.get(int(finding.facts["refund"]))
    if refund is None:
        return finding.model_copy(update={"sign": "no_such_refund"})
    standing |= {"refund": refund.state.value, "code": refund.code, "tries": refund.tries}
    if finding.kind is Kind.STUCK_REFUND:
        return stuck_refund(account.order, refund) if refund.open else None
    return failed_refund(account.order, refund) if refund.state is RefundState.FAILED else None


def _of_stock(desk: HealingDesk, finding: Finding) -> Ground:
    sku, number = str(finding.facts["sku"]), int(finding.facts["bucket"])
    bucket = desk.till.stock.bucket(sku, number)
    if bucket is None:
        return Ground(finding, {"bucket": "none"})
    standing: dict[str, Any] = dict(bucket.counters._asdict())
    if finding.sign == "does_not_add_up":
        return Ground(None if bucket.sound else finding, standing)
    found = hold_finding(desk, bucket)
    # A surplus that grew or shrank is another one: it must be found twice again before anybody acts on it.
    same = found is not None and found.facts == finding.facts
    return Ground(found if same else None, standing)
