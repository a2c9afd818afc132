"""What buyers are written, and when. Pure text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from commerce.kernel.money import Money
from commerce.notifications.goods_mails import GOODS_COMPOSERS
from commerce.notifications.phrases import credit_sentences, money_of
from commerce.ordering.model import Order
from commerce.payments.store import Account

#: An address with a scheme, or a host with its dot.
_LINK = re.compile(r"://|@|\w\.[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail, ready to send."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Shop:
    """Who writes, and where orders are looked up."""

    name: str
    storefront_url: str


def mail_about(event_type: str, data: dict[str, Any], account: Account, shop: Shop) -> Mail | None:
    """Return the e-mail that an event of an order calls for; None for events that buyers need not be told of."""
    compose = _COMPOSERS.get(event_type)
    if compose is None:
        return None
    order = account.order
    subject, sentences = compose(data, account)
    greeting = f"Dear {_called(order.terms.customer.name)},"
    follow = f"Follow your order: {shop.storefront_url}/order.html?number={order.number}"
    closing = f"{shop.name}"
    return Mail(f"{subject} · {shop.name}", "\n\n".join([greeting, *sentences, follow, closing]) + "\n")


def _called(name: str) -> str:
    """Return how to address a buyer. What mail programs would make a link of is no name.

    Anybody can order in a stranger's name; the shop's mail must not carry their advertisement to that stranger.
    """
    return "customer" if _LINK.search(name) else name


def _placed(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    until = order.terms.first_reserved_until.strftime("%H:%M UTC")
    return (
        f"We hold order {order.number} for you",
        [
            f"Thank you for your order {order.number}. We hold the goods for you until {until}.",
            _bill(order),
            _how_to_pay(account, data["attempt"]),
        ],
    )


def _paid(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    receipt = data.get("receipt")
    paid = f"We received {order.due} for order {order.number}" + (f" (receipt {receipt})." if receipt else ".")
    delivery = order.terms.delivery
    sentences = [paid, _bill(order), f"Delivery: {delivery.label}, {delivery.carrier}, {delivery.estimate}."]
    refund = data.get("refund")
    if refund:
        sentences.append(f"You paid {money_of(refund['amount'], order)} too much; we are sending it back.")
    return f"Payment received for order {order.number}", sentences


def _expired(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    return (
        f"Order {order.number} was not paid",
        [
            f"We held the goods of order {order.number}, but no payment came in time, so they are for sale again.",
            "Should your payment still arrive, we deliver if the goods are there, and send the money back if not.",
        ],
    )


def _late(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    return (
        f"We are returning your payment for order {order.number}",
        [
            f"Your {money_of(data['amount'], order)} for order {order.number} came after the goods were sold.",
            "We are sending the money back the way it came. You need not do anything.",
        ],
    )


def _duplicate(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    return (
        f"We are returning a second payment for order {order.number}",
        [
            f"Order {order.number} was already paid when another {money_of(data['amount'], order)} arrived.",
            "We are sending the second payment back the way it came. You need not do anything.",
        ],
    )


def _review(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    return (
        f"Your payment for order {order.number}",
        [
            f"We received a different amount than the {order.due} of order {order.number}.",
            "Our staff are looking into it and will contact you. The goods stay reserved.",
        ],
    )


def _refund_started(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    sentences = [f"We are giving back {money_of(data['amount'], order)} of order {order.number}."]
    if data.get("refund"):
        sentences.append("The money goes back the way it came. We write again when it is done.")
    since = (refund for refund in account.refunds.values() if refund.number >= data["number"])
    return f"Refund for order {order.number}", sentences + credit_sentences(order, since)


def _refunded(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    receipt = data.get("receipt")
    by = f" (receipt {receipt})" if receipt else ""
    return (
        f"Refund of {money_of(data['amount'], order)}",
        [f"We sent {money_of(data['amount'], order)} of order {order.number} back the way it came{by}."],
    )


def _refund_failed(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    return (
        f"Your refund for order {order.number}",
        [
            f"We could not send {money_of(data['amount'], order)} back at once.",
            "Our staff are completing the refund by hand and will contact you.",
        ],
    )


def _how_to_pay(account: Account, attempt: int) -> str:
    if account.order.terms.due == 0:
        return "Nothing is left to pay."
    if account.attempts[attempt].phone:
        return "Approve the prompt on your phone to pay."
    return "If you have not paid yet, complete the payment on the order's page."


def _bill(order: Order) -> str:
    terms = order.terms
    lines = [f"  {line.quantity} x {line.name}: {Money(line.total, terms.currency)}" for line in terms.lines]
    lines.append(f"  Delivery: {Money(terms.shipping, terms.currency)}")
    if terms.discount:
        lines.append(f"  Voucher {terms.voucher}: {Money(-terms.discount, terms.currency)}")
    if terms.rounding:
        lines.append(f"  Rounded: {Money(terms.rounding, terms.currency)}")
    lines.append(f"  Total: {order.total} (VAT included: {Money(terms.tax, terms.currency)})")
    if terms.credit:
        lines.append(f"  Paid with store credit: {Money(terms.credit, terms.currency)}")
        lines.append(f"  Left to pay: {order.due}")
    return "\n".join(lines)


_COMPOSERS = {
    "OrderPlaced": _placed,
    "PaymentConfirmed": _paid,
    "OrderExpired": _expired,
    "LatePaymentReceived": _late,
    "DuplicatePaymentReceived": _duplicate,
    "PaymentHeldForReview": _review,
    "RefundRequested": _refund_started,
    "RefundSucceeded": _refunded,
    "RefundSettledByHand": _refunded,
    "RefundFailed": _refund_failed,
    **GOODS_COMPOSERS,
}

#: Events that make an e-mail.
MAILED = frozenset(_COMPOSERS)
