"""POST /hooks/stk/{token}: Daraja says what became of a push. The claim is queued, never believed (promise 4)."""

from __future__ import annotations

from typing import Any

from commerce.kernel.errors import ShopError
from commerce.payments.links import Purpose
from commerce.payments.messages import CheckMessage
from commerce.payments.providers.daraja.callbacks import parse_stk_callback
from commerce.payments.providers.daraja.wire import MalformedBody
from commerce.runtime.queues import send_check
from commerce.runtime.webhook import answer, let_in, quarantine, raw_body, refused, text_of


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the claim is safely queued; a body that cannot be read still has the attempt looked at."""
    try:
        order_number, attempt = let_in(event, Purpose.PAYMENT)
    except ShopError as refusal:
        return refused(refusal, event)
    try:
        claim = parse_stk_callback(text_of(raw_body(event)))
    except MalformedBody as error:
        send_check(CheckMessage(order_number, attempt))
        quarantine(event, f"STK callback: {error}", subject=f"order/{order_number}")
    else:
        send_check(CheckMessage(order_number, attempt, claim=claim))
    return answer(200)
