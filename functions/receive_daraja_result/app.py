"""POST /hooks/daraja/{token}/{kind}: Daraja reports on a refund or a payment. Queued, and answered at once."""

from __future__ import annotations

from typing import Any

from commerce.payments.links import Purpose
from commerce.payments.messages import RefundMessage
from commerce.runtime.queues import send_refund
from commerce.runtime.webhook import Refusal, answer, let_in, refused

#: What each kind of report is about.
KINDS = {"result": Purpose.REFUND, "timeout": Purpose.REFUND, "record": Purpose.RECORD}


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the report is safely queued."""
    try:
        kind = str((event.get("pathParameters") or {}).get("kind"))
        order_number, number, body = let_in(event, KINDS.get(kind, Purpose.REFUND))
        if kind not in KINDS:
            raise Refusal(404, "report of an unknown kind")
    except Refusal as refusal:
        return refused(refusal)
    send_refund(RefundMessage(order_number, number, kind=kind, result=body))
    return answer(200)
