"""POST /hooks/daraja/{token}/{kind}: Daraja reports on a refund or a payment. Queued, and answered at once."""

from __future__ import annotations

from typing import Any

from commerce.payments.links import Purpose
from commerce.payments.messages import RefundMessage
from commerce.runtime.queues import send_refund
from commerce.runtime.webhook import Refusal, answer, let_in, refused

KINDS = ("result", "timeout", "record")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the report is safely queued."""
    try:
        order_number, attempt, body = let_in(event, Purpose.REFUND)
        kind = (event.get("pathParameters") or {}).get("kind")
        if kind not in KINDS:
            raise Refusal(404, "report of an unknown kind")
    except Refusal as refusal:
        return refused(refusal)
    send_refund(RefundMessage(order_number, attempt, kind=kind, result=body))
    return answer(200)
