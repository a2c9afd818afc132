"""What buyers are written about their goods: sent, delivered, cancelled, on their way back. Pure text."""

from __future__ import annotations

from typing import Any

from commerce.notifications.phrases import credit_sentences, goods, money_of
from commerce.ordering.returns import Return
from commerce.payments.store import Account
from commerce.shipping.carriers import load_carriers


def _sent(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order, shipment = account.order, account.shipments[data["shipment"]]
    carriers = load_carriers()
    what = "Your order" if data["complete"] and shipment.number == 1 else "A part of your order"
    sentences = [
        f"{what} {order.number} is on its way with {carriers.label(shipment.carrier)}:",
        goods(shipment.lines, order),
        f"Tracking reference: {shipment.tracking}",
    ]
    link = carriers.link(shipment.carrier, shipment.tracking)
    if link:
        sentences.append(f"Follow the parcel: {link}")
    if not data["complete"]:
        sentences.append("We send the rest as soon as we can and write again then.")
    return f"Order {order.number} is on its way", sentences


def _moved(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order, shipment = account.order, account.shipments[data["shipment"]]
    carrier = load_carriers().label(shipment.carrier)
    said = {
        "in_transit": ("is getting closer", f"{carrier} has this on the road to you:"),
        "delivered": ("came in part", f"{carrier} has delivered a part of your order:"),
        "exception": ("is held up", f"{carrier} could not go on with this parcel, and tells more on the order's page:"),
    }
    subject, sentence = said[data["status"]]
    tracking = f"Tracking reference: {shipment.tracking}"
    return f"Order {order.number} {subject}", [sentence, goods(shipment.lines, order), tracking]


def _delivered(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    number = account.order.number
    return (
        f"Order {number} was delivered",
        [
            f"Your order {number} was delivered. We hope that you like it.",
            "Should something be wrong, you can ask for a return on the order's page.",
        ],
    )


def _cancelled(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order = account.order
    sentences = [f"We cancelled your order {order.number}. Nothing will be sent."]
    if data.get("refund"):
        amount = money_of(data["refund"]["amount"], order)
        sentences.append(f"We are sending {amount} back the way it came, and write again when it is done.")
    back = [refund for refund in account.refunds.values() if refund.why == "cancelled"]
    if order.terms.credit and not back:
        # An order that waited for its payment: its store credit went back without a refund of its own.
        sentences.append(f"{money_of(order.terms.credit, order)} is back on the store credit that you paid with.")
    return f"Order {order.number} was cancelled", sentences + credit_sentences(order, back)


def _return_requested(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    one = _return(data, account)
    return (
        f"Your return {one.id}",
        [
            f"You would like to give back from order {account.order.number}:",
            goods(one.lines, account.order),
            "We look at it and write to you. Please keep the goods until then.",
        ],
    )


def _return_approved(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    one = _return(data, account)
    gets = "give the money back" if one.resolution == "refund" else "give you store credit"
    return (
        f"Your return {one.id} is agreed",
        [
            f"Please send these goods of order {account.order.number} back to us:",
            goods(one.lines, account.order),
            f"Write {one.id} on the parcel. Once the goods are here we {gets}.",
        ],
    )


def _return_rejected(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    one = _return(data, account)
    return (
        f"Your return {one.id}",
        [
            f"We are sorry that we cannot take these goods of order {account.order.number} back:",
            goods(one.lines, account.order),
            f"The reason: {one.decision}",
        ],
    )


def _return_received(data: dict[str, Any], account: Account) -> tuple[str, list[str]]:
    order, one = account.order, _return(data, account)
    sentences = [f"These goods of order {order.number} came back to us:", goods(one.units_received, order)]
    if data.get("refund"):
        amount = money_of(data["refund"]["amount"], order)
        sentences.append(f"We are sending {amount} back the way it came, and write again when it is done.")
    back = (refund for refund in account.refunds.values() if refund.key == one.id)
    return f"Your return {one.id} arrived", sentences + credit_sentences(order, back)


def _return(data: dict[str, Any], account: Account) -> Return:
    return account.returns[data["return_number"]]


GOODS_COMPOSERS = {
    "ShipmentSent": _sent,
    "ShipmentMoved": _moved,
    "OrderDelivered": _delivered,
    "OrderCancelled": _cancelled,
    "ReturnRequested": _return_requested,
    "ReturnApproved": _return_approved,
    "ReturnRejected": _return_rejected,
    "ReturnReceived": _return_received,
}
