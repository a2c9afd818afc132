"""What the checkout works with."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.checkout.pricing import PriceBook
from commerce.payments.desk import PaymentDesk


@dataclass(frozen=True, slots=True)
class CheckoutDesk:
    """The payment desk, and what prices an order."""

    till: PaymentDesk
    book: PriceBook
