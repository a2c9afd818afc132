"""POST /checkout: place an order and start its payment."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.checkout.place_order import place_order
from commerce.checkout.requests import CheckoutRequest
from commerce.checkout.views import placed_view
from commerce.limits.store import RateLimits
from commerce.promotions.credit_store import CreditRefused
from commerce.promotions.model import VoucherRefused
from commerce.runtime import wiring
from commerce.runtime.http import idempotency_key, install_problems, read_body, respond
from commerce.runtime.settings import VoucherSettings, read

logger = Logger()
api = install_problems(APIGatewayHttpResolver())


@api.post("/checkout")
def checkout() -> Response[str]:
    """Answer 201 with the order, or 200 with the same body when this Idempotency-Key placed it before."""
    key = idempotency_key(api)
    request = read_body(CheckoutRequest, api)
    limits, window = RateLimits(wiring.database(), wiring.clock()), _wrong_codes()
    guesses = limits.window(**window) if request.voucher or request.credit else None
    try:
        placed = place_order(wiring.checkout_desk(), request, key, guesses)
    except (VoucherRefused, CreditRefused):
        limits.spend(**window)
        raise
    logger.info("order placed", order_number=placed.order.number, replayed=placed.replayed)
    view = placed_view(placed.order, placed.attempt)
    return respond(200, view, {"Idempotent-Replayed": "true"}) if placed.replayed else respond(201, view)


def _wrong_codes() -> dict[str, Any]:
    """Return how many wrong codes a caller may try a minute; past them every code is answered 429."""
    limit = read(VoucherSettings, os.environ).voucher_checks_per_minute
    caller = api.current_event.request_context.http.source_ip
    return {"what": f"refused-code/{caller}", "limit": limit, "window_seconds": 60}


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
