"""POST /hooks/stripe: Stripe says that something happened. What it is about is queued, never believed (promise 4)."""

from __future__ import annotations

import logging
from typing import Any

from commerce.kernel.errors import ShopError
from commerce.payments.messages import CheckMessage, StatementMessage
from commerce.payments.providers.stripe.events import ChargeNews, Dropped, PaymentNews, Unreadable, read_event
from commerce.runtime.queues import send_check, send_refund
from commerce.runtime.stripe_webhook import let_in
from commerce.runtime.webhook import answer, quarantine, refused_with_problem

logger = logging.getLogger("salama.webhook")

METHOD = "card"
RECEIVED = '{"received":true}'


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the hint is safely queued, and to events that are of no interest: Stripe repeats the others."""
    try:
        news = read_event(let_in(event))
    except ShopError as refusal:
        return refused_with_problem(refusal, event)
    match news:
        case PaymentNews(event_id, order_number, attempt):
            send_check(CheckMessage(order_number, attempt, event_id=event_id))
        case ChargeNews(event_id, charge):
            send_refund(StatementMessage(METHOD, charge, event_id))
        case Dropped(why):
            logger.info("Stripe event dropped: %s", why)
        case Unreadable(why):
            quarantine(event, f"Stripe event: {why}")
    return answer(200, RECEIVED)
