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
from commerce.inventory.store import OutOfStock
from commerce.promotions.credit_store import CreditRefused
from commerce.promotions.model import VoucherRefused
from commerce.runtime import watch, wiring
from commerce.runtime.http import idempotency_key, install_problems, read_body, respond, visitor
from commerce.runtime.settings import AddressSettings, VoucherSettings, read

logger = Logger()
api = install_problems(APIGatewayHttpResolver())


@api.post("/checkout")
def checkout() -> Response[str]:
    """Answer 201 with the order, or 200 with the same body when this Idempotency-Key placed it before."""
    buyer = visitor(api)
    limit = read(AddressSettings, os.environ).checkouts_per_address_per_minute
    wiring.first_free().spend(f"checkout/{buyer.network}", limit=limit, window_seconds=60)
    key = idempotency_key(api)
    request = read_body(CheckoutRequest, api)
    limits, window = wiring.rate_limits(), _wrong_codes(buyer.network)
    guesses = limits.window(**window) if request.voucher or request.credit else None
    customer = buyer.caller.subject if buyer.caller else None
    try:
        placed = place_order(wiring.checkout_desk(), request, key, guesses, customer)
    except (VoucherRefused, CreditRefused):
        limits.spend(**window)
        raise
    except OutOfStock:
        watch.count("OutOfStock")
        raise
    logger.info("order placed", order_number=placed.order.number, replayed=placed.replayed)
    view = placed_view(placed.order, placed.attempt)
    return respond(200, view, {"Idempotent-Replayed": "true"}) if placed.replayed else respond(201, view)


def _wrong_codes(network: str) -> dict[str, Any]:
    """Return how many wrong codes a caller may try a minute; past them every code is answered 429."""
    limit = read(VoucherSettings, os.environ).voucher_checks_per_minute
    return {"what": f"refused-code/{network}", "limit": limit, "window_seconds": 60}


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
