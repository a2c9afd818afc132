"""Who may see an order without signing in: whoever knows its number and its e-mail address."""

from __future__ import annotations

import hmac

from commerce.ordering.model import Order


def is_buyers_address(order: Order, email: str) -> bool:
    """Tell whether an e-mail address is the order's, in a time that tells nothing about it."""
    return hmac.compare_digest(_folded(order.terms.customer.email), _folded(email))


def _folded(email: str) -> bytes:
    # Half a surrogate pair, which a query can hold, is no text that can be encoded.
    return email.strip().casefold().encode(errors="replace")
