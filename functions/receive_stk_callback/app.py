"""POST /hooks/stk/{token}: Daraja says what became of a push. The claim is queued, never believed (promise 4)."""

from __future__ import annotations

import logging
from typing import Any

from commerce.payments.links import Purpose
from commerce.payments.messages import CheckMessage
from commerce.payments.providers.daraja.callbacks import parse_stk_callback
from commerce.payments.providers.daraja.wire import MalformedBody
from commerce.runtime.queues import send_check
from commerce.runtime.webhook import Refusal, answer, let_in, refused

logger = logging.getLogger("salama.webhook")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the claim is safely queued; a body that cannot be read still has the attempt looked at."""
    try:
        order_number, attempt, body = let_in(event, Purpose.PAYMENT)
    except Refusal as refusal:
        return refused(refusal)
    try:
        claim = parse_stk_callback(body)
    except MalformedBody as error:
        logger.warning("order %s: callback cannot be read: %s", order_number, error)
        claim = None
    send_check(CheckMessage(order_number, attempt, claim=claim))
    return answer(200)
