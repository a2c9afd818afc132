"""Show an order to whoever knows its number and its e-mail address."""

from __future__ import annotations

from commerce.kernel.errors import LookupMissed
from commerce.kernel.ids import is_order_number
from commerce.ordering.buyer import is_buyers_address
from commerce.payments.store import Account, Payments


def find_account(payments: Payments, number: str, email: str) -> Account:
    """Read an order for a buyer.

    Raises
    ------
    LookupMissed
        The same for a number that does not exist and for an e-mail address that is not the order's.
    """
    number = number.upper()
    account = payments.account(number) if is_order_number(number) else None
    if account is None or not is_buyers_address(account.order, email):
        raise LookupMissed("No order has this number and e-mail address.")
    return account
