"""Compare books: what the provider shows of a captured payment against what the shop has on record (promise 4).

A provider's event only says that something happened. Its own books are read, and each difference is booked by a commit
of its own: refunds of ours that ended, refunds made beside the shop, disputes.
"""

from __future__ import annotations

from commerce.kernel.commit import Commit
from commerce.kernel.context import adopt
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.kernel.events import EventData
from commerce.payments.decision import Verdict
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import DisputeClosed, PaymentDisputed, RefundFoundOutside
from commerce.payments.model import Attempt, Refund, RefundState
from commerce.payments.port import DisputeEntry, RefundDone, RefundEntry, RefundImpossible
from commerce.payments.refund_payment import note_refund
from commerce.payments.store import Account


def reconcile_statement(desk: PaymentDesk, method: str, receipt: str) -> Verdict:
    """Bring a payment's refunds and dispute in line with the provider's books.

    Returns
    -------
    Verdict
        MISSING when the payment is not one of the shop's, PENDING when the books cannot be read now.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    owner = desk.payments.order_of_receipt(method, receipt)
    if owner is None:
        return Verdict.MISSING
    statement = desk.providers[method].statement(receipt)
    if statement is None:
        return Verdict.PENDING
    number, attempt = owner
    for entry in statement.refunds:
        _note_entry(desk, number, attempt, entry)
    if statement.dispute is not None:
        _note_dispute(desk, number, attempt, statement.dispute)
    return Verdict.FINAL


def _note_entry(desk: PaymentDesk, number: str, attempt: int, entry: RefundEntry) -> None:
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None:
            return
        adopt(account.attempts[attempt].correlation_id)
        known = _known(account, attempt, entry)
        if known is not None:
            if entry.state == "succeeded":
                note_refund(desk, number, known.number, RefundDone(entry.id))
            elif entry.state == "failed":
                about = frozenset({entry.id, entry.reference or entry.id})
                failed = RefundImpossible("failed", "refund_failed", about)
                note_refund(desk, number, known.number, failed)
            return
        if entry.state == "failed":
            return
        try:
            _book_outside(desk, account, account.attempts[attempt], entry)
        except StaleWrite:
            continue
        return
    raise CommitBusy


def _known(account: Account, attempt: int, entry: RefundEntry) -> Refund | None:
    return next(
        (
            refund
            for refund in account.refunds.values()
            if refund.attempt == attempt
            and (refund.reference == entry.reference or entry.id in (refund.sent_as, refund.refund_receipt))
        ),
        None,
    )


def _book_outside(desk: PaymentDesk, account: Account, attempt: Attempt, entry: RefundEntry) -> None:
    """Book a refund that the shop did not ask for; with refunds of its own under way, only what is left counts."""
    order = account.order
    counted = min(entry.amount, attempt.captured - attempt.refunded)
    refund = Refund(
        order_number=order.number,
        number=order.refunds + 1,
        attempt=attempt.number,
        reference=f"{order.number}-R{order.refunds + 1}",
        amount=counted,
        captured=attempt.captured,
        currency=attempt.currency,
        phone=attempt.phone,
        receipt=attempt.receipt,
        why="outside",
        state=RefundState.SUCCEEDED if entry.state == "succeeded" else RefundState.SENT,
        sent_as=entry.id,
        refund_receipt=entry.id if entry.state == "succeeded" else None,
    )
    fact = RefundFoundOutside(
        order_number=order.number, number=refund.number, amount=entry.amount, attempt=attempt.number, receipt=entry.id
    )
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact, refunds=refund.number)
    if counted:
        desk.payments.change_attempt(commit, attempt, attempt.giving_back(counted))
    desk.payments.open_refund(commit, refund)
    commit.send()


def _note_dispute(desk: PaymentDesk, number: str, attempt: int, dispute: DisputeEntry) -> None:
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or account.order.dispute == dispute.status:
            return
        adopt(account.attempts[attempt].correlation_id)
        commit = Commit(desk.database)
        desk.change_order(commit, account.order, _dispute_fact(number, attempt, dispute), dispute=dispute.status)
        try:
            commit.send()
        except StaleWrite:
            continue
        return
    raise CommitBusy


def _dispute_fact(number: str, attempt: int, dispute: DisputeEntry) -> EventData:
    if dispute.status == "open":
        return PaymentDisputed(
            order_number=number, attempt=attempt, dispute=dispute.id, amount=dispute.amount, reason=dispute.reason
        )
    return DisputeClosed(
        order_number=number, attempt=attempt, dispute=dispute.id, amount=dispute.amount, won=dispute.status == "won"
    )
