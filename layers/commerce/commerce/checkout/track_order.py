"""Show an order to whoever knows its number and its e-mail address."""

from __future__ import annotations

import hmac

from commerce.kernel.errors import NotFound
from commerce.kernel.ids import is_order_number
from commerce.payments.store import Account, Payments


def find_account(payments: Payments, number: str, email: str) -> Account:
    """Read an order for a buyer.

    Raises
    ------
    NotFound
        The same for a number that does not exist and for an e-mail address that is not the order's.
    """
    number = number.upper()
    account = payments.account(number) if is_order_number(number) else None
    known = account.order.terms.customer.email if account else ""
    if account is None or not _same(known, email):
        raise NotFound("No order has this number and e-mail address.")
    return account


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(_folded(known), _folded(given))


def _folded(email: str) -> bytes:
    # Half a surrogate pair, which a query can hold, is no text that can be encoded.
    return email.strip().casefold().encode(errors="replace")
