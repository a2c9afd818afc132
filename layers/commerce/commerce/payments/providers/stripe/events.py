"""Reads from Stripe's events what to look at. An event is a hint: it says where to look, never what is true.

Light enough for the webhook: nothing here imports more than the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commerce.kernel.ids import is_order_number
from commerce.kernel.strict_json import read_json
from commerce.payments.providers.stripe.wire import member, object_id, text

#: Events after which an attempt is looked up (provider facts, section 4). `payment_intent.created` is left out: the
#: shop has just created it.
OF_INTENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
    }
)
#: Events after which a charge's books are read. The object is the charge itself, or names it.
OF_CHARGES = frozenset({"charge.refunded"})
OF_REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
DISPUTE = "charge.dispute."

_EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,250}")
_CHARGE_ID = re.compile(r"(ch|py)_[A-Za-z0-9_]{1,250}")
_ATTEMPT = re.compile(r"[1-9][0-9]?")
_LONGEST_TYPE = 100


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """Something happened to an attempt's intent."""

    event_id: str
    order_number: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ChargeNews:
    """Something happened to captured money: a refund, a dispute."""

    event_id: str
    charge: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """An event with which the shop has nothing to do; `why` is fit for a log."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that Stripe signed and the shop cannot read; `why` is fit for a log."""

    why: str


News = PaymentNews | ChargeNews | Dropped | Unreadable


def read_event(body: bytes) -> News:
    """Return what an event asks to be looked at. A body that is no event asks for nothing."""
    try:
        event = read_json(body)
    except ValueError:
        return Unreadable("no JSON")
    if not isinstance(event, dict):
        return Unreadable("no JSON object")
    kind, event_id = text(event.get("type")), text(event.get("id"))
    if kind is None or event_id is None or not _EVENT_ID.fullmatch(event_id):
        return Unreadable("no event")
    about = member(member(event, "data"), "object")
    if kind in OF_INTENTS:
        return _payment(event_id, kind, about)
    if kind in OF_CHARGES:
        return _charge(event_id, kind, about.get("id", ""))
    if kind in OF_REFUNDS or kind.startswith(DISPUTE):
        return _charge(event_id, kind, about.get("charge"))
    return Dropped(f"{_tidy(kind)} is of no interest")


def _payment(event_id: str, kind: str, intent: Mapping[str, Any]) -> News:
    said = member(intent, "metadata")
    number, attempt = text(said.get("order_number")), text(said.get("attempt"))
    if number is None or attempt is None or not is_order_number(number) or not _ATTEMPT.fullmatch(attempt):
        return Dropped(f"{kind} of a payment that is not the shop's")
    return PaymentNews(event_id, number, int(attempt))


def _charge(event_id: str, kind: str, value: object) -> News:
    if value is None:
        # Refunds of payments that are no card's have none.
        return Dropped(f"{_tidy(kind)} that names no charge")
    charge = object_id(value)
    if charge is None or not _CHARGE_ID.fullmatch(charge):
        return Unreadable(f"{_tidy(kind)} that names no charge")
    return ChargeNews(event_id, charge)


def _tidy(kind: str) -> str:
    return re.sub(r"[^a-z0-9_.]", "", kind)[:_LONGEST_TYPE]
