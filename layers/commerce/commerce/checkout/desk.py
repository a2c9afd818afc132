"""What the checkout works with."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.checkout.pricing import PriceBook
from commerce.payments.desk import PaymentDesk


@dataclass(frozen=True, slots=True)
class CheckoutDesk:
    """The payment desk, what prices an order, and how many orders a customer may place in an hour."""

    till: PaymentDesk
    book: PriceBook
    orders_per_customer: int = 20
