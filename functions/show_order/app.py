"""GET /orders/{number}?email=: an order's status, for whoever knows its number and e-mail address."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.checkout.track_order import find_account
from commerce.checkout.views import tracking_view
from commerce.payments.store import Payments
from commerce.runtime import wiring
from commerce.runtime.http import install_problems, respond, visitor

logger = Logger()
api = install_problems(APIGatewayHttpResolver())


@api.get("/orders/<number>")
def show_order(number: str) -> Response[str]:
    """Answer 200 with the order, or the same 404 for a wrong number and a wrong e-mail address."""
    email = api.current_event.get_query_string_value("email", default_value="") or ""
    with wiring.order_lookups().asking(number, visitor(api).network):
        account = find_account(Payments(wiring.database()), number, email)
    return respond(200, tracking_view(account, wiring.clock().now()))


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
