"""What a refund of named goods is worth: their share of what was charged, to the cent and never twice. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import MINOR_PER_MAJOR, Currency
from commerce.ordering.model import Order
from commerce.payments.model import Refund, RefundLine
from commerce.payments.store import Account

#: The delivery's own line in a refund; no SKU can have this name.
SHIPPING = "#shipping"


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What staff want to give back: an amount (minor units), or units of SKUs and perhaps the delivery, never both.

    Without either it is everything that is left.
    """

    destination: Literal["original", "credit"] = "original"
    amount: int | None = None
    items: Mapping[str, int] = field(default_factory=dict)
    shipping: bool = False


def lines_worth(account: Account, wish: RefundWish) -> tuple[int | None, tuple[RefundLine, ...]]:
    """Return the amount that a wish comes to (None: all that is left) and the lines it is for.

    Orders in shillings are given back in whole shillings, rounded in the buyer's favour.

    Raises
    ------
    InvalidRequest
        When amount and lines are given together, or more units than the order has left.
    """
    if not wish.items and not wish.shipping:
        return wish.amount, ()
    if wish.amount is not None:
        raise InvalidRequest("Give an amount or lines, not both.", field="amount")
    lines = lines_for(account.order, account.refunds.values(), wish.items, shipping=wish.shipping)
    amount = sum(line.amount for line in lines)
    if account.order.terms.currency is Currency.KES:
        amount = -(-amount // MINOR_PER_MAJOR) * MINOR_PER_MAJOR
    return amount, lines


def lines_for(
    order: Order, refunds: Iterable[Refund], items: Mapping[str, int], *, shipping: bool = False
) -> tuple[RefundLine, ...]:
    """Return the lines of a refund of these units: each unit's share of its line, so that all together make the line.

    Raises
    ------
    InvalidRequest
        Naming `items` or `shipping`, when the order does not have them or they went back before.
    """
    done = units_given_back(refunds)
    bought = {line.sku: line for line in order.terms.lines}
    lines: list[RefundLine] = []
    for sku, quantity in items.items():
        line, before = bought.get(sku), done[sku]
        left = line.quantity - before if line else 0
        if line is None or not 0 < quantity <= left:
            raise InvalidRequest(f"{sku}: {left} can be given back.", field="items")
        share = line.charged * (before + quantity) // line.quantity - line.charged * before // line.quantity
        lines.append(RefundLine(sku=sku, quantity=quantity, amount=share))
    if shipping:
        if done[SHIPPING]:
            raise InvalidRequest("The delivery was given back before.", field="shipping")
        charged = order.terms.shipping - order.terms.shipping_discount
        lines.append(RefundLine(sku=SHIPPING, quantity=1, amount=charged))
    return tuple(lines)


def units_given_back(refunds: Iterable[Refund]) -> Counter[str]:
    """Return how many units of each SKU refunds were for, `SHIPPING` among them."""
    units: Counter[str] = Counter()
    for refund in refunds:
        for line in refund.lines:
            units[line.sku] += line.quantity
    return units
