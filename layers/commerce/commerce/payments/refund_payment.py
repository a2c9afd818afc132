"""Give money back: once, whatever is redelivered, timed out or answered twice (promise 3)."""

from __future__ import annotations

from commerce.kernel.commit import Commit
from commerce.kernel.events import EventData
from commerce.kernel.money import Money
from commerce.ordering.model import Order
from commerce.payments.decision import Verdict, decide
from commerce.payments.desk import PaymentDesk
from commerce.payments.events import RefundFailed, RefundSent, RefundSucceeded
from commerce.payments.links import Purpose
from commerce.payments.model import Attempt, Refund, RefundState
from commerce.payments.port import (
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
)
from commerce.payments.store import Account


def refund_payment(desk: PaymentDesk, number: str, attempt: int) -> Verdict:
    """Ask the provider to give back what an attempt's refund says; ask again if an earlier result never came.

    Repeating is safe: a reversal names the receipt it undoes, and every other way carries the refund's own reference.
    Which way it is follows from the refund as it was opened, so a receipt that turns up later cannot change it.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    account = desk.payments.account(number)
    if account is None or attempt not in account.refunds:
        return Verdict.MISSING
    refund = account.refunds[attempt]
    if not refund.open:
        return Verdict.FINAL
    outcome = desk.providers[account.attempts[attempt].method].refund(
        RefundRequest(
            order_number=number,
            reference=refund.reference,
            receipt=refund.receipt,
            amount=Money(refund.amount, refund.currency),
            captured=Money(refund.captured, refund.currency),
            phone=refund.phone,
            result_url=desk.links.address(Purpose.REFUND, number, attempt, "/result"),
            timeout_url=desk.links.address(Purpose.REFUND, number, attempt, "/timeout"),
            remarks=f"Refund {number}",
        )
    )
    if refund.state is RefundState.SENT and isinstance(outcome, RefundImpossible):
        # The provider has taken an earlier try, which may still succeed: its refusal of a repeat says nothing of that.
        outcome = RefundUnknown(outcome.code)
    return note_refund(desk, number, attempt, outcome)


def note_refund(desk: PaymentDesk, number: str, attempt: int, outcome: RefundOutcome) -> Verdict:
    """Record what the provider answered, at once or later, about an attempt's refund.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """

    def note(account: Account, _: Attempt) -> Verdict:
        refund = account.refunds.get(attempt)
        return Verdict.MISSING if refund is None else _note(desk, account.order, refund, outcome)

    return decide(desk, number, attempt, note)


def give_up_refund(desk: PaymentDesk, number: str, attempt: int) -> Verdict:
    """Hand a refund whose result never came to a person; a result that comes after all still counts."""
    return note_refund(desk, number, attempt, RefundImpossible("no-result", "the provider never reported a result"))


def _note(desk: PaymentDesk, order: Order, before: Refund, outcome: RefundOutcome) -> Verdict:
    fact: EventData
    number, attempt, amount = order.number, before.attempt, before.amount
    match outcome:
        case RefundDone(receipt) if before.state is not RefundState.SUCCEEDED:
            after = before.to(RefundState.SUCCEEDED, refund_receipt=receipt)
            fact = RefundSucceeded(order_number=number, attempt=attempt, amount=amount, receipt=receipt)
        case RefundImpossible(code, reason) if before.open:
            after = before.to(RefundState.FAILED, code=code)
            fact = RefundFailed(order_number=number, attempt=attempt, amount=amount, code=code, reason=reason)
        case RefundAccepted(conversation_id) if before.state is RefundState.REQUESTED:
            after = before.to(RefundState.SENT, conversation_id=conversation_id)
            fact = RefundSent(order_number=number, attempt=attempt, amount=amount)
        case RefundDone() | RefundImpossible() | RefundAccepted() | RefundUnknown():
            return Verdict.PENDING if before.open else Verdict.FINAL
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact)
    desk.payments.change_refund(commit, before, after)
    commit.send()
    return Verdict.PENDING if after.open else Verdict.FINAL
