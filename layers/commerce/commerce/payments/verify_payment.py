"""Verify: ask the provider what became of an attempt, and act on its answer alone (promise 4)."""

from __future__ import annotations

from commerce.kernel.commit import Commit
from commerce.ordering.model import Order
from commerce.payments.decision import Verdict, decide
from commerce.payments.desk import PaymentDesk
from commerce.payments.events import (
    PaymentClaimDisputed,
    PaymentOutcomeUnknown,
    PaymentReceiptRecorded,
    PaymentUnresolved,
)
from commerce.payments.model import Attempt, AttemptState
from commerce.payments.port import Doubtful, LookUpRequest, Paid, PaymentClaim, Pending, Refused
from commerce.payments.settle_payment import settle_payment
from commerce.payments.start_payment import failed, failure, start_request
from commerce.payments.store import Account, ReceiptTaken


def verify_payment(
    desk: PaymentDesk, number: str, attempt: int, claim: PaymentClaim | None = None, *, hinted: bool = False
) -> Verdict:
    """Look an attempt up at its provider and settle it, end it, or leave it pending.

    Safe to run at any time, any number of times, and at the same time as itself, the sweep or a retry.

    Parameters
    ----------
    claim
        What a callback said, if one led here. Its receipt and amount are recorded once the provider confirms the
        money; a failure it claims moves nothing by itself.
    hinted
        The provider's own signed event led here: even an attempt that has failed is looked up once more.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    return decide(
        desk, number, attempt, lambda account, known: _verify(desk, account.order, known, claim, hinted=hinted)
    )


def close_payment(desk: PaymentDesk, number: str, attempt: int) -> Verdict:
    """End an attempt at its provider where that can be done, so that no money comes later, and act on the answer.

    Where it cannot be done this is `verify_payment`. FINAL says that the attempt is decided: failed, paid or under
    review; anything else that money may still come.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    return decide(desk, number, attempt, lambda account, known: _verify(desk, account.order, known, None, close=True))


def _verify(
    desk: PaymentDesk,
    order: Order,
    attempt: Attempt,
    claim: PaymentClaim | None,
    *,
    close: bool = False,
    hinted: bool = False,
) -> Verdict:
    claim = claim if claim and _concerns(claim, attempt) else None
    if attempt.state in (AttemptState.SUCCEEDED, AttemptState.REVIEW):
        if claim and claim.of_success:
            _note_claim(desk, order, attempt, claim)
        return Verdict.FINAL
    if attempt.state is AttemptState.FAILED and not hinted and (claim is None or not claim.of_success):
        return Verdict.FINAL
    provider = desk.providers[attempt.method]
    known = attempt.knowing(claim.references) if claim else attempt
    question = LookUpRequest(start_request(desk, order, attempt), known.references)
    match provider.cancel(question) if close else provider.look_up(question):
        case Paid() as paid:
            settle_payment(desk, order, attempt, claim, paid=paid)
            return Verdict.FINAL
        case Refused() as refusal:
            contradicted = claim is not None and claim.of_success
            if attempt.live:
                _end(desk, order, attempt, claim, refusal)
                # A look-up that came too early is worth one more; the claim names the only receipt there may be.
                return Verdict.PENDING if contradicted else Verdict.FINAL
            if claim is not None:
                _dispute(desk, order, attempt, claim, f"the provider says {refusal.code}")
            return Verdict.FINAL
        case Doubtful(detail):
            _review(desk, order, known, attempt, detail)
            return Verdict.FINAL
        case Pending(awaiting_buyer=waiting):
            if attempt.state is AttemptState.STARTING:
                _admit_unknown(desk, order, attempt)
            return Verdict.WAITING if waiting else Verdict.PENDING


def give_up(desk: PaymentDesk, number: str, attempt: int, *, again: bool = False) -> None:
    """Put on record, once, that every check of an attempt went by; the event reaches the dead letters.

    An attempt that failed is checked only because a callback claims money after all; that nobody confirms it is for a
    person to see too. `again` is for checks that a person set going after an earlier end: they are told anew.
    """

    def tell(account: Account, before: Attempt) -> Verdict:
        if (before.unresolved and not again) or before.state in (AttemptState.SUCCEEDED, AttemptState.REVIEW):
            return Verdict.FINAL
        commit = Commit(desk.database)
        fact = PaymentUnresolved(
            order_number=number, attempt=attempt, detail=f"no final answer while {before.state.value}"
        )
        desk.change_order(commit, account.order, fact)
        if not before.unresolved:
            desk.payments.change_attempt(commit, before, before.model_copy(update={"unresolved": True}))
        commit.send()
        return Verdict.FINAL

    decide(desk, number, attempt, tell)


def _concerns(claim: PaymentClaim, attempt: Attempt) -> bool:
    """Tell whether a claim speaks of the request that was made: it may not bring another request's names."""
    known, said = attempt.references, claim.references
    return all(
        mine is None or theirs is None or mine == theirs
        for mine, theirs in (
            (known.request_id, said.request_id),
            (known.payment_id, said.payment_id),
        )
    )


def _end(desk: PaymentDesk, order: Order, attempt: Attempt, claim: PaymentClaim | None, refusal: Refused) -> None:
    ended = failed(desk, attempt.knowing(claim.references) if claim else attempt, refusal)
    after = ended.model_copy(update={"unresolved": False})
    commit = Commit(desk.database)
    live = None if order.live_attempt == attempt.number else order.live_attempt
    desk.change_order(commit, order, failure(attempt, refusal), live_attempt=live)
    desk.payments.change_attempt(commit, attempt, after)
    commit.send()


def _review(desk: PaymentDesk, order: Order, known: Attempt, attempt: Attempt, detail: str) -> None:
    """Hold an attempt whose payment at the provider is not the one that was asked for; nothing is fulfilled."""
    fact = PaymentClaimDisputed(order_number=order.number, attempt=attempt.number, detail=detail)
    commit = Commit(desk.database)
    # The sweep must not release the hold of an order whose money is being looked at.
    desk.change_order(commit, order, fact, due_at=None)
    desk.payments.change_attempt(commit, attempt, known.to(AttemptState.REVIEW, disputed=True, unresolved=False))
    commit.send()


def _admit_unknown(desk: PaymentDesk, order: Order, attempt: Attempt) -> None:
    """The worker that pushed died before it could say what came of it."""
    commit = Commit(desk.database)
    fact = PaymentOutcomeUnknown(
        order_number=order.number, attempt=attempt.number, detail="the outcome of the push was never recorded"
    )
    desk.change_order(commit, order, fact)
    desk.payments.change_attempt(commit, attempt, attempt.to(AttemptState.UNKNOWN, answered=AttemptState.UNKNOWN))
    commit.send()


def _note_claim(desk: PaymentDesk, order: Order, attempt: Attempt, claim: PaymentClaim) -> None:
    """Take the receipt of money that is booked or under review; what contradicts the books is for a person."""
    differs = claim.amount is not None and claim.amount != attempt.amount
    if attempt.receipt is not None:
        return
    if claim.receipt is None:
        if differs and attempt.state is AttemptState.SUCCEEDED:
            _dispute(desk, order, attempt, claim, "the amount differs, and no receipt is named")
        return
    after = attempt.model_copy(update={"receipt": claim.receipt})
    fact = PaymentReceiptRecorded(
        order_number=order.number,
        attempt=attempt.number,
        receipt=claim.receipt,
        amount_claimed=claim.amount if differs else None,
        check_record=differs or attempt.state is AttemptState.REVIEW,
    )
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact)
    desk.payments.change_attempt(commit, attempt, after)
    desk.payments.spend_receipt(commit, attempt, after)
    try:
        commit.send()
    except ReceiptTaken:
        _dispute(desk, order, attempt, claim, "the receipt belongs to another payment")


def _dispute(desk: PaymentDesk, order: Order, attempt: Attempt, claim: PaymentClaim, detail: str) -> None:
    """Put a claim that cannot be right on record, once for each attempt; the event reaches a person."""
    if attempt.disputed:
        return
    fact = PaymentClaimDisputed(
        order_number=order.number,
        attempt=attempt.number,
        detail=detail,
        receipt_claimed=claim.receipt,
        amount_claimed=claim.amount,
    )
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact)
    desk.payments.change_attempt(commit, attempt, attempt.model_copy(update={"disputed": True}))
    commit.send()
