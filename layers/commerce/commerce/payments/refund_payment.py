"""Give money back: once, whatever is redelivered, timed out or answered twice (promise 3)."""

from __future__ import annotations

from commerce.kernel.commit import Commit
from commerce.kernel.context import adopt
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.kernel.events import EventData
from commerce.kernel.money import Money
from commerce.ordering.model import Order
from commerce.payments.decision import Verdict
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import RefundFailed, RefundFoundOutside, RefundSent, RefundSucceeded
from commerce.payments.links import Purpose
from commerce.payments.model import Refund, RefundState
from commerce.payments.port import (
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
)

#: The code of a refund whose result was never heard: the next try must carry the same reference.
NO_RESULT = "no-result"


def refund_payment(desk: PaymentDesk, number: str, refund_number: int) -> Verdict:
    """Ask the provider to give back what a refund says; ask again if an earlier result never came.

    Repeating is safe: a reversal names the receipt it undoes, and every other way carries the refund's own reference.
    Which way it is follows from the refund as it was opened, so a receipt that turns up later cannot change it.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    account = desk.payments.account(number)
    refund = account.refunds.get(refund_number) if account else None
    if account is None or refund is None or refund.attempt is None:
        return Verdict.MISSING
    if not refund.open:
        return Verdict.FINAL
    attempt = account.attempts[refund.attempt]
    outcome = desk.providers[attempt.method].refund(
        RefundRequest(
            order_number=number,
            reference=refund.reference,
            payment=attempt.references,
            receipt=refund.receipt,
            amount=Money(refund.amount, refund.currency),
            captured=Money(refund.captured, refund.currency),
            phone=refund.phone,
            sent_as=refund.sent_as,
            result_url=desk.links.address(Purpose.REFUND, number, refund_number, "/result"),
            timeout_url=desk.links.address(Purpose.REFUND, number, refund_number, "/timeout"),
            remarks=f"Refund {number}",
        )
    )
    return note_refund(desk, number, refund_number, outcome, direct=True)


def note_posted(desk: PaymentDesk, number: str, refund_number: int, body: str, *, timed_out: bool) -> Verdict:
    """Record what a provider posted about a refund.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    account = desk.payments.account(number)
    refund = account.refunds.get(refund_number) if account else None
    if account is None or refund is None or refund.attempt is None:
        return Verdict.MISSING
    provider = desk.providers[account.attempts[refund.attempt].method]
    return note_refund(desk, number, refund_number, provider.interpret_refund(body, timed_out=timed_out))


def note_refund(
    desk: PaymentDesk, number: str, refund_number: int, outcome: RefundOutcome, *, direct: bool = False
) -> Verdict:
    """Record what the provider answered, at once (`direct`) or later, about a refund.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or refund_number not in account.refunds:
            return Verdict.MISSING
        before = account.refunds[refund_number]
        if before.attempt is not None:
            adopt(account.attempts[before.attempt].correlation_id)
        try:
            return _note(desk, account.order, before, outcome, direct=direct)
        except StaleWrite:
            continue
    raise CommitBusy


def give_up_refund(desk: PaymentDesk, number: str, refund_number: int) -> Verdict:
    """Hand a refund whose result never came to a person; a result that comes after all still counts."""
    outcome = RefundImpossible(NO_RESULT, "no_result")
    return note_refund(desk, number, refund_number, outcome)


def _note(desk: PaymentDesk, order: Order, before: Refund, outcome: RefundOutcome, *, direct: bool) -> Verdict:
    if isinstance(outcome, RefundImpossible) and _of_another_try(before, outcome, direct=direct):
        return Verdict.PENDING
    fact: EventData
    number, named, amount = order.number, before.number, before.amount
    match outcome:
        case RefundDone(receipt) if before.state is not RefundState.SUCCEEDED:
            after = before.to(RefundState.SUCCEEDED, refund_receipt=receipt)
            fact = RefundSucceeded(order_number=number, number=named, amount=amount, receipt=receipt)
        case RefundDone(str(receipt)) if before.refund_receipt not in (None, receipt):
            # A person paid what the provider had paid after all: the money went back twice, and somebody must know.
            after = before.model_copy(update={"refund_receipt": receipt})
            fact = RefundFoundOutside(
                order_number=number, number=named, amount=amount, attempt=before.attempt or 0, receipt=receipt
            )
        case RefundImpossible(code, reason, about) if before.open or _undone(before, about):
            after = before.to(
                RefundState.FAILED, code=code, reason=reason, sent_as=before.sent_as or min(about, default=None)
            )
            fact = RefundFailed(order_number=number, number=named, amount=amount, code=code, reason=reason)
        case RefundImpossible(code, reason, about) if _unheard(before) and about & _names(before):
            # Now it is certain, so the next try may have a new reference.
            after = before.model_copy(update={"code": code, "reason": reason, "sent_as": before.sent_as or min(about)})
            fact = RefundFailed(order_number=number, number=named, amount=amount, code=code, reason=reason)
        case RefundAccepted(conversation_id) if before.state is RefundState.REQUESTED:
            after = before.to(RefundState.SENT, sent_as=conversation_id)
            fact = RefundSent(order_number=number, number=named, amount=amount)
        case _:
            return Verdict.PENDING if before.open else Verdict.FINAL
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact)
    desk.payments.change_refund(commit, before, after)
    commit.send()
    return Verdict.PENDING if after.open else Verdict.FINAL


def _names(refund: Refund) -> set[str]:
    """Return the names under which a provider speaks of a refund's present try."""
    return {name for name in (refund.reference, refund.sent_as) if name is not None}


def _unheard(before: Refund) -> bool:
    return before.state is RefundState.FAILED and before.code == NO_RESULT


def _undone(before: Refund, about: frozenset[str]) -> bool:
    """Tell whether a failure is of money that had gone back and came home again."""
    return before.state is RefundState.SUCCEEDED and bool(about & {before.sent_as, before.refund_receipt})


def _of_another_try(before: Refund, outcome: RefundImpossible, *, direct: bool) -> bool:
    """Tell whether a refusal is of a repeat, or of the try before a restart: the present one may still succeed."""
    if before.state is RefundState.SENT:
        return not outcome.about & _names(before) if outcome.about else direct
    restarted = before.state is RefundState.REQUESTED and before.tries > 1
    return restarted and not direct and bool(outcome.about) and before.reference not in outcome.about
