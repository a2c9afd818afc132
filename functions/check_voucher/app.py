"""POST /vouchers/check: what a code would do for a basket. Asking uses nothing."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.checkout.check_voucher import VoucherCheckRequest, check_voucher
from commerce.runtime import wiring
from commerce.runtime.http import install_problems, read_body, respond, visitor
from commerce.runtime.settings import VoucherSettings, read
from commerce.shipping.quote_shipping import load_zones

logger = Logger()
api = install_problems(APIGatewayHttpResolver())


@api.post("/vouchers/check")
def check() -> Response[str]:
    """Answer 200 with the discount, or the same 422 for every code that cannot be used; so often a minute."""
    limit = read(VoucherSettings, os.environ).voucher_checks_per_minute
    wiring.rate_limits().spend(f"voucher/{visitor(api).network}", limit=limit, window_seconds=60)
    request = read_body(VoucherCheckRequest, api)
    return respond(200, check_voucher(wiring.database(), load_zones(), request, wiring.clock().now()))


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    return api.resolve(event, context)
