"""An order with everything about it, as staff are shown it. Amounts are minor units of the order's currency.

Codes of store credit are money to whoever knows them, and what a client pays with is its buyer's: neither is shown.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.clock import to_text
from commerce.kernel.events import Event
from commerce.ordering.model import Customer, Delivery, Order, OrderLine, OrderStatus, TaxLine, TimelineEntry
from commerce.ordering.phone import masked
from commerce.ordering.returns import ReceivedLine, Return, ReturnState
from commerce.ordering.shipments import Shipment, ShipmentState, units_left, units_owed
from commerce.payments.model import Attempt, AttemptState, Refund, RefundLine, RefundState
from commerce.payments.reasons import REFUND_REASONS
from commerce.payments.store import Account


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Units(_View):
    """Units of one SKU."""

    sku: str
    quantity: int


class StaffOrder(_View):
    """The order: what was agreed, and how it stands.

    total = subtotal - discount + shipping + rounding; its payment collects due = total - credit.
    """

    number: str
    status: OrderStatus
    version: int
    placed_at: str
    reserved_until: str
    currency: str
    items: list[OrderLine]
    subtotal: int
    discount: int
    shipping_discount: int
    shipping: int
    rounding: int
    tax: int
    total: int
    voucher: str | None
    credit: int
    credit_returned: int
    due: int
    paid: int
    dispute: str | None
    tax_record: list[TaxLine]
    customer: Customer
    delivery: Delivery
    timeline: list[TimelineEntry]


class StaffAttempt(_View):
    """One try to collect what is due. Of the paying phone only the end is shown."""

    id: str
    number: int
    method: str
    state: AttemptState
    amount: int
    captured: int = Field(description="What came, as far as the provider says so")
    refunded: int = Field(description="What of it is given back or on its way")
    phone: str | None
    started_at: str
    receipt: str | None
    payment_id: str | None = Field(description="The provider's name of the payment")
    code: str | None
    reason: str | None
    disputed: bool
    unresolved: bool

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Show an attempt."""
        return cls(
            id=attempt.id,
            number=attempt.number,
            method=attempt.method,
            state=attempt.state,
            amount=attempt.amount,
            captured=attempt.captured,
            refunded=attempt.refunded,
            phone=masked(attempt.phone) if attempt.phone else None,
            started_at=to_text(attempt.started_at),
            receipt=attempt.receipt,
            payment_id=attempt.payment_id,
            code=attempt.code,
            reason=attempt.reason,
            disputed=attempt.disputed,
            unresolved=attempt.unresolved,
        )


class StaffRefund(_View):
    """Money, or store credit, on its way back."""

    number: int
    attempt: int | None
    reference: str
    amount: int
    to: str
    why: str
    state: RefundState
    items: list[RefundLine]
    receipt: str | None
    code: str | None = Field(description="The provider's code of a failure")
    advice: str | None = Field(description="What the person who takes over a failed refund should do")
    by: str | None
    tries: int

    @classmethod
    def of(cls, refund: Refund) -> Self:
        """Show a refund."""
        return cls(
            number=refund.number,
            attempt=refund.attempt,
            reference=refund.reference,
            amount=refund.amount,
            to=refund.destination,
            why=refund.why,
            state=refund.state,
            items=list(refund.lines),
            receipt=refund.refund_receipt,
            code=refund.code,
            advice=REFUND_REASONS.get(refund.reason) if refund.reason else None,
            by=refund.by,
            tries=refund.tries,
        )


class StaffShipment(_View):
    """A parcel; `note` is the last exception its carrier reported."""

    number: int
    carrier: str
    tracking: str
    state: ShipmentState
    items: list[Units]
    shipped_at: str
    in_transit_at: str | None
    delivered_at: str | None
    note: str | None

    @classmethod
    def of(cls, shipment: Shipment) -> Self:
        """Show a shipment."""
        return cls(
            number=shipment.number,
            carrier=shipment.carrier,
            tracking=shipment.tracking,
            state=shipment.state,
            items=_units(shipment.lines),
            shipped_at=to_text(shipment.shipped_at),
            in_transit_at=to_text(shipment.in_transit_at) if shipment.in_transit_at else None,
            delivered_at=to_text(shipment.delivered_at) if shipment.delivered_at else None,
            note=shipment.note,
        )


class StaffReturn(_View):
    """What a buyer wants to give back; `note` is in the buyer's own words."""

    number: int
    state: ReturnState
    items: list[Units]
    reason: str
    resolution: str
    note: str | None
    requested_at: str
    decided_at: str | None
    decided_by: str | None
    decision: str | None
    received_at: str | None
    received: list[ReceivedLine]

    @classmethod
    def of(cls, wish: Return) -> Self:
        """Show a return."""
        return cls(
            number=wish.number,
            state=wish.state,
            items=_units(wish.lines),
            reason=wish.reason,
            resolution=wish.resolution,
            note=wish.note,
            requested_at=to_text(wish.requested_at),
            decided_at=to_text(wish.decided_at) if wish.decided_at else None,
            decided_by=wish.decided_by,
            decision=wish.decision,
            received_at=to_text(wish.received_at) if wish.received_at else None,
            received=list(wish.received),
        )


class StaffOrderDetail(_View):
    """An order with everything about it.

    `left_to_ship` are the units that no carrier has; `owed` those of them that were not paid back in place of it.
    """

    order: StaffOrder
    attempts: list[StaffAttempt]
    refunds: list[StaffRefund]
    shipments: list[StaffShipment]
    returns: list[StaffReturn]
    left_to_ship: list[Units]
    owed: list[Units]

    @classmethod
    def of(cls, account: Account) -> Self:
        """Show an order with its payments, shipments and returns."""
        order, shipments = account.order, account.shipments.values()
        return cls(
            order=_order(order),
            attempts=[StaffAttempt.of(each) for each in account.attempts.values()],
            refunds=[StaffRefund.of(each) for each in account.refunds.values()],
            shipments=[StaffShipment.of(each) for each in shipments],
            returns=[StaffReturn.of(each) for each in account.returns.values()],
            left_to_ship=_units(units_left(order, shipments)),
            owed=_units(units_owed(order, shipments, account.units_paid_back)),
        )


class EventView(_View):
    """One event of a trail. `data` names who did it (`by`) and why (`reason`), where a person did."""

    sequence: str
    type: str
    at: str
    data: dict[str, object]

    @classmethod
    def of(cls, event: Event) -> Self:
        """Show an event."""
        return cls(sequence=event.sequence, type=event.type, at=event.at, data=event.data)


class Trail(_View):
    """What happened to one subject, oldest first."""

    subject: str
    items: list[EventView]


def _order(order: Order) -> StaffOrder:
    terms = order.terms
    agreed = terms.model_dump(exclude={"lines", "first_reserved_until", "placed_at"})
    return StaffOrder.model_validate(
        agreed
        | {
            "number": order.number,
            "status": order.status,
            "version": order.version,
            "placed_at": to_text(terms.placed_at),
            "reserved_until": to_text(order.reserved_until),
            "items": terms.lines,
            "due": terms.due,
            "paid": order.paid,
            "credit_returned": order.credit_returned,
            "dispute": order.dispute,
            "timeline": order.timeline,
        }
    )


def _units(units: dict[str, int]) -> list[Units]:
    return [Units(sku=sku, quantity=quantity) for sku, quantity in units.items()]
