"""A refund that failed is a person's work: start it again, or note that it was settled by hand."""

from __future__ import annotations

from collections.abc import Callable

from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, NotFound, StaleWrite
from commerce.kernel.events import EventData
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import RefundDue, RefundRestarted, RefundSettledByHand
from commerce.payments.model import Refund, RefundState
from commerce.payments.refund_payment import NO_RESULT
from commerce.payments.store import Account


class RefundNotFailed(Conflict):
    """The refund is under way or done."""


def restart_refund(desk: PaymentDesk, number: str, refund_number: int, *, by: str, reason: str) -> Account:
    """Start a failed refund again.

    One that the provider took, and said how it ended, gets a new reference, since providers do not take a reference
    twice. Any other keeps its own: a try whose answer was never heard may have gone through, also where the next was
    refused.

    Raises
    ------
    NotFound
        When there is no such refund.
    RefundNotFailed
        When it is under way or done.
    CommitBusy
        When others keep changing the order. Try again later.
    """

    def again(before: Refund) -> tuple[Refund, EventData]:
        tries, reference = before.tries + 1, before.reference
        if before.sent_as is not None and before.code != NO_RESULT:
            reference = f"{number}-R{before.number}.{tries}"
        fresh: dict[str, object] = dict.fromkeys(("sent_as", "refund_receipt", "code", "reason"))
        after = before.to(RefundState.REQUESTED, tries=tries, reference=reference, **fresh)
        due = RefundDue(number=before.number, attempt=before.attempt or 0, amount=before.amount, why=before.why)
        fact = RefundRestarted(
            order_number=number, number=before.number, amount=before.amount, refund=due, by=by, reason=reason
        )
        return after, fact

    return _change(desk, number, refund_number, again)


def settle_by_hand(
    desk: PaymentDesk, number: str, refund_number: int, *, receipt: str, by: str, reason: str
) -> Account:
    """Note that a person gave the money of a failed refund back beside the machine.

    Raises
    ------
    NotFound, RefundNotFailed, CommitBusy
        As of `restart_refund`.
    """

    def settled(before: Refund) -> tuple[Refund, EventData]:
        fact = RefundSettledByHand(
            order_number=number, number=before.number, amount=before.amount, receipt=receipt, by=by, reason=reason
        )
        # The provider's failure is dealt with: hearing of it again must not undo this.
        return before.to(RefundState.SUCCEEDED, refund_receipt=receipt, sent_as=None), fact

    return _change(desk, number, refund_number, settled)


def _change(
    desk: PaymentDesk, number: str, refund_number: int, change: Callable[[Refund], tuple[Refund, EventData]]
) -> Account:
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or refund_number not in account.refunds:
            raise NotFound("There is no such refund.")
        before = account.refunds[refund_number]
        if before.state is not RefundState.FAILED:
            raise RefundNotFailed(f"This refund is {before.state.value}.")
        after, fact = change(before)
        commit = Commit(desk.database)
        desk.change_order(commit, account.order, fact)
        desk.payments.change_refund(commit, before, after)
        try:
            commit.send()
        except StaleWrite:
            continue
        done = desk.payments.account(number)
        if done is not None:
            return done
    raise CommitBusy
