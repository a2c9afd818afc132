"""Who pays what of an order: store credit first, and the rest in an amount that the payment method can charge."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import MINOR_PER_MAJOR, Currency, Money
from commerce.payments.port import Capabilities
from commerce.promotions.credit_store import Credit, CreditRefused


@dataclass(frozen=True, slots=True)
class Bill:
    """How an amount is paid, in minor units: amount + `rounding` = `credit` + `due`."""

    credit: int
    rounding: int
    due: int


def bill_of(amount: Money, balance: int, taker: Capabilities, *, discounted: bool = False) -> Bill:
    """Share an amount between store credit and a payment method.

    As much credit is spent as there is, or so much less that the method can charge what remains. Where nothing remains
    nothing need be charged, whatever the method; a rest below one shilling is the shop's.

    Parameters
    ----------
    balance
        What the credit has, minor units.
    discounted
        Whether a voucher took something off, for only a voucher or credit can make an order cost nothing.

    Raises
    ------
    InvalidRequest
        When the method cannot charge what remains.
    """
    bill = _shared(amount, min(balance, amount.amount))
    least = taker.limits[amount.currency][0] if amount.currency in taker.limits else 0
    if bill.credit and 0 < bill.due < least <= amount.amount:
        bill = _shared(amount, amount.amount - least)
    if bill.due or not (bill.credit or discounted):
        check_amount(Money(bill.due, amount.currency), taker)
    return bill


def _shared(amount: Money, credit: int) -> Bill:
    remains = amount.amount - credit
    rounding = chargeable_rounding(Money(remains, amount.currency))
    return Bill(credit, rounding, remains + rounding)


def spendable(credit: Credit | None, currency: Currency) -> int:
    """Return what a credit has for an order, minor units.

    Raises
    ------
    CreditRefused
        When it has nothing: the same whether it is unknown, empty or in another currency.
    """
    if credit is None or credit.balance.currency is not currency or credit.balance.amount <= 0:
        raise CreditRefused
    return credit.balance.amount


def chargeable_rounding(amount: Money) -> int:
    """Return what is taken off an amount (minor units, never positive) so that every method can charge it exactly.

    M-Pesa charges whole shillings: the cents beyond are the shop's, not the buyer's. So it is for every order in
    shillings, for one placed by card may be paid by M-Pesa after all. Tax is not affected.
    """
    return -(amount.amount % MINOR_PER_MAJOR) if amount.currency is Currency.KES else 0


def check_amount(amount: Money, taker: Capabilities) -> Money:
    """Return an amount that a payment method can charge.

    Raises
    ------
    InvalidRequest
        When it cannot, for its currency or its size.
    """
    if amount.currency not in taker.limits:
        accepted = " or ".join(sorted(taker.limits))
        raise InvalidRequest(f"This method takes {accepted}.", field="payment.method")
    least, most = (Money(limit, amount.currency) for limit in taker.limits[amount.currency])
    if amount < least:
        raise InvalidRequest(f"{amount} is below the least this method can charge, {least}.", field="items")
    if most < amount:
        raise InvalidRequest(
            f"{amount} is above the most this method can charge at once, {most}. Order fewer items at a time.",
            field="payment.method",
        )
    return amount
