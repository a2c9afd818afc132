"""A buyer asks to give goods back: what was sent, once, and not for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, KeyReused, LookupMissed, StaleWrite
from commerce.kernel.ids import is_order_number, order_id
from commerce.ordering.buyer import is_buyers_address
from commerce.ordering.events import OrderedItem
from commerce.ordering.model import Order, OrderStatus
from commerce.ordering.return_store import Returns
from commerce.ordering.returns import MOST_RETURNS, Return, units_returnable
from commerce.payments.desk import STALE_TRIES, OrderDesk
from commerce.payments.store import Account
from commerce.returns.events import ReturnRequested
from commerce.returns.requests import ReturnRequest


class NotReturnable(Conflict):
    """The order has not been sent, the time is over, or fewer units can be given back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A return that was asked for, now or by the same request before."""

    order: Order
    wish: Return
    replayed: bool


def request_return(desk: OrderDesk, number: str, request: ReturnRequest, key: str, window: timedelta) -> Asked:
    """Open a return for staff to decide on. The same Idempotency-Key finds the return it opened.

    Parameters
    ----------
    window
        How long after the delivery of the last parcel goods may be given back.

    Raises
    ------
    LookupMissed
        The same for a number that does not exist and for an e-mail address that is not the order's.
    KeyReused
        When the key was used with another request.
    NotReturnable
        When nothing was sent, the window is over, the payment is disputed, or the units are more than were bought,
        sent, and not given or paid back before.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    number = number.upper()
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number) if is_order_number(number) else None
        if account is None or not is_buyers_address(account.order, request.email):
            raise LookupMissed("No order has this number and e-mail address.")
        own_key = order_id(number, key)
        earlier = next((one for one in account.returns.values() if one.key == own_key), None)
        if earlier is not None:
            if earlier.fingerprint != request.fingerprint():
                raise KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key")
            return Asked(account.order, earlier, replayed=True)
        now = desk.clock.now()
        _check_time(account, now, window)
        _check_units(account, request)
        wish = Return(
            order_number=number,
            number=len(account.returns) + 1,
            key=own_key,
            fingerprint=request.fingerprint(),
            lines=request.units(),
            reason=request.reason,
            resolution=request.resolution,
            requested_at=now,
            note=request.note or None,
        )
        try:
            return Asked(_open(desk, account.order, wish), wish, replayed=False)
        except StaleWrite:
            continue
    raise CommitBusy


def returns_end_at(account: Account, window: timedelta) -> datetime | None:
    """Return when the time for returns is over; None while a parcel is still to come."""
    arrived = [one.delivered_at for one in account.shipments.values() if one.delivered_at is not None]
    if account.order.status is not OrderStatus.DELIVERED or not arrived:
        return None
    return max(arrived) + window


def _check_time(account: Account, now: datetime, window: timedelta) -> None:
    order = account.order
    if not account.shipments:
        raise NotReturnable(f"Nothing of order {order.number} was sent yet.")
    if order.dispute in ("open", "lost"):
        raise NotReturnable("The payment of this order is disputed with your bank, which decides first.")
    end = returns_end_at(account, window)
    if end is not None and now > end:
        raise NotReturnable(f"Goods could be returned for {window.days} days after delivery.")
    if len(account.returns) >= MOST_RETURNS:
        raise NotReturnable(f"An order takes at most {MOST_RETURNS} returns. Please write to us.")


def _check_units(account: Account, request: ReturnRequest) -> None:
    left = units_returnable(
        account.order, account.shipments.values(), account.returns.values(), account.units_paid_back
    )
    for sku, quantity in request.units().items():
        if quantity > left.get(sku, 0):
            raise NotReturnable(f"{sku}: {left.get(sku, 0)} can be returned.", field="items")


def _open(desk: OrderDesk, order: Order, wish: Return) -> Order:
    fact = ReturnRequested(
        order_number=order.number,
        return_number=wish.number,
        items=[OrderedItem(sku=sku, quantity=quantity) for sku, quantity in wish.lines.items()],
        reason=wish.reason,
        resolution=wish.resolution,
    )
    commit = Commit(desk.database)
    after = desk.change_order(commit, order, fact)
    Returns(desk.database).open(commit, wish)
    commit.send()
    return after
