"""Settle: confirmed money meets its order in one commit (promises 1, 3 and 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commerce.inventory.model import Hold, allocate, fits_one_commit
from commerce.inventory.store import BucketShort
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy
from commerce.kernel.events import EventData
from commerce.ordering.concessions import Concessions, Retaken
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
from commerce.payments.port import Paid, PaymentClaim
from commerce.payments.store import ReceiptTaken
from commerce.promotions.credit_store import CreditShort
from commerce.promotions.model import VoucherRefused
from commerce.promotions.store import VoucherSpent

#: How often stock and voucher are chosen anew when others take the chosen ones first.
STOCK_TRIES = 5


def settle_payment(
    desk: PaymentDesk,
    order: Order,
    attempt: Attempt,
    claim: PaymentClaim | None = None,
    *,
    paid: Paid,
    at_start: bool = False,
) -> None:
    """Book money that the provider itself confirmed for an attempt.

    Where the provider tells receipt and amount, they count; a callback's are only a claim.

    What happens follows from the order's stored state, in one commit that either holds or changes nothing:

    - awaiting payment: the order is paid and its held stock is sold;
    - expired, and stock is still there, and so are its voucher's uses and its store credit: they are taken anew and the
      order is paid;
    - expired, and one of them is gone; cancelled; or paid by another attempt: the money goes back;
    - less came than was asked, or the callback claims so: nothing is fulfilled until the provider's own record, or a
      person, says otherwise; more came: the order is paid, and the difference goes back (where only the callback claims
      it, once the provider's record shows it).

    Parameters
    ----------
    at_start
        The provider confirmed in its answer to the start, which is what the buyer is told, also in replays.

    Raises
    ------
    StaleWrite
        When the order or the attempt changed meanwhile. Read again.
    CommitBusy
        When stock or the tables stay contended. Try later.
    """
    known = attempt.knowing(claim.references) if claim else attempt
    said = claim if claim and claim.of_success else None
    if paid.captured is not None:
        known = known.model_copy(update={"recorded": paid.captured})
    if at_start:
        known = known.model_copy(update={"answered": AttemptState.SUCCEEDED})
    settlement = _Settlement(
        desk,
        order,
        before=attempt,
        known=known,
        captured=attempt.amount if paid.captured is None else paid.captured,
        receipt=paid.receipt or (said.receipt if said else None),
        claimed=said.amount if said and paid.captured is None else None,
    )
    try:
        settlement.book()
    except ReceiptTaken:
        # The provider confirms the money, but the claimed receipt belongs to another payment: believe the provider,
        # drop the claim, and leave it in the event for a person to see.
        replace(settlement, receipt=None, refused=settlement.receipt).book()


def settle_recorded(desk: PaymentDesk, order: Order, attempt: Attempt, recorded: int) -> None:
    """Book money that was held for review, now that the provider's own record shows at least what was asked.

    Raises
    ------
    StaleWrite, CommitBusy
        As of `settle_payment`.
    """
    known = attempt.model_copy(update={"recorded": recorded})
    _Settlement(desk, order, attempt, known, recorded, attempt.receipt).book()


@dataclass(frozen=True, slots=True)
class _Settlement:
    """One try at booking.

    `before` is the attempt as read, `known` the same with what is new. `captured` is proven: by our own push, or by
    the provider's record. `claimed` is only said.
    """

    desk: PaymentDesk
    order: Order
    before: Attempt
    known: Attempt
    captured: int
    receipt: str | None
    claimed: int | None = None
    refused: str | None = None

    def book(self) -> None:
        least = self.captured if self.claimed is None else min(self.claimed, self.captured)
        if least < self.before.amount:
            self._hold_for_review(least)
        elif self.order.status is OrderStatus.PENDING_PAYMENT:
            self._pay(self.order.holds)
        elif self.order.status is OrderStatus.EXPIRED:
            self._pay_late()
        else:
            self._give_back()

    def _pay_late(self) -> None:
        lines = self.order.terms.lines
        concessions = Concessions(self.desk.database)
        for _ in range(STOCK_TRIES):
            left = self.desk.stock.by_bucket({line.sku: line.stock_buckets for line in lines})
            chosen = {line.sku: allocate(self.order.id, line.sku, line.quantity, left[line.sku]) for line in lines}
            holds = {sku: held for sku, held in chosen.items() if held is not None}
            retaken = concessions.again(self.order)
            if retaken is None or len(holds) < len(chosen) or not fits_one_commit(holds):
                break
            try:
                self._pay(holds, retaken)
            except (BucketShort, VoucherSpent, CreditShort):
                continue
            except VoucherRefused:
                break
            return
        else:
            raise CommitBusy
        self._give_back()

    def _pay(self, holds: dict[str, tuple[Hold, ...]], retaken: Retaken | None = None) -> None:
        """Book the money and sell what is held; for an order that gave everything back, `retaken` with the goods."""
        late = retaken is not None
        extra = self.captured - self.before.amount
        fact = PaymentConfirmed(
            order_number=self.order.number,
            attempt=self.before.number,
            currency=self.before.currency.value,
            amount=self.captured,
            receipt=self.receipt,
            late=late,
            receipt_refused=self.refused,
            attention=self.refused is not None or (self._doubtful() and self.receipt is None),
            amount_claimed=self.claimed if self._doubtful() else None,
            check_record=self._doubtful() and self.receipt is not None,
            refund=self._due(extra, "overpaid") if extra else None,
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
            refunds=self.order.refunds + (1 if extra else 0),
            **(retaken.changes if retaken else {}),
        )
        self._succeed(commit, giving_back=extra)
        for sku, held in holds.items():
            (self.desk.stock.sell if late else self.desk.stock.claim)(commit, sku, held)
        self._take_concessions(commit, retaken)
        if extra:
            self.desk.payments.open_refund(commit, self._refund(extra, "overpaid"))
        commit.send()

    def _take_concessions(self, commit: Commit, retaken: Retaken | None) -> None:
        concessions = Concessions(self.desk.database)
        order = self.order
        if retaken is not None:
            order = order.model_copy(update=retaken.changes)
            concessions.take(commit, order, retaken.voucher)
        concessions.mark_bought(commit, order)

    def _give_back(self) -> None:
        late = self.order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED) and not self.order.paid
        why = "late" if late else "duplicate"
        event = LatePaymentReceived if late else DuplicatePaymentReceived
        fact: EventData = event(
            order_number=self.order.number,
            attempt=self.before.number,
            currency=self.before.currency.value,
            amount=self.captured,
            receipt=self.receipt,
            attention=self.refused is not None or self._doubtful(),
            refund=self._due(self.captured, why),
        )
        live = self.order.live_attempt
        commit = Commit(self.desk.database)
        self.desk.change_order(
            commit,
            self.order,
            fact,
            live_attempt=None if live == self.before.number else live,
            refunds=self.order.refunds + 1,
        )
        self._succeed(commit, giving_back=self.captured)
        self.desk.payments.open_refund(commit, self._refund(self.captured, why))
        commit.send()

    def _doubtful(self) -> bool:
        return self.claimed is not None and self.claimed != self.before.amount

    def _hold_for_review(self, claimed: int) -> None:
        fact = PaymentHeldForReview(
            order_number=self.order.number,
            attempt=self.before.number,
            amount_expected=self.before.amount,
            amount_claimed=claimed,
            receipt=self.receipt,
            check_record=self.receipt is not None,
        )
        after = self.known.to(AttemptState.REVIEW, receipt=self.receipt, unresolved=False)
        commit = Commit(self.desk.database)
        # The sweep must not release the hold of an order whose money is being looked at.
        self.desk.change_order(commit, self.order, fact, due_at=None)
        self.desk.payments.change_attempt(commit, self.before, after)
        self.desk.payments.spend_receipt(commit, self.before, after)
        commit.send()

    def _succeed(self, commit: Commit, *, giving_back: int) -> None:
        after = self.known.to(AttemptState.SUCCEEDED, receipt=self.receipt, unresolved=False).giving_back(giving_back)
        self.desk.payments.change_attempt(commit, self.before, after)
        self.desk.payments.spend_receipt(commit, self.before, after)

    def _due(self, amount: int, why: str) -> RefundDue:
        return RefundDue(number=self.order.refunds + 1, attempt=self.before.number, amount=amount, why=why)

    def _refund(self, amount: int, why: str) -> Refund:
        paid = self.known.model_copy(update={"receipt": self.receipt})
        return refund_of(paid, self.order.refunds + 1, amount, self.captured, why)


def refund_of(attempt: Attempt, number: int, amount: int, captured: int, why: str) -> Refund:
    """Return the order's refund `number`: `amount` (minor units) out of what an attempt captured."""
    return Refund(
        order_number=attempt.order_number,
        number=number,
        attempt=attempt.number,
        reference=f"{attempt.order_number}-R{number}",
        amount=amount,
        captured=captured,
        currency=attempt.currency,
        phone=attempt.phone,
        receipt=attempt.receipt,
        why=why,
    )
