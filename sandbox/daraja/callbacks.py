"""STK callbacks: their body with the recorded quirks, and their delivery."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from sandbox.daraja.codes import PAID, Code, text_of
from sandbox.daraja.engine import Daraja
from sandbox.daraja.faults import Json
from sandbox.daraja.identifiers import eat_digits, receipt
from sandbox.daraja.pushes import PushRecord
from sandbox.daraja.script import Call, Metadata

MALFORMED = '{"Body":{"stkCallback":{"MerchantRequestID":'
"""A body that breaks off in the middle."""


def with_decimals(value: int) -> str:
    """A marker that `wire` turns into the bare JSON number `1500.00`, which Python would write as 1500.0."""
    return f"\u0001{value}.00\u0001"


def wire(body: Json) -> str:
    """The body as it goes over the wire, with decimals kept as written."""
    return re.sub(r'"\\u0001(\d+\.\d\d)\\u0001"', r"\1", json.dumps(body))


def stk_body(daraja: Daraja, push: PushRecord, call: Call) -> Json:
    """The callback for a push: the record's own code and amount, unless the call claims others."""
    code: Code = call.code if call.code is not None else (push.record if push.record is not None else PAID)
    claimed = text_of(code) if call.code is not None or push.text is None else push.text
    callback: Json = {
        "MerchantRequestID": push.merchant_request_id,
        "CheckoutRequestID": push.checkout_request_id,
        "ResultCode": code,
    }
    if claimed is not None:
        callback["ResultDesc"] = claimed
    if code == PAID:
        amount = call.sum.of(push.amount) if call.sum else (push.paid_amount or push.amount)
        callback["CallbackMetadata"] = {"Item": _metadata(daraja, push, amount)}
    return {"Body": {"stkCallback": callback}}


def _metadata(daraja: Daraja, push: PushRecord, amount: int) -> list[dict[str, Any]]:
    shape = push.story.metadata if push.story else Metadata.PLAIN
    paid_at = push.paid_at or daraja.now()
    if shape is Metadata.ODD:
        paid_at = push.accepted_at - timedelta(seconds=150)
    items: list[dict[str, Any]] = [
        {"Name": "Amount", "Value": with_decimals(amount) if shape is Metadata.QUIRKS else amount},
        {"Name": "MpesaReceiptNumber", "Value": push.receipt or receipt(paid_at)},
    ]
    if shape is Metadata.QUIRKS:
        items.append({"Name": "Balance"})
    if shape is Metadata.ODD:
        items.append({"Name": "Balance", "Value": "{Amount={CurrencyCode=KES, MinimumAmount=0, BasicAmount=0.00}}"})
    items.append({"Name": "TransactionDate", "Value": int(eat_digits(paid_at))})
    if shape is not Metadata.ODD:
        items.append({"Name": "PhoneNumber", "Value": int(push.phone)})
    return items


@dataclass(frozen=True)
class Address:
    """Where a body goes, and what it is about (for the journal)."""

    api: str
    url: str
    phone: str
    reference: str


async def deliver(daraja: Daraja, to: Address, content: str) -> None:
    """POST a body once; whatever the receiver answers is only written down. Daraja does not send again."""
    try:
        shown: Any = json.loads(content)
    except ValueError:
        shown = content
    entry = daraja.journal.write(
        daraja.now(), "callback", to.api, to.url, body=shown, phone=to.phone, reference=to.reference
    )
    try:
        response = await daraja.http.post(
            to.url, content=content.encode(), headers={"Content-Type": "application/json"}
        )
    except httpx.HTTPError as error:
        entry.note = f"not delivered: {type(error).__name__}"
        return
    entry.status = response.status_code
    try:
        entry.answer = response.json()
    except ValueError:
        entry.answer = response.text[:2_000]
