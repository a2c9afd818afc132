"""Settle: confirmed money meets its order in one commit (promises 1, 3 and 5)."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.inventory.model import Hold, allocate
from commerce.inventory.store import BucketShort
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy
from commerce.kernel.events import EventData
from commerce.ordering.model import Order, OrderStatus
from commerce.payments.desk import PaymentDesk
from commerce.payments.events import (
    DuplicatePaymentReceived,
    LatePaymentReceived,
    PaymentConfirmed,
    PaymentHeldForReview,
    RefundDue,
)
from commerce.payments.model import Attempt, AttemptState, Refund
from commerce.payments.port import PaymentClaim
from commerce.payments.store import ReceiptTaken

#: How often stock is chosen anew when others take the chosen buckets first.
STOCK_TRIES = 5


def settle_payment(desk: PaymentDesk, order: Order, attempt: Attempt, claim: PaymentClaim | None) -> None:
    """Book money that the provider itself confirmed for an attempt.

    What happens follows from the order's stored state, in one commit that either holds or changes nothing:

    - awaiting payment: the order is paid and its held stock is sold;
    - expired, and stock is still there: stock is taken anew and the order is paid;
    - expired, and the stock is gone; cancelled; or paid by another attempt: the money goes back;
    - less was paid than asked: nothing is fulfilled, a person decides; more: the difference goes back.

    Raises
    ------
    StaleWrite
        When the order or the attempt changed meanwhile. Read again.
    CommitBusy
        When stock or the tables stay contended. Try later.
    """
    known = attempt.knowing(claim.references) if claim else attempt
    claimed = claim.amount if claim and claim.amount is not None else attempt.amount
    receipt = claim.receipt if claim else None
    try:
        _Settlement(desk, order, attempt, known, claimed, receipt).book()
    except ReceiptTaken:
        # The provider confirms the money, but the claimed receipt belongs to another payment: believe the provider,
        # drop the claim, and leave it in the event for a person to see.
        _Settlement(desk, order, attempt, known, attempt.amount, None, refused=receipt).book()


@dataclass(frozen=True, slots=True)
class _Settlement:
    """One try at booking: `before` is the attempt as read, `known` the same with the names a claim brought."""

    desk: PaymentDesk
    order: Order
    before: Attempt
    known: Attempt
    captured: int
    receipt: str | None
    refused: str | None = None

    def book(self) -> None:
        if self.captured < self.before.amount:
            self._hold_for_review()
        elif self.order.status is OrderStatus.PENDING_PAYMENT:
            self._pay(self.order.holds, late=False)
        elif self.order.status is OrderStatus.EXPIRED:
            self._pay_late()
        else:
            self._give_back()

    def _pay_late(self) -> None:
        lines = self.order.terms.lines
        for _ in range(STOCK_TRIES):
            left = self.desk.stock.by_bucket({line.sku: line.stock_buckets for line in lines})
            chosen = {line.sku: allocate(self.order.id, line.sku, line.quantity, left[line.sku]) for line in lines}
            holds = {sku: held for sku, held in chosen.items() if held is not None}
            if len(holds) < len(chosen):
                self._give_back()
                return
            try:
                self._pay(holds, late=True)
            except BucketShort:
                continue
            return
        raise CommitBusy

    def _pay(self, holds: dict[str, tuple[Hold, ...]], *, late: bool) -> None:
        extra = self.captured - self.before.amount
        fact = PaymentConfirmed(
            order_number=self.order.number,
            attempt=self.before.number,
            currency=self.before.currency.value,
            amount=self.captured,
            receipt=self.receipt,
            late=late,
            receipt_refused=self.refused,
            refund=RefundDue(attempt=self.before.number, amount=extra, why="overpaid") if extra else None,
        )
        commit = Commit(self.desk.database)
        self.desk.change_order(
            commit,
            self.order,
            fact,
            to=OrderStatus.PROCESSING,
            paid=self.order.paid + self.before.amount,
            live_attempt=None,
            due_at=None,
            holds=holds,
        )
        self._succeed(commit)
        for sku, held in holds.items():
            (self.desk.stock.sell if late else self.desk.stock.claim)(commit, sku, held)
        if extra:
            self.desk.payments.open_refund(commit, self._refund(extra, "overpaid"))
        commit.send()

    def _give_back(self) -> None:
        why = "duplicate" if self.order.paid else "late"
        event = DuplicatePaymentReceived if self.order.paid else LatePaymentReceived
        fact: EventData = event(
            order_number=self.order.number,
            attempt=self.before.number,
            currency=self.before.currency.value,
            amount=self.captured,
            receipt=self.receipt,
            refund=RefundDue(attempt=self.before.number, amount=self.captured, why=why),
        )
        live = self.order.live_attempt
        commit = Commit(self.desk.database)
        self.desk.change_order(commit, self.order, fact, live_attempt=None if live == self.before.number else live)
        self._succeed(commit)
        self.desk.payments.open_refund(commit, self._refund(self.captured, why))
        commit.send()

    def _hold_for_review(self) -> None:
        fact = PaymentHeldForReview(
            order_number=self.order.number,
            attempt=self.before.number,
            amount_expected=self.before.amount,
            amount_claimed=self.captured,
            receipt=self.receipt,
        )
        after = self.known.to(AttemptState.REVIEW, receipt=self.receipt)
        commit = Commit(self.desk.database)
        # The sweep must not release the hold of an order whose money is being looked at.
        self.desk.change_order(commit, self.order, fact, due_at=None)
        self.desk.payments.change_attempt(commit, self.before, after)
        self.desk.payments.spend_receipt(commit, after)
        commit.send()

    def _succeed(self, commit: Commit) -> None:
        after = self.known.to(AttemptState.SUCCEEDED, receipt=self.receipt, unresolved=False)
        self.desk.payments.change_attempt(commit, self.before, after)
        self.desk.payments.spend_receipt(commit, after)

    def _refund(self, amount: int, why: str) -> Refund:
        return Refund(
            order_number=self.order.number,
            attempt=self.before.number,
            reference=f"{self.order.number}-R{self.before.number}",
            amount=amount,
            captured=self.captured,
            currency=self.before.currency,
            phone=self.before.phone,
            receipt=self.receipt,
            why=why,
        )
