"""Everything a checkout must know before it writes, in one read."""

from __future__ import annotations

from dataclasses import dataclass, field

from commerce.catalog.model import Offer
from commerce.catalog.store import SkuRow, sku_key, to_offer
from commerce.checkout.requests import CheckoutRequest
from commerce.limits.store import Window, WindowRow
from commerce.ordering.model import Order
from commerce.ordering.store import OrderRow, to_order
from commerce.payments.breaker import Breaker, BreakerRow, to_breaker
from commerce.payments.desk import PaymentDesk
from commerce.payments.model import Attempt
from commerce.payments.store import PaymentRow, attempt_key, to_attempt
from commerce.promotions.credit_code import credit_id
from commerce.promotions.credit_store import Credit, CreditRow, credit_key, to_credit
from commerce.promotions.model import Voucher
from commerce.promotions.store import VoucherRow, to_voucher, voucher_key


@dataclass(slots=True)
class Found:
    """What the read brought: the SKUs' offers, the payment method's breaker, the voucher and the credit that were
    named, the order and attempt that an earlier try left, and the wrong codes of this caller's.
    """

    offers: dict[str, Offer] = field(default_factory=dict)
    breaker: Breaker | None = None
    voucher: Voucher | None = None
    credit: Credit | None = None
    order: Order | None = None
    attempt: Attempt | None = None
    guesses: int = 0


def find(desk: PaymentDesk, request: CheckoutRequest, number: str, guesses: Window | None = None) -> Found:
    """Read it for the order that would have this number; with `guesses`, how many wrong codes the caller has tried."""
    database, breakers = desk.database, desk.breakers
    wanted = [
        *((database.bind(SkuRow, "catalog"), *sku_key(item.sku)) for item in request.items),
        (database.bind(OrderRow, "orders"), number, "ORDER"),
        (database.bind(PaymentRow, "orders"), number, attempt_key(1)),
        (breakers.rows, breakers.key(request.payment.method), None),
    ]
    if request.voucher is not None:
        wanted.append((database.bind(VoucherRow, "vouchers"), *voucher_key(request.voucher)))
    credit = known_credit(request)
    if credit is not None:
        wanted.append((database.bind(CreditRow, "vouchers"), *credit_key(credit)))
    if guesses is not None:
        wanted.append((database.bind(WindowRow, "guards"), guesses.key, None))
    found = Found()
    for row in database.read_together(wanted):
        match row:
            case SkuRow():
                offer = to_offer(row)
                found.offers[offer.sku] = offer
            case BreakerRow():
                found.breaker = to_breaker(row)
            case VoucherRow():
                found.voucher = to_voucher(row).voucher
            case CreditRow():
                found.credit = to_credit(row)
            case WindowRow():
                found.guesses = int(row.used)
            case OrderRow():
                found.order = to_order(row)
            case PaymentRow():
                found.attempt = to_attempt(row)
    return found


def known_credit(request: CheckoutRequest) -> str | None:
    """Return the id of the credit that a request names; None where it names none, or one that cannot be."""
    try:
        return credit_id(request.credit) if request.credit is not None else None
    except ValueError:
        return None
