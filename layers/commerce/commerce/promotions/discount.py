"""What a voucher takes off an order, to the cent, and why it may take off nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from commerce.kernel.money import Currency, Money, round_half_up
from commerce.promotions.model import Voucher, VoucherKind, VoucherRefused


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of an order: its shelf, and what it costs before any discount, in minor units."""

    category: str
    amount: int


@dataclass(frozen=True, slots=True)
class Discount:
    """What is taken off, in minor units: of each line, in the order's sequence, and of the delivery."""

    lines: tuple[int, ...]
    shipping: int = 0

    @property
    def total(self) -> int:
        """Everything that is taken off."""
        return sum(self.lines) + self.shipping


def discount_of(
    voucher: Voucher | None, goods: Sequence[Goods], shipping: int | None, currency: Currency, at: datetime
) -> Discount:
    """Work out what a code takes off an order.

    A fixed amount is never more than the goods it is for, and a percentage is rounded half-up once, over all of them;
    either is then spread over their lines, so that each line is taxed on what is paid for it.

    Parameters
    ----------
    voucher
        None where the code is unknown: the refusal is the same as for one that is over.
    shipping
        What the delivery costs, in minor units; None when that is not known yet.

    Raises
    ------
    VoucherRefused
        When it takes off nothing. What a live code lacks is said: the currency, goods it is for, the least they must
        cost. A code that would change nothing is refused too, rather than used up.
    """
    if voucher is None or not voucher.live(at):
        raise VoucherRefused
    if currency not in voucher.good_in:
        raise VoucherRefused(f"This code is good for orders in {' or '.join(sorted(voucher.good_in))}.")
    eligible = [line.amount if _is_for(voucher, line) else 0 for line in goods]
    spent = sum(eligible)
    if not spent:
        raise VoucherRefused("This code is not for these goods.")
    least = voucher.minimum_spend.get(currency, 0)
    if spent < least:
        what = "goods it is for" if voucher.categories else "goods"
        raise VoucherRefused(f"This code needs {what} worth {Money(least, currency)} or more.")
    discount = _taken_off(voucher, eligible, shipping, currency)
    if not discount.total and (shipping is not None or voucher.kind is not VoucherKind.FREE_SHIPPING):
        raise VoucherRefused("This code would take nothing off this order; keep it for another.")
    return discount


def spread_over(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Spread an amount in proportion to weights, exactly: shares are rounded down, and the cents that are left go one
    each to the largest remainders, the first of equal ones.

    No share is above its weight as long as the amount is not above their sum.

    Raises
    ------
    ValueError
        When there is nothing to spread over.
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("nothing to spread over")
    shares = [amount * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in remainders[: amount - sum(shares)]:
        shares[place] += 1
    return tuple(shares)


def _is_for(voucher: Voucher, line: Goods) -> bool:
    return not voucher.categories or line.category in voucher.categories


def _taken_off(voucher: Voucher, eligible: Sequence[int], shipping: int | None, currency: Currency) -> Discount:
    if voucher.kind is VoucherKind.FREE_SHIPPING:
        return Discount((0,) * len(eligible), shipping or 0)
    spent = sum(eligible)
    if voucher.percent is not None:
        amount = round_half_up(Decimal(spent) * voucher.percent / 100)
    else:
        amount = min(voucher.amounts[currency], spent)
    return Discount(spread_over(amount, eligible))
