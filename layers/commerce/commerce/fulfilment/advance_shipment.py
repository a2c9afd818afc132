"""A shipment comes further, because its carrier or staff say so: only forward, and each step once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from commerce.fulfilment.events import OrderDelivered, ShipmentMoved
from commerce.fulfilment.messages import LONGEST_TEXT, CarrierMessage
from commerce.kernel.clock import to_text
from commerce.kernel.commit import Commit
from commerce.kernel.context import adopt
from commerce.kernel.errors import CommitBusy, Conflict, NotFound, StaleWrite
from commerce.ordering.model import OrderStatus
from commerce.ordering.shipment_store import Shipments
from commerce.ordering.shipments import Shipment, ShipmentState, status_of, units_owed
from commerce.payments.desk import STALE_TRIES, OrderDesk
from commerce.payments.store import Account

Report = Literal["in_transit", "delivered", "exception"]


class ShipmentAhead(Conflict):
    """The shipment is further than that already, or has come to its end."""


class Progress(StrEnum):
    """What a report came to. NOTHING: it is old, repeated or out of order. FOREIGN: not that carrier's parcel."""

    MOVED = "moved"
    NOTED = "noted"
    NOTHING = "nothing"
    MISSING = "missing"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Step:
    """What is said to have happened to a shipment.

    Parameters
    ----------
    name
        What tells this report from a repeated one.
    by
        Who says so: a staff member's subject, or ``carrier/<name>``.
    words
        An exception's description: kept with the shipment, and in no event.
    reason
        Why staff moved it.
    """

    status: Report
    name: str
    happened_at: datetime
    by: str
    words: str | None = None
    reason: str | None = None


def track_parcel(desk: OrderDesk, message: CarrierMessage) -> Progress:
    """Let a carrier's report move its shipment. A report about another carrier's parcel, or of another tracking
    reference, changes nothing: a carrier's secret opens that carrier's parcels alone.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    step = Step(
        status=message.status,  # type: ignore[arg-type]  # the message holds no other
        name=message.id,
        happened_at=message.happened_at,
        by=f"carrier/{message.carrier}",
        words=message.description,
    )
    return _advance(desk, message.order_number, message.shipment, step, (message.carrier, message.tracking))


def move_shipment(
    desk: OrderDesk, number: str, shipment: int, status: Report, *, by: str, reason: str | None = None
) -> Progress:
    """Let staff move a shipment. Saying again what is so already changes nothing.

    Raises
    ------
    NotFound
        When there is no such shipment.
    ShipmentAhead
        When that would move it back.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    now = desk.clock.now()
    step = Step(status, f"{by} {to_text(now)}", now, by, words=(reason or "")[:LONGEST_TEXT], reason=reason)
    progress = _advance(desk, number, shipment, step, None)
    if progress is Progress.MISSING:
        raise NotFound("There is no such shipment.")
    account = desk.payments.account(number)
    if progress is Progress.NOTHING and account is not None and account.shipments[shipment].state.value != status:
        raise ShipmentAhead(f"This shipment is {account.shipments[shipment].state.value.replace('_', ' ')} already.")
    return progress


def _advance(desk: OrderDesk, number: str, shipment: int, step: Step, parcel: tuple[str, str] | None) -> Progress:
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or shipment not in account.shipments:
            return Progress.MISSING
        adopt(account.correlation_id)
        before = account.shipments[shipment]
        if parcel is not None and parcel != (before.carrier, before.tracking):
            return Progress.FOREIGN
        try:
            return _take(desk, account, before, step)
        except StaleWrite:
            continue
    raise CommitBusy


def _take(desk: OrderDesk, account: Account, before: Shipment, step: Step) -> Progress:
    if step.status == "exception":
        if not before.notes(step.name, step.happened_at):
            return Progress.NOTHING
        after = before.noting(step.name, step.words or "", step.happened_at)
        _write(desk, account, before, after, step)
        return Progress.NOTED
    state = ShipmentState(step.status)
    if before.may(state):
        _write(desk, account, before, before.to(state, desk.clock.now()), step)
        return Progress.MOVED
    if before.state is state and _status(account, before) is not account.order.status:
        # What was left of the order was paid back instead of sent, after this shipment's last step.
        _write(desk, account, before, before, step)
        return Progress.MOVED
    return Progress.NOTHING


def _status(account: Account, after: Shipment) -> OrderStatus:
    order = account.order
    shipments = [after if one.number == after.number else one for one in account.shipments.values()]
    return status_of(order, shipments, units_owed(order, shipments, account.units_paid_back))


def _write(desk: OrderDesk, account: Account, before: Shipment, after: Shipment, step: Step) -> None:
    order, status = account.order, _status(account, after)
    facts = {
        "order_number": order.number,
        "shipment": after.number,
        "carrier": after.carrier,
        "by": step.by,
        "reason": step.reason,
    }
    delivered = status is OrderStatus.DELIVERED and order.status is not OrderStatus.DELIVERED
    fact = OrderDelivered(**facts) if delivered else ShipmentMoved(**facts, status=step.status)  # type: ignore[arg-type]
    commit = Commit(desk.database)
    desk.change_order(commit, order, fact, to=status)
    Shipments(desk.database).change(commit, before, after)
    commit.send()
