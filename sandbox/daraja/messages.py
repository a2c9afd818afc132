"""The SMS a phone shows: one for each movement of its money, and one for a payment that failed."""

from datetime import datetime
from typing import Any

from sandbox.daraja.codes import PAID
from sandbox.daraja.engine import Daraja
from sandbox.daraja.identifiers import EAT
from sandbox.daraja.ledger import Transaction

KEPT = 50
"""How many messages are shown."""


def messages_for(daraja: Daraja, phone: str = "") -> list[dict[str, Any]]:
    """The messages of a phone (all phones when empty), newest first: {"phone","at","text","kind"}."""
    found: list[tuple[datetime, dict[str, Any]]] = []
    for one in daraja.ledger.transactions:
        owner = one.debit if one.kind == "payment" else one.credit
        if one.kind in ("payment", "reversal", "payout") and phone in ("", owner):
            found.append((one.at, _message(owner, one.at, _words(daraja, one), one.kind)))
    for push in daraja.pushes.all:
        if push.record not in (None, PAID) and phone in ("", push.phone):
            words = f"Failed. Ksh{push.amount:,}.00 to {push.merchant.name} was not paid. {push.text or ''}".strip()
            found.append((push.accepted_at, _message(push.phone, push.accepted_at, words, "failed")))
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [message for _, message in found[:KEPT]]


def _message(phone: str, at: datetime, words: str, kind: str) -> dict[str, Any]:
    return {"phone": phone, "at": at.isoformat(), "text": words, "kind": kind}


def _words(daraja: Daraja, one: Transaction) -> str:
    local = one.at.astimezone(EAT)
    when = f"on {local.day}/{local.month}/{local:%y} at {local.strftime('%I:%M %p').lstrip('0')}"
    amount, shop = f"Ksh{one.amount:,}.00", daraja.options.business_name
    if one.kind == "payment":
        return f"{one.receipt} Confirmed. {amount} sent to {shop} for account {one.reference} {when}."
    if one.kind == "reversal":
        return f"{one.receipt} Confirmed. Your payment {one.original} was reversed: {amount} is back {when}."
    return f"{one.receipt} Confirmed. You have received {amount} from {shop} {when}."
