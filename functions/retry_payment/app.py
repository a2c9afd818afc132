"""POST /orders/{number}/payments: try to pay an order again."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.checkout.requests import RetryRequest
from commerce.checkout.retry_payment import retry_payment
from commerce.checkout.views import restarted_view
from commerce.runtime import wiring
from commerce.runtime.http import idempotency_key, install_problems, read_body, respond, visitor

logger = Logger()
api = install_problems(APIGatewayHttpResolver())


@api.post("/orders/<number>/payments")
def pay_again(number: str) -> Response[str]:
    """Answer 201 with the new attempt, or 200 with the one this Idempotency-Key started before."""
    key = idempotency_key(api)
    request = read_body(RetryRequest, api)
    with wiring.order_lookups().asking(number, visitor(api).network):
        started = retry_payment(wiring.payment_desk(), number, request, key)
    logger.info("payment restarted", order_number=started.order.number, replayed=started.replayed)
    view = restarted_view(started.order, started.attempt)
    return respond(200, view, {"Idempotent-Replayed": "true"}) if started.replayed else respond(201, view)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
