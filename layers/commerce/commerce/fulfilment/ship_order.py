"""Hand an order's goods to a carrier: all that is left of it, or some. One commit, once for each Idempotency-Key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from commerce.fulfilment.events import ShipmentSent
from commerce.fulfilment.messages import TRACKING
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, InvalidRequest, KeyReused, NotFound, StaleWrite
from commerce.kernel.ids import order_id
from commerce.ordering.events import OrderedItem
from commerce.ordering.model import Order, OrderStatus
from commerce.ordering.shipment_store import Shipments
from commerce.ordering.shipments import MOST_SHIPMENTS, Shipment, status_of, units_left, units_owed
from commerce.payments.desk import STALE_TRIES, OrderDesk
from commerce.payments.request_refund import refundable
from commerce.payments.store import Account
from commerce.shipping.carriers import load_carriers

#: Why a parcel goes out, unless somebody says more.
THE_GOODS_ARE_READY = "the goods are ready"


class OrderNotShippable(Conflict):
    """The order is not paid for, its money is in doubt, or there is nothing left of it to send."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What staff hand to a carrier.

    Parameters
    ----------
    carrier
        One of the names in ``shipping/carriers.toml``.
    tracking
        The carrier's own name for it.
    items
        Units by SKU; None for all that must still be sent.
    """

    carrier: str
    tracking: str
    items: Mapping[str, int] | None = None

    def fingerprint(self) -> str:
        """Return what tells this parcel from another one sent under the same Idempotency-Key."""
        items = None if self.items is None else dict(self.items)
        text = json.dumps([self.carrier, self.tracking, items], sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A shipment that was sent, now or by the same request before."""

    order: Order
    shipment: Shipment
    replayed: bool


def ship_order(
    desk: OrderDesk, number: str, parcel: Parcel, *, by: str, key: str, reason: str = THE_GOODS_ARE_READY
) -> Dispatch:
    """Send a parcel of an order. A double click ships once: the same Idempotency-Key finds the shipment it sent.

    Parameters
    ----------
    by
        Who says so: the staff member's subject.
    reason
        Why now; seldom worth a word.

    Raises
    ------
    NotFound
        When there is no such order.
    InvalidRequest
        When the carrier, the tracking reference or an item cannot be.
    KeyReused
        When the key was used for another parcel.
    OrderNotShippable
        While its payment is live, under review or disputed; when it is not processing; when nothing is left.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    load_carriers().carrier(parcel.carrier)
    if not TRACKING.fullmatch(parcel.tracking):
        raise InvalidRequest("A tracking reference has up to 40 letters, digits and - . / _.", field="tracking")
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None:
            raise NotFound("There is no order of this number.")
        own_key = order_id(number, key)
        earlier = next((one for one in account.shipments.values() if one.key == own_key), None)
        if earlier is not None:
            if earlier.fingerprint != parcel.fingerprint():
                raise KeyReused("This Idempotency-Key was used for another parcel.", field="Idempotency-Key")
            return Dispatch(account.order, earlier, replayed=True)
        _check(account)
        shipment = Shipment(
            order_number=number,
            number=len(account.shipments) + 1,
            key=own_key,
            fingerprint=parcel.fingerprint(),
            carrier=parcel.carrier,
            tracking=parcel.tracking,
            lines=_lines(account, parcel),
            shipped_at=desk.clock.now(),
        )
        try:
            return Dispatch(_send(desk, account, shipment, by, reason), shipment, replayed=False)
        except StaleWrite:
            continue
    raise CommitBusy


def _check(account: Account) -> None:
    order = account.order
    if order.status is not OrderStatus.PROCESSING:
        raise OrderNotShippable(f"Order {order.number} is {order.status.value.replace('_', ' ')}.")
    if order.live_attempt is not None or account.awaits_record:
        raise OrderNotShippable("Money of this order is being looked into; nothing ships until that is settled.")
    if order.dispute in ("open", "lost"):
        raise OrderNotShippable("The payment of this order is disputed; nothing ships.")
    if order.terms.total and not refundable(account):
        raise OrderNotShippable("All that was paid for this order went back; cancel it instead.")
    if len(account.shipments) >= MOST_SHIPMENTS:
        raise OrderNotShippable(f"An order goes out in at most {MOST_SHIPMENTS} shipments.")


def _lines(account: Account, parcel: Parcel) -> dict[str, int]:
    order, shipments = account.order, account.shipments.values()
    if parcel.items is None:
        owed = units_owed(order, shipments, account.units_paid_back)
        if not owed:
            raise OrderNotShippable(f"Nothing of order {order.number} is left to send.")
        return owed
    left = units_left(order, shipments)
    if not parcel.items:
        raise InvalidRequest("Name the items to send.", field="items")
    for sku, quantity in parcel.items.items():
        if quantity < 1:
            raise InvalidRequest(f"{sku}: send at least one unit.", field="items")
        if quantity > left.get(sku, 0):
            raise OrderNotShippable(f"{sku}: {left.get(sku, 0)} left to send.", field="items")
    return dict(parcel.items)


def _send(desk: OrderDesk, account: Account, shipment: Shipment, by: str, reason: str) -> Order:
    order = account.order
    shipments = [*account.shipments.values(), shipment]
    owed = units_owed(order, shipments, account.units_paid_back)
    fact = ShipmentSent(
        order_number=order.number,
        shipment=shipment.number,
        carrier=shipment.carrier,
        tracking=shipment.tracking,
        items=[OrderedItem(sku=sku, quantity=quantity) for sku, quantity in shipment.lines.items()],
        complete=not owed,
        by=by,
        reason=reason,
    )
    commit = Commit(desk.database)
    after = desk.change_order(commit, order, fact, to=status_of(order, shipments, owed))
    Shipments(desk.database).open(commit, shipment)
    commit.send()
    return after
