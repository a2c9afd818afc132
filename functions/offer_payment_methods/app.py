"""GET /payment-methods?currency=&total=: the ways to pay, and which of them can be chosen now."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency
from commerce.payments.breaker import Breakers
from commerce.payments.offer_methods import offer_methods
from commerce.payments.registry import registered
from commerce.runtime import wiring
from commerce.runtime.http import install_problems, respond

logger = Logger()
api = install_problems(APIGatewayHttpResolver())
#: More digits than any amount of money has.
LONGEST_TOTAL = 12


@api.get("/payment-methods")
def payment_methods() -> Response[str]:
    """Answer 200 with every way to pay; 422 for a currency or total that is none."""
    given = api.current_event.get_query_string_value("currency", default_value="KES")
    if given not in list(Currency):
        raise InvalidRequest(f"Give {' or '.join(Currency)}.", field="currency")
    text = api.current_event.get_query_string_value("total", default_value="") or ""
    if text and not (text.isascii() and text.isdigit() and len(text) <= LONGEST_TOTAL):
        raise InvalidRequest("Give whole minor units.", field="total")
    offers = {method: found.CAPABILITIES for method, found in registered(os.environ).items()}
    breakers = Breakers(wiring.database(), wiring.clock()).read(offers)
    view = offer_methods(offers, breakers, Currency(given), int(text) if text else None, wiring.clock().now())
    return respond(200, view)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
