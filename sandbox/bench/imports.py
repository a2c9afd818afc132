"""What a function may load at its cold start: what is forbidden to it, and how many modules there are at most.

Tests hold both to the letter. Whoever changes what a function imports looks at what that costs (`make bench` counts the
instructions), and writes the new number here.
"""

from __future__ import annotations

#: A provider's SDK and HTTP client come with the provider, when an order of its method needs it.
NEVER = frozenset(
    {
        "boto3", "aws_xray_sdk", "stripe", "httpx", "requests", "unittest", "http.server", "http.cookiejar",
        "multiprocessing", "commerce.payments.providers.daraja.client", "commerce.payments.providers.stripe.client",
        "commerce.runtime.openapi", "commerce.runtime.event_schemas",
    }
)  # fmt: skip
#: What only the APIs with many routes load, and what comes with it or in Powertools' larger parts.
APIS_ONLY = frozenset(
    {
        "fastapi", "starlette", "mangum", "anyio", "asyncio", "opentelemetry", "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.batch", "aws_lambda_powertools.utilities.data_classes",
    }
)  # fmt: skip
#: Tokens are read when one is sent, second factors checked when one is needed.
WHEN_SENT = frozenset({"jwt", "cryptography"})
#: What a provider waits for answers in milliseconds, cold too (ADR 5).
FRAMEWORKS = frozenset({"pydantic", "pynamodb", "tenacity", "aws_lambda_powertools"})
#: Goods and their taxes, which only a shelf and a checkout are made of.
SHELVES = frozenset({"commerce.catalog.model", "commerce.tax.model"})

API = NEVER | WHEN_SENT | {"aws_lambda_powertools"}
PRICING = NEVER | WHEN_SENT | APIS_ONLY
WORKER = PRICING | SHELVES
LIGHT = WORKER | FRAMEWORKS

#: By function: what it must not load, and how many modules that are not Python's own it loads.
FUNCTIONS: dict[str, tuple[frozenset[str], int]] = {
    "anchor_audit": (WORKER, 257),
    "archive_events": (WORKER | {"pynamodb", "tenacity", "aws_lambda_powertools"}, 193),
    "browse_catalog": (API, 416),
    "check_voucher": (PRICING, 316),
    "expire_reservations": (WORKER, 310),
    "heal_failures": (WORKER, 355),
    "notify_customer": (WORKER, 291),
    "offer_payment_methods": (WORKER, 281),
    "project_orders": (WORKER, 291),
    "receive_carrier_event": (LIGHT, 155),
    "receive_daraja_result": (LIGHT, 159),
    "receive_stk_callback": (LIGHT, 159),
    "receive_stripe_event": (LIGHT, 161),
    "record_security_events": (WORKER, 263),
    "refund_payment": (WORKER, 314),
    "relay_events": (LIGHT, 137),
    "request_return": (WORKER, 323),
    "retry_payment": (PRICING, 357),
    "serve_customer": (API, 427),
    "serve_staff": (API, 557),
    "show_order": (WORKER, 315),
    "start_checkout": (PRICING, 353),
    "track_shipment": (WORKER, 305),
    "verify_audit": (WORKER, 287),
    "verify_payment": (WORKER, 313),
}
