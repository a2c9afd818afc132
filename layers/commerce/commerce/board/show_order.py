"""One order, and its trail of events."""

from __future__ import annotations

from commerce.audit.store import EventLog
from commerce.board.views import EventView, StaffOrderDetail, Trail
from commerce.kernel.errors import NotFound
from commerce.payments.store import Payments


def show_order(payments: Payments, number: str) -> StaffOrderDetail:
    """Return an order with its payments, refunds, shipments and returns (one query).

    Raises
    ------
    NotFound
        When there is no such order.
    """
    account = payments.account(number)
    if account is None:
        raise NotFound("There is no such order.")
    return StaffOrderDetail.of(account)


def show_trail(log: EventLog, subject: str) -> Trail:
    """Return what happened to a subject, oldest first, by the clock: some subjects' sequences are no times.

    Raises
    ------
    NotFound
        When nothing ever happened to it.
    """
    events = log.trail(subject)
    if not events:
        raise NotFound("Nothing is known of this.")
    return Trail(subject=subject, items=[EventView.of(each) for each in sorted(events, key=lambda each: each.at)])
