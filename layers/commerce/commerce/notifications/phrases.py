"""What several e-mails say alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commerce.kernel.money import Money
from commerce.ordering.model import Order
from commerce.payments.model import Refund


def money_of(amount: int, order: Order) -> Money:
    """Return minor units as money of an order's currency."""
    return Money(amount, order.terms.currency)


def goods(units: Mapping[str, int], order: Order) -> str:
    """Name units by SKU, a line each."""
    names = {line.sku: line.name for line in order.terms.lines}
    return "\n".join(f"  {quantity} x {names.get(sku, sku)}" for sku, quantity in units.items())


def credit_sentences(order: Order, refunds: Iterable[Refund]) -> list[str]:
    """Tell of store credit that refunds became; only here is a code ever written down."""
    sentences = []
    for refund in refunds:
        if refund.destination != "credit":
            continue
        amount = money_of(refund.amount, order)
        if refund.credit_code:
            sentences.append(f"{amount} is yours as store credit. Give this code at checkout: {refund.credit_code}")
        else:
            sentences.append(f"{amount} is back on the store credit that you paid with.")
    return sentences
