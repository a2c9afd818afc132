"""Check the amount: where a callback claims another amount than was asked, the provider's own record decides.

No money is given away, and none is refused, on a callback's word (promise 4).
"""

from __future__ import annotations

from commerce.kernel.commit import Commit
from commerce.ordering.model import Order
from commerce.payments.decision import Verdict, decide
from commerce.payments.desk import PaymentDesk
from commerce.payments.events import PaymentRecordMissing, PaymentRecordRead, RefundDue
from commerce.payments.links import Purpose
from commerce.payments.model import Attempt, AttemptState
from commerce.payments.port import PaymentRecord, RecordRequest
from commerce.payments.settle_payment import refund_of, settle_recorded
from commerce.payments.store import Account

_CHECKED = (AttemptState.SUCCEEDED, AttemptState.REVIEW)


def ask_for_record(desk: PaymentDesk, number: str, attempt: int) -> Verdict:
    """Ask the provider for the record of an attempt's receipt, if it is not known yet."""
    account = desk.payments.account(number)
    if account is None or attempt not in account.attempts:
        return Verdict.MISSING
    known = account.attempts[attempt]
    if known.recorded is not None or known.receipt is None or known.state not in _CHECKED:
        return Verdict.FINAL
    desk.providers[known.method].ask_for_record(
        RecordRequest(
            receipt=known.receipt,
            result_url=desk.links.address(Purpose.RECORD, number, attempt, "/record"),
            timeout_url=desk.links.address(Purpose.RECORD, number, attempt, "/record"),
            remarks=f"Order {number}",
        )
    )
    return Verdict.PENDING


def note_posted_record(desk: PaymentDesk, number: str, attempt: int, body: str) -> Verdict:
    """Act on an answer that a provider posted about an attempt's record.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    account = desk.payments.account(number)
    if account is None or attempt not in account.attempts:
        return Verdict.MISSING
    provider = desk.providers[account.attempts[attempt].method]
    return note_record(desk, number, attempt, provider.read_record(body))


def note_record(desk: PaymentDesk, number: str, attempt: int, record: PaymentRecord | None) -> Verdict:
    """Act on the record: pay what was held for review, give back what is too much, or tell a person.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """

    def note(account: Account, known: Attempt) -> Verdict:
        if known.recorded is not None or known.state not in _CHECKED:
            return Verdict.FINAL
        if record is None or record.receipt != known.receipt:
            return Verdict.PENDING
        _note(desk, account.order, known, record, refunded=known.refunded > 0)
        return Verdict.FINAL

    return decide(desk, number, attempt, note)


def give_up_record(desk: PaymentDesk, number: str, attempt: int) -> None:
    """Tell a person, once, that the record never came; the payment stays as it is."""

    def tell(account: Account, known: Attempt) -> Verdict:
        if known.recorded is not None or known.receipt is None or known.unresolved:
            return Verdict.FINAL
        commit = Commit(desk.database)
        fact = PaymentRecordMissing(order_number=number, attempt=attempt, receipt=known.receipt)
        desk.change_order(commit, account.order, fact)
        desk.payments.change_attempt(commit, known, known.model_copy(update={"unresolved": True}))
        commit.send()
        return Verdict.FINAL

    decide(desk, number, attempt, tell)


def _note(desk: PaymentDesk, order: Order, attempt: Attempt, record: PaymentRecord, *, refunded: bool) -> None:
    stranger = record.payer is not None and record.payer != attempt.phone
    extra = record.amount - attempt.amount
    if attempt.state is AttemptState.REVIEW and extra >= 0 and not stranger:
        settle_recorded(desk, order, attempt, record.amount)
        return
    after = attempt.model_copy(update={"recorded": record.amount})
    due = extra > 0 and not stranger and not refunded
    number = order.refunds + 1
    changes: dict[str, object] = {"refunds": number} if due else {}
    if extra < 0 and attempt.state is AttemptState.SUCCEEDED and not refunded:
        # The order was paid on the word of a look-up that names no amount. It must not be fulfilled now: while an
        # attempt is live or under review, nothing ships. (Money that goes back had paid nothing.)
        after = after.to(AttemptState.REVIEW)
        changes = {"live_attempt": attempt.number, "paid": max(0, order.paid - attempt.amount)}
    fact = PaymentRecordRead(
        order_number=order.number,
        attempt=attempt.number,
        amount_expected=attempt.amount,
        amount=record.amount,
        attention=stranger or extra < 0 or (extra > 0 and refunded),
        refund=RefundDue(number=number, attempt=attempt.number, amount=extra, why="overpaid") if due else None,
    )
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact, **changes)
    desk.payments.change_attempt(commit, attempt, after.giving_back(extra) if due else after)
    if due:
        desk.payments.open_refund(commit, refund_of(after, number, extra, record.amount, "overpaid"))
    commit.send()
