"""What an order's event adds to the shop's figures: money, orders and units, as CloudWatch counts them. Pure.

They are for graphs and alarms. The books are the events themselves: a bus delivers at least once, so a figure may be a
little high, and an event that reached nobody is missing from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce.kernel.events import Event
from commerce.payments.reasons import REASONS, REFUND_REASONS
from commerce.payments.store import Account

_MONEY_IN = frozenset({"PaymentConfirmed", "LatePaymentReceived", "DuplicatePaymentReceived"})
_MONEY_BACK = frozenset({"RefundSucceeded", "RefundSettledByHand", "RefundFoundOutside"})
_RELEASING = frozenset({"OrderExpired", "OrderCancelled"})
#: One more of what an event's type says; those with a dimension are told apart by the payment's method.
_COUNTED = {
    "OrderPlaced": "OrdersPlaced",
    "OrderExpired": "OrdersExpired",
    "OrderCancelled": "OrdersCancelled",
}
_COUNTED_BY_METHOD = {
    "PaymentConfirmed": "OrdersPaid",
    "PaymentPrompted": "PromptsSent",
    "PaymentOutcomeUnknown": "OutcomesUnknown",
    "PaymentUnresolved": "PaymentsUnresolved",
    "PaymentHeldForReview": "PaymentsHeldForReview",
    "PaymentDisputed": "PaymentsDisputed",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """Add `value` (a number, or minor units) to the figure `name`; dimensions come from short lists."""

    name: str
    value: int = 1
    dimensions: Mapping[str, str] = field(default_factory=dict)


def figures(event: Event, account: Account) -> Iterator[Figure]:
    """Return what an event of an order, read after it, adds to the figures."""
    if event.type in _COUNTED:
        yield Figure(_COUNTED[event.type])
    if event.type in _COUNTED_BY_METHOD:
        yield Figure(_COUNTED_BY_METHOD[event.type], 1, {"method": _method(event.data, account)})
    yield from _money(event, account)
    yield from _units(event, account)


def _money(event: Event, account: Account) -> Iterator[Figure]:
    data, currency = event.data, account.order.terms.currency.value
    of = {"currency": currency, "method": _method(data, account)}
    if event.type in _MONEY_IN and data["amount"]:
        yield Figure("MoneyCaptured", data["amount"], of)
    if event.type in _MONEY_BACK:
        yield Figure("MoneyRefunded", data["amount"], of)
    if data.get("credited"):
        yield Figure("CreditGivenBack", data["credited"], {"currency": currency})
    if event.type == "PaymentFailed":
        yield Figure("PaymentsFailed", 1, {"method": of["method"], "reason": _known(data["reason"], REASONS)})
    if event.type == "RefundFailed":
        yield Figure("RefundsFailed", 1, {"method": of["method"], "reason": _known(data["reason"], REFUND_REASONS)})


def _units(event: Event, account: Account) -> Iterator[Figure]:
    ordered = sum(line.quantity for line in account.order.terms.lines)
    if event.type == "OrderPlaced":
        yield Figure("UnitsReserved", ordered)
    if event.type == "PaymentConfirmed":
        yield Figure("UnitsSold", ordered)
    if event.type in _RELEASING:
        yield Figure("UnitsReleased", ordered)
    if event.type == "ReturnReceived":
        for fate, units in _by_fate(event.data["items"]).items():
            yield Figure("UnitsReturned", units, {"fate": fate})


def _method(data: Mapping[str, Any], account: Account) -> str:
    """Return how an event's payment is made: its own attempt's way, its refund's, or the order's latest."""
    number = data.get("attempt")
    refund = account.refunds.get(data.get("number", 0))
    if number is None and refund is not None:
        number = refund.attempt
    attempt = account.attempts.get(number or account.order.attempts)
    return attempt.method if attempt else "none"


def _known(reason: str, reasons: Mapping[str, str]) -> str:
    return reason if reason in reasons else "other"


def _by_fate(items: list[dict[str, Any]]) -> dict[str, int]:
    units: dict[str, int] = {}
    for item in items:
        units[item["fate"]] = units.get(item["fate"], 0) + item["quantity"]
    return units
