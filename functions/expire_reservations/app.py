"""EventBridge, each minute: release what is held for orders that nobody paid for."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.checkout.expire_orders import expire_orders
from commerce.runtime import wiring

logger = Logger()

#: Left over for the last order's provider call and commit before the function is stopped.
SPARE_SECONDS = 20.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Look at what is due, within the time this run has."""
    seconds = max(1.0, context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS)
    sweep = expire_orders(wiring.payment_desk(), seconds=seconds)
    done = {"seen": sweep.seen, "expired": sweep.expired, "waiting": sweep.waiting, "busy": sweep.busy}
    logger.info("sweep done", extra=done)
    return done
