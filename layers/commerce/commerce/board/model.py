"""An order as the board shows it: everything a list needs, so that a page of results costs one query."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from commerce.kernel.clock import to_text
from commerce.kernel.money import Currency
from commerce.ordering.model import OrderStatus
from commerce.payments.model import AttemptState, RefundState
from commerce.payments.store import Account


class BoardEntry(BaseModel):
    """One order of the board. Amounts are minor units of `currency`.

    Parameters
    ----------
    placed_at, changed_at
        When it was placed, and when it last changed.
    email, phone
        Of the buyer, as they are searched by: folded, and in international form.
    goods
        What was bought, as ``SKU x 2, OTHER x 1``.
    due
        What its payment collects: `total` less the `credit` that was spent.
    refunded
        What is given back or on its way, as money or as store credit.
    payment
        The state of the attempt that tells how the payment stands.
    attention
        A person must look: money is under review or contradicts the books, a refund failed, a dispute is open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    number: str
    status: OrderStatus
    placed_at: str
    changed_at: str
    name: str
    email: str
    phone: str
    country: str
    city: str
    zone: str
    goods: str
    units: int
    currency: Currency
    subtotal: int
    discount: int
    shipping: int
    rounding: int
    tax: int
    total: int
    credit: int
    due: int
    paid: int
    refunded: int
    voucher: str | None
    method: str
    payment: AttemptState
    attention: bool

    @property
    def month(self) -> str:
        """The month it was placed in (UTC): ``2026-11``."""
        return month_of(self.placed_at)

    @classmethod
    def of(cls, account: Account) -> Self:
        """Show an order with its payments."""
        order, attempt = account.order, account.shown_attempt
        terms = order.terms
        return cls(
            number=order.number,
            status=order.status,
            placed_at=to_text(terms.placed_at),
            changed_at=order.timeline[-1].at,
            name=terms.customer.name,
            email=fold_email(terms.customer.email),
            phone=terms.customer.phone,
            country=terms.delivery.address.country,
            city=terms.delivery.address.city,
            zone=terms.delivery.zone,
            goods=", ".join(f"{line.sku} x {line.quantity}" for line in terms.lines),
            units=sum(line.quantity for line in terms.lines),
            currency=terms.currency,
            subtotal=terms.subtotal,
            discount=terms.discount,
            shipping=terms.shipping,
            rounding=terms.rounding,
            tax=terms.tax,
            total=terms.total,
            credit=terms.credit,
            due=terms.due,
            paid=order.paid,
            refunded=sum(each.refunded for each in account.attempts.values()) + order.credit_returned,
            voucher=terms.voucher,
            method=attempt.method,
            payment=attempt.state,
            attention=_needs_a_person(account),
        )


def fold_email(email: str) -> str:
    """Return an e-mail address as it is compared: without the case and the space around it."""
    return email.strip().casefold()


def month_of(placed_at: str) -> str:
    """Return the month of a moment as text."""
    return placed_at[:7]


def _needs_a_person(account: Account) -> bool:
    unsettled = any(
        attempt.state is AttemptState.REVIEW or attempt.disputed or (attempt.live and attempt.unresolved)
        for attempt in account.attempts.values()
    )
    failed = any(refund.state is RefundState.FAILED for refund in account.refunds.values())
    return unsettled or failed or account.order.dispute == "open"
