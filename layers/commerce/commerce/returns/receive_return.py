"""Goods came back: for sale again or written off, and in the same commit the buyer's money or credit is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from commerce.inventory.model import Hold, take_from
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, InvalidRequest, NotFound, StaleWrite
from commerce.ordering.model import Order
from commerce.ordering.return_store import Returns
from commerce.ordering.returns import ReceivedLine, Return, ReturnState
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.refund_lines import RefundWish, lines_worth, units_given_back
from commerce.payments.request_refund import OpenedRefunds, RefundAsk, open_refunds, refundable
from commerce.payments.store import Account
from commerce.returns.events import ReturnReceived


class ReturnNotDue(Conflict):
    """The return was not approved, is closed, or the order's money is being looked into."""


def receive_return(
    desk: PaymentDesk, number: str, return_number: int, lines: Sequence[ReceivedLine], *, by: str, reason: str
) -> Return:
    """Close a return with what came back, which may be less than was asked for: the rest may be asked for again.

    Each unit goes back into the bucket it was sold from, or out of the books; the order's holds follow. What is given
    back is the units' share of what was charged, as far as it was not given back before. Receiving the very same again
    changes nothing.

    Raises
    ------
    NotFound
        When there is no such return.
    InvalidRequest
        When the lines are empty, or more than was asked for.
    ReturnNotDue
        When it is not approved, was closed otherwise, or the payment is under review or disputed.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or return_number not in account.returns:
            raise NotFound("There is no such return.")
        before = account.returns[return_number]
        if before.state is ReturnState.RECEIVED and sorted(map(repr, before.received)) == sorted(map(repr, lines)):
            return before
        _check(account, before, lines)
        after = before.to(ReturnState.RECEIVED, received_at=desk.clock.now(), received=tuple(lines))
        try:
            _write(desk, account, before, after, by, reason)
        except StaleWrite:
            continue
        return after
    raise CommitBusy


def _check(account: Account, before: Return, lines: Sequence[ReceivedLine]) -> None:
    if before.state is not ReturnState.APPROVED:
        raise ReturnNotDue(f"This return is {before.state.value}.")
    if account.awaits_record or account.order.dispute == "open":
        raise ReturnNotDue("Money of this order is being looked into; receive the goods once that is settled.")
    if not lines or any(line.quantity < 1 for line in lines):
        raise InvalidRequest("Name what came back, one unit at least.", field="items")
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.quantity
    for sku, quantity in units.items():
        if quantity > before.lines.get(sku, 0):
            raise InvalidRequest(f"{sku}: {before.lines.get(sku, 0)} were to come back.", field="items")


def _write(desk: PaymentDesk, account: Account, before: Return, after: Return, by: str, reason: str) -> None:
    order = account.order
    commit = Commit(desk.database)
    opened = _refund(desk, commit, account, after, by)
    fact = ReturnReceived(
        order_number=order.number,
        return_number=after.number,
        items=list(after.received),
        amount=opened.amount,
        currency=order.terms.currency.value,
        credited=opened.credited,
        refund=opened.due,
        by=by,
        reason=reason,
    )
    holds = _stock_back(desk, commit, order, after.received)
    desk.change_order(commit, order, fact, holds=holds, **opened.changes)
    Returns(desk.database).change(commit, before, after)
    commit.send()


def _refund(desk: PaymentDesk, commit: Commit, account: Account, after: Return, by: str) -> OpenedRefunds:
    paid_back = units_given_back(account.refunds.values())
    bought = {line.sku: line.quantity for line in account.order.terms.lines}
    units = {sku: min(came, bought[sku] - paid_back[sku]) for sku, came in after.units_received.items()}
    wish = RefundWish(
        destination="original" if after.resolution == "refund" else "credit",
        items={sku: count for sku, count in units.items() if count > 0},
    )
    left = refundable(account)
    if not wish.items or not left or account.order.dispute == "lost":
        return OpenedRefunds(amount=0)
    amount, lines = lines_worth(account, wish)
    worth = left if amount is None else min(amount, left)
    return open_refunds(desk, commit, account, RefundAsk(worth, wish.destination, "returned", lines, after.id, by))


def _stock_back(
    desk: PaymentDesk, commit: Commit, order: Order, received: Sequence[ReceivedLine]
) -> dict[str, tuple[Hold, ...]]:
    holds = dict(order.holds)
    for sku in dict.fromkeys(line.sku for line in received):
        fates: dict[str, tuple[Hold, ...]] = {"restock": (), "write_off": ()}
        for line in received:
            if line.sku == sku:
                taken, holds[sku] = take_from(holds[sku], line.quantity)
                fates[line.fate] += taken
        desk.stock.take_back(commit, sku, fates["restock"], fates["write_off"])
    return holds
