"""Makes the port's statement of a payment from Stripe's charge, refunds and disputes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from commerce.payments.port import DisputeEntry, RefundEntry, Statement
from commerce.payments.providers.stripe.refunds import OVER, reference_of
from commerce.payments.providers.stripe.wire import object_id, text, whole

#: A dispute that ended without money being taken, an inquiry among them; ``lost`` is the other end.
WON = frozenset({"won", "warning_closed", "prevented"})
_ORDER = {"open": 0, "lost": 1, "won": 2}

Found = Sequence[Mapping[str, Any]]


def statement(charge: Mapping[str, Any], refunds: Found, disputes: Found) -> Statement | None:
    """Return a payment's books; None when something in them cannot be read, for half a book is none."""
    captured = whole(charge.get("amount_captured"))
    booked = [_refund(entry) for entry in refunds]
    disputed = [_dispute(entry) for entry in disputes]
    if captured is None or None in booked or None in disputed:
        return None
    # An open dispute is what somebody must act on; of those that are over, a lost one has taken the money.
    worst = sorted((entry for entry in disputed if entry is not None), key=lambda entry: _ORDER[entry.status])
    return Statement(captured, tuple(entry for entry in booked if entry is not None), worst[0] if worst else None)


def _refund(entry: Mapping[str, Any]) -> RefundEntry | None:
    refund_id, amount, status = object_id(entry.get("id")), whole(entry.get("amount")), text(entry.get("status"))
    if refund_id is None or amount is None or status is None:
        return None
    state: Literal["pending", "succeeded", "failed"] = "pending"
    if status in OVER:
        state = "failed"
    elif status == "succeeded":
        state = "succeeded"
    return RefundEntry(refund_id, reference_of(entry), amount, state)


def _dispute(entry: Mapping[str, Any]) -> DisputeEntry | None:
    dispute_id, amount, status = object_id(entry.get("id")), whole(entry.get("amount")), text(entry.get("status"))
    if dispute_id is None or amount is None or status is None:
        return None
    ends: Literal["open", "won", "lost"] = "open"
    if status in WON:
        ends = "won"
    elif status == "lost":
        ends = "lost"
    return DisputeEntry(dispute_id, ends, amount, text(entry.get("reason")) or "unknown")
