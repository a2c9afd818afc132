"""What buyers are shown of an order and its payment."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.checkout.timeline import TIMELINE_TEXTS
from commerce.fulfilment.views import ShipmentView, shipment_view
from commerce.kernel.clock import to_text
from commerce.ordering.model import MOST_ATTEMPTS, Address, Order, OrderStatus
from commerce.ordering.phone import masked
from commerce.payments.model import Attempt, AttemptState, Refund, RefundState
from commerce.payments.reasons import REASONS
from commerce.payments.refund_lines import SHIPPING
from commerce.payments.store import Account
from commerce.returns.views import ReturnView, return_view

PaymentStatus = Literal["pending", "unknown", "failed", "paid", "review"]

_STATUS: dict[AttemptState, PaymentStatus] = {
    AttemptState.STARTING: "pending",
    AttemptState.PROMPTED: "pending",
    AttemptState.UNKNOWN: "unknown",
    AttemptState.FAILED: "failed",
    AttemptState.SUCCEEDED: "paid",
    AttemptState.REVIEW: "review",
}


class _View(BaseModel):
    # No function shows all of these.
    model_config = ConfigDict(frozen=True, defer_build=True)


class ItemView(_View):
    """Units of one SKU; amounts in minor units. `discount` is taken off `total`; `tax` is contained in what is left."""

    sku: str
    name: str
    quantity: int
    unit_price: int
    total: int
    discount: int
    tax: int
    tax_class: str
    tax_rate: str = Field(description="Percent, as text")


class CustomerView(_View):
    """Who bought."""

    name: str
    email: str
    phone: str


class DeliveryView(_View):
    """How it is delivered."""

    zone: str
    label: str
    carrier: str
    estimate: str
    address: Address


class TaxView(_View):
    """One class's share of the tax: `taxable` + `tax` is what was charged in that class."""

    tax_class: str
    letter: str = Field(description="KRA's letter of the tax class")
    rate: str = Field(description="Percent, as text")
    taxable: int
    tax: int


class OrderView(_View):
    """An order. Amounts are integer minor units of `currency`: total = subtotal - discount + shipping + rounding."""

    number: str
    status: OrderStatus
    currency: str
    items: list[ItemView]
    subtotal: int
    discount: int = Field(description="What the voucher takes off, off the delivery too")
    shipping: int
    shipping_discount: int = Field(description="The part of the discount that is the delivery's")
    rounding: int = Field(
        description="Cents the shop forgoes so that every method can charge whole shillings; never positive"
    )
    tax: int = Field(description="Contained in the prices")
    total: int = Field(description="What the order costs")
    voucher: str | None
    credit: int = Field(description="The part of the total that store credit pays")
    due: int = Field(description="What a payment must bring: total - credit")
    tax_record: list[TaxView]
    placed_at: str
    reserved_until: str
    customer: CustomerView
    delivery: DeliveryView


class TimelineView(_View):
    """One event of the order."""

    type: str
    at: str
    text: str


class TrackedOrderView(OrderView):
    """An order with what happened to it, oldest first."""

    timeline: list[TimelineView]


class PaymentView(_View):
    """The latest attempt to pay."""

    id: str
    method: str
    status: PaymentStatus
    message: str
    amount: int
    currency: str


class StartedPaymentView(PaymentView):
    """An attempt that was started, with what the buyer's client needs to pay by card (Stripe's Payment Element)."""

    client_secret: str | None
    publishable_key: str | None


class TrackedPaymentView(PaymentView):
    """The latest attempt to pay, and whether another may be started."""

    receipt: str | None
    retry_allowed: bool
    retry_after: str | None


class RefundItemView(_View):
    """Units of one SKU that a refund is for."""

    sku: str
    quantity: int


class RefundView(_View):
    """Money on its way back; `to` says whether it goes the way it came or became store credit."""

    number: int
    amount: int
    currency: str
    status: Literal["pending", "succeeded", "failed"]
    reason: str
    to: Literal["original", "credit"]
    items: list[RefundItemView]


class CheckoutView(_View):
    """The answer to a checkout or a further attempt to pay."""

    order: OrderView
    payment: StartedPaymentView


class TrackingView(_View):
    """The answer to an order's status page."""

    order: TrackedOrderView
    payment: TrackedPaymentView
    refunds: list[RefundView]
    shipments: list[ShipmentView]
    returns: list[ReturnView]


def placed_view(order: Order, attempt: Attempt) -> CheckoutView:
    """Return a checkout's answer: the order as it was placed, whatever became of it since, so that replays agree."""
    terms = order.terms
    shown = _order_fields(order) | {
        "status": OrderStatus.PENDING_PAYMENT,
        "reserved_until": to_text(terms.first_reserved_until),
    }
    return CheckoutView(order=OrderView.model_validate(shown), payment=_started_view(attempt))


def restarted_view(order: Order, attempt: Attempt) -> CheckoutView:
    """Return a further attempt's answer."""
    return CheckoutView(order=OrderView.model_validate(_order_fields(order)), payment=_started_view(attempt))


def tracking_view(account: Account, now: datetime) -> TrackingView:
    """Return an order's status page."""
    order = account.order
    attempt = account.shown_attempt
    allowed = (
        order.status is OrderStatus.PENDING_PAYMENT
        and order.live_attempt is None
        and order.attempts < MOST_ATTEMPTS
        and attempt.state is AttemptState.FAILED
        and now < order.reserved_until
    )
    wait = attempt.retry_not_before
    timeline = [
        TimelineView(type=entry.type, at=entry.at, text=TIMELINE_TEXTS[entry.type])
        for entry in order.timeline
        if entry.type in TIMELINE_TEXTS
    ]
    return TrackingView(
        order=TrackedOrderView.model_validate(_order_fields(order) | {"timeline": timeline}),
        payment=TrackedPaymentView(
            **_payment_view(attempt).model_dump(),
            receipt=attempt.receipt,
            retry_allowed=allowed,
            retry_after=to_text(wait) if allowed and wait and wait > now else None,
        ),
        refunds=[_refund_view(refund) for refund in account.refunds.values()],
        shipments=[shipment_view(shipment) for shipment in account.shipments.values()],
        returns=[return_view(one) for one in account.returns.values()],
    )


def _order_fields(order: Order) -> dict[str, object]:
    terms = order.terms.model_dump(exclude={"lines", "first_reserved_until", "placed_at"})
    return terms | {
        "due": order.terms.due,
        "number": order.number,
        "status": order.status,
        "items": [line.model_dump(exclude={"stock_buckets"}) for line in order.terms.lines],
        "placed_at": to_text(order.terms.placed_at),
        "reserved_until": to_text(order.reserved_until),
    }


def _started_view(attempt: Attempt) -> StartedPaymentView:
    """Show how the attempt started: once it is beyond that, its replays still say so."""
    shown = _payment_view(attempt.model_copy(update={"state": attempt.answered or AttemptState.PROMPTED}))
    handover = attempt.handover or {}
    return StartedPaymentView(
        **shown.model_dump(),
        client_secret=handover.get("client_secret"),
        publishable_key=handover.get("publishable_key"),
    )


def _payment_view(attempt: Attempt) -> PaymentView:
    return PaymentView(
        id=attempt.id,
        method=attempt.method,
        status=_STATUS[attempt.state],
        message=_message(attempt),
        amount=attempt.amount,
        currency=attempt.currency,
    )


def _message(attempt: Attempt) -> str:
    match attempt.state:
        case AttemptState.STARTING | AttemptState.PROMPTED if attempt.phone:
            return f"Check the phone {masked(attempt.phone)} and enter your PIN to pay {attempt.money}."
        case AttemptState.STARTING | AttemptState.PROMPTED:
            return f"Complete the payment of {attempt.money}."
        case AttemptState.UNKNOWN if attempt.phone:
            return (
                f"The request to {masked(attempt.phone)} is not confirmed yet. If a prompt appears, you can pay it; "
                "we keep checking, and will not ask twice."
            )
        case AttemptState.UNKNOWN:
            return "The payment is not confirmed yet. We keep checking, and you will not be charged twice."
        case AttemptState.FAILED:
            return REASONS.get(attempt.reason or "declined", REASONS["declined"])
        case AttemptState.SUCCEEDED if attempt.amount == 0:
            return "Nothing is left to pay. Thank you."
        case AttemptState.SUCCEEDED:
            return f"{attempt.money} received. Thank you."
        case AttemptState.REVIEW:
            return "Our staff are looking into this payment and will contact you."


def _refund_view(refund: Refund) -> RefundView:
    status: Literal["pending", "succeeded", "failed"] = "pending"
    if refund.state is RefundState.SUCCEEDED:
        status = "succeeded"
    elif refund.state is RefundState.FAILED:
        status = "failed"
    return RefundView(
        number=refund.number,
        amount=refund.amount,
        currency=refund.currency,
        status=status,
        reason=refund.why,
        to=refund.destination,
        items=[RefundItemView(sku=line.sku, quantity=line.quantity) for line in refund.lines if line.sku != SHIPPING],
    )
