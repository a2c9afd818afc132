"""Staff cancel an order of which nothing was sent: goods for sale again, money and what it used up given back."""

from __future__ import annotations

from commerce.fulfilment.events import OrderCancelled
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, NotFound, StaleWrite
from commerce.ordering.concessions import Concessions, given_back
from commerce.ordering.model import Order, OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.request_refund import OpenedRefunds, RefundAsk, open_refunds, refundable
from commerce.payments.store import Account
from commerce.payments.verify_payment import close_payment


class OrderNotCancellable(Conflict):
    """Something of the order was sent, its money is in doubt, or it is over."""


class PaymentUnderWay(Conflict):
    """The buyer is being asked to pay at this moment, and the provider cannot take that back."""


def cancel_order(desk: PaymentDesk, number: str, *, by: str, reason: str) -> Order:
    """Cancel an order. Cancelling it again changes nothing.

    An order that waits for its payment has that ended at the provider first; money that was faster pays the order, and
    is given back by the cancellation. Money that comes after it is given back as any late money. What a lost dispute
    took is not given back again.

    Raises
    ------
    NotFound
        When there is no such order.
    OrderNotCancellable
        When something was sent, money is under review and was not given back, its dispute is open, or the order
        expired.
    PaymentUnderWay
        While the provider may still bring money and cannot be stopped. Try again in a minute.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None:
            raise NotFound("There is no order of this number.")
        order = account.order
        if order.status is OrderStatus.CANCELLED:
            return order
        _check(account)
        if order.live_attempt is not None and account.attempts[order.live_attempt].live:
            if close_payment(desk, number, order.live_attempt) is not Verdict.FINAL:
                raise PaymentUnderWay("The buyer is being asked to pay at this moment. Try again in a minute.")
            continue
        try:
            return _cancel(desk, account, by, reason)
        except StaleWrite:
            continue
    raise CommitBusy


def _check(account: Account) -> None:
    order = account.order
    if order.status not in (OrderStatus.PENDING_PAYMENT, OrderStatus.PROCESSING):
        raise OrderNotCancellable(f"Order {order.number} is {order.status.value.replace('_', ' ')}.")
    if account.shipments:
        raise OrderNotCancellable("A part of this order was sent; refund or take back the rest instead.")
    if account.awaits_record or order.dispute == "open":
        raise OrderNotCancellable("Money of this order is being looked into; cancel it once that is settled.")
    if account.in_review and account.paying_attempt is None and refundable(account):
        raise OrderNotCancellable("Money of this order is under review; decide about it and give it back first.")


def _cancel(desk: PaymentDesk, account: Account, by: str, reason: str) -> Order:
    order = account.order
    paid = order.status is OrderStatus.PROCESSING
    commit = Commit(desk.database)
    opened = OpenedRefunds(amount=0)
    used = order
    if paid and refundable(account):
        opened = open_refunds(desk, commit, account, RefundAsk(None, "original", "cancelled", by=by))
        # The store credit goes back with the money; only the voucher's use is left.
        used = order.model_copy(update={"credit_id": None})
    fact = OrderCancelled(
        order_number=order.number,
        amount=opened.amount,
        currency=order.terms.currency.value,
        credited=opened.credited,
        refund=opened.due,
        by=by,
        reason=reason,
    )
    changes = given_back(order) | opened.changes
    over: dict[str, object] = dict.fromkeys(("due_at", "live_attempt"))
    after = desk.change_order(commit, order, fact, to=OrderStatus.CANCELLED, **over, **changes)
    for sku, held in order.holds.items():
        (desk.stock.restock if paid else desk.stock.release)(commit, sku, held)
    Concessions(desk.database).give_back(commit, used)
    commit.send()
    return after
