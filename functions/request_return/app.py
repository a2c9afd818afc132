"""POST /orders/{number}/returns: a buyer asks to give goods back."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.returns.request_return import request_return
from commerce.returns.requests import ReturnRequest
from commerce.returns.views import AskedView, return_view
from commerce.runtime import wiring
from commerce.runtime.http import idempotency_key, install_problems, read_body, respond, visitor
from commerce.runtime.settings import ReturnSettings, read

logger = Logger()
api = install_problems(APIGatewayHttpResolver())


@api.post("/orders/<number>/returns")
def ask(number: str) -> Response[str]:
    """Answer 201 with the new return, or 200 with the one this Idempotency-Key opened before."""
    key = idempotency_key(api)
    request = read_body(ReturnRequest, api)
    window = read(ReturnSettings, os.environ).return_window
    with wiring.order_lookups().asking(number, visitor(api).network):
        asked = request_return(wiring.order_desk(), number, request, key, window)
    logger.info("return asked for", order_number=asked.order.number, replayed=asked.replayed)
    view = AskedView(**{"return": return_view(asked.wish)})
    return respond(200, view, {"Idempotent-Replayed": "true"}) if asked.replayed else respond(201, view)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
