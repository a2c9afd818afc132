"""POST /hooks/daraja/{token}/{kind}: Daraja reports on a refund or a payment. Queued, and answered at once."""

from __future__ import annotations

from typing import Any

from commerce.kernel.errors import ShopError
from commerce.payments.links import Purpose
from commerce.payments.messages import RefundMessage
from commerce.payments.providers.daraja.callbacks import read_result
from commerce.payments.providers.daraja.wire import MalformedBody, read_posted
from commerce.runtime.problems import CallbackForged
from commerce.runtime.queues import send_refund
from commerce.runtime.webhook import answer, let_in, quarantine, raw_body, refused, text_of

#: What each kind of report is about, and who reads it. Of a time-out only that it came says anything.
KINDS = {
    "result": (Purpose.REFUND, read_result),
    "timeout": (Purpose.REFUND, read_posted),
    "record": (Purpose.RECORD, read_result),
}


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the report is safely queued; one that cannot be read is queued all the same."""
    try:
        kind = str((event.get("pathParameters") or {}).get("kind"))
        purpose, read = KINDS.get(kind, KINDS["result"])
        order_number, number = let_in(event, purpose)
        if kind not in KINDS:
            raise CallbackForged("a report of an unknown kind")
    except ShopError as refusal:
        return refused(refusal, event)
    body = text_of(raw_body(event))
    send_refund(RefundMessage(order_number, number, kind=kind, result=body))
    try:
        read(body)
    except MalformedBody as error:
        quarantine(event, f"Daraja's {kind}: {error}", subject=f"order/{order_number}")
    return answer(200)
