"""The order: what was bought, at which price, and the one table of what may happen to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.inventory.model import Hold
from commerce.kernel.clock import to_text
from commerce.kernel.money import Currency, Money


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING_PAYMENT = "pending_payment"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


#: Every transition an order may make. `expired -> processing` is money that came late while stock was still there.
#: `processing -> in_transit` and `delivered`: what was left to send was paid back, while what was sent moved on.
TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING_PAYMENT: frozenset({OrderStatus.PROCESSING, OrderStatus.EXPIRED, OrderStatus.CANCELLED}),
    OrderStatus.PROCESSING: frozenset(
        {OrderStatus.SHIPPED, OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED, OrderStatus.CANCELLED}
    ),
    OrderStatus.SHIPPED: frozenset({OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED}),
    OrderStatus.IN_TRANSIT: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.EXPIRED: frozenset({OrderStatus.PROCESSING}),
}

#: A hold is prolonged by a retried payment, but never beyond this after the order was placed.
LONGEST_HOLD = timedelta(hours=1)
#: How long a payment that the provider still calls pending may delay the release of its hold.
EXPIRY_GRACE = timedelta(minutes=5)
MOST_ATTEMPTS = 5


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Address(_Record):
    """Where to deliver."""

    line1: str
    line2: str | None = None
    city: str
    region: str | None = None
    postcode: str | None = None
    country: str


class Customer(_Record):
    """Who bought; the e-mail opens the order's status page."""

    name: str
    email: str
    phone: str


class Delivery(_Record):
    """How it is delivered, as quoted when the order was placed."""

    zone: str
    label: str
    carrier: str
    estimate: str
    address: Address


class OrderLine(_Record):
    """Units of one SKU at the price of the day; amounts in minor units, tax included.

    `total` is before `discount`, which is the line's share of a voucher; `tax` is of what is left. `stock_buckets` is
    over how many buckets the SKU's stock was spread, for taking it again after a release.
    """

    sku: str
    name: str
    quantity: int
    stock_buckets: int
    unit_price: int
    total: int
    tax: int
    tax_class: str
    tax_rate: str
    discount: int = 0

    @property
    def charged(self) -> int:
        """What the buyer pays for it, minor units."""
        return self.total - self.discount


class TaxLine(_Record):
    """One class's share of the order's tax record: `taxable` + `tax` = what was charged in that class."""

    tax_class: str
    letter: str
    rate: str
    taxable: int
    tax: int


class OrderTerms(_Record):
    """What was agreed when the order was placed. It never changes.

    Amounts are minor units of `currency`; `total` = `subtotal` - `discount` + `shipping` + `rounding` is what the order
    costs. `discount` is what `voucher` takes off: the lines' shares and `shipping_discount`. `rounding` is never
    positive: M-Pesa charges whole shillings, and the cents beyond are the shop's gift. `tax` is contained in the prices
    and is the sum of the lines of `tax_record`. `credit` is what store credit pays of it; the attempts collect `due`.

    What has a default is left out of the stored text, so a default can never change.
    """

    currency: Currency
    lines: tuple[OrderLine, ...]
    subtotal: int
    shipping: int
    rounding: int
    tax: int
    total: int
    tax_record: tuple[TaxLine, ...]
    customer: Customer
    delivery: Delivery
    placed_at: datetime
    first_reserved_until: datetime
    discount: int = 0
    shipping_discount: int = 0
    voucher: str | None = None
    credit: int = 0

    @property
    def due(self) -> int:
        """What a payment must bring, minor units."""
        return self.total - self.credit


class TimelineEntry(_Record):
    """One event of the order as its buyer may see it."""

    type: str
    at: str


class Order(_Record):
    """An order: its terms, and what changes about it.

    Parameters
    ----------
    version
        Counts the changes; every change is conditional on it, and is the sequence of the change's event.
    holds
        For each SKU, the stock buckets its units are in.
    live_attempt
        The payment attempt that may still bring money or is under review, or None. At most one, ever (promise 3).
        While there is one, nothing ships.
    paid
        What was captured and belongs to the order, minor units.
    refunds
        How many refunds it has; the next has the number after.
    redemption
        What its voucher used up, as the promotions area wrote it; None once that was given back, or without a voucher.
    credit_id
        The store credit that pays `terms.credit`; None without store credit. It stays known once all was given back:
        late money takes it again.
    credit_returned
        Minor units of `terms.credit` that were given back.
    dispute
        How a dispute about its payment stands: ``open``, ``won`` or ``lost``. While it is open nothing ships.
    due_at
        When the sweep must look at the order; None when there is nothing to expire.
    head
        Hash of its last event, in hexadecimal: the end of its chain. None for an order from before there was a chain.
    """

    id: str
    number: str
    fingerprint: str
    terms: OrderTerms
    status: OrderStatus = OrderStatus.PENDING_PAYMENT
    version: int = 1
    holds: dict[str, tuple[Hold, ...]]
    reserved_until: datetime
    due_at: datetime | None
    attempts: int = 1
    live_attempt: int | None = 1
    paid: int = 0
    refunds: int = 0
    redemption: str | None = None
    credit_id: str | None = None
    credit_returned: int = 0
    dispute: Literal["open", "won", "lost"] | None = None
    timeline: tuple[TimelineEntry, ...] = Field(default=())
    head: str | None = None

    @property
    def subject(self) -> str:
        """The order's name in the event log."""
        return f"order/{self.number}"

    @property
    def total(self) -> Money:
        """What the order costs."""
        return Money(self.terms.total, self.terms.currency)

    @property
    def due(self) -> Money:
        """What a payment must bring: the total less what store credit pays."""
        return Money(self.terms.due, self.terms.currency)

    def step(self, event: str, at: datetime, *, to: OrderStatus | None = None, **changes: object) -> Order:
        """Return the order after one more change, told of by an event.

        Raises
        ------
        ForbiddenTransition
            When the table of transitions does not allow it.
        """
        if to is not None and to is not self.status and to not in TRANSITIONS[self.status]:
            raise ForbiddenTransition(f"an order cannot go from {self.status} to {to}")
        entry = TimelineEntry(type=event, at=to_text(at))
        return self.model_copy(
            update={
                **changes,
                "status": to or self.status,
                "version": self.version + 1,
                "timeline": (*self.timeline, entry),
            }
        )

    def hold_until_for_payment(self, now: datetime, window: timedelta) -> datetime:
        """Return until when a payment started now must find its hold, within the longest hold allowed."""
        latest = self.terms.placed_at + LONGEST_HOLD
        return max(self.reserved_until, min(now + window, latest))


class ForbiddenTransition(RuntimeError):
    """Code asked for a transition that the table does not hold."""
