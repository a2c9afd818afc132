"""What a function may load at its cold start: what is forbidden to it, and how many modules there are at most.

Tests hold both to the letter. Whoever changes what a function imports looks at what that costs (`make bench` counts the
instructions), and writes the new number here.
"""

from __future__ import annotations

from typing import NamedTuple

#: A provider's SDK and HTTP client come with the provider, when an order of its method needs it.
NEVER = frozenset(
    {
        "boto3", "aws_xray_sdk", "stripe", "httpx", "requests", "unittest", "http.server", "http.cookiejar",
        "multiprocessing", "commerce.payments.providers.daraja.client", "commerce.payments.providers.stripe.client",
        "commerce.runtime.openapi", "commerce.runtime.event_schemas",
    }
)  # fmt: skip
#: What only the APIs with many routes load.
APIS_ONLY = frozenset({"fastapi", "starlette", "mangum", "anyio", "opentelemetry"})
#: Powertools' larger parts, each for its own kind of function, and what comes with them.
ROUTER, BATCHES = "aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.batch"
#: Tokens are read when one is sent, second factors checked when one is needed.
WHEN_SENT = frozenset({"jwt", "cryptography"})
#: What a provider waits for answers in milliseconds, cold too (ADR 5).
FRAMEWORKS = frozenset({"pydantic", "pynamodb", "tenacity", "aws_lambda_powertools"})
#: Goods and their taxes, which only a shelf and a checkout are made of.
SHELVES = frozenset({"commerce.catalog.model", "commerce.tax.model"})

API = NEVER | WHEN_SENT | {"aws_lambda_powertools"}
PRICING = NEVER | WHEN_SENT | APIS_ONLY | {BATCHES}
BUYER = PRICING | SHELVES
QUEUE = NEVER | WHEN_SENT | APIS_ONLY | SHELVES | {ROUTER}
TIMED = QUEUE | {BATCHES, "asyncio"}
LIGHT = TIMED | FRAMEWORKS


class Start(NamedTuple):
    """What a cold start of a function may come to.

    Parameters
    ----------
    forbidden
        What it must not load.
    modules
        How many modules it loads that are not Python's own, on `COUNTED_ON`.
    instructions
        Millions over bare Python, at most, on Debian's Python 3.11: `make bench` marks what grew beyond. None where
        nothing is agreed on yet.
    """

    forbidden: frozenset[str]
    modules: int
    instructions: int | None = None


#: The Python whose modules were counted, as in CI.
COUNTED_ON = (3, 11)
FUNCTIONS = {
    "anchor_audit": Start(TIMED, 255, 870),
    "archive_events": Start(TIMED | {"pynamodb", "tenacity", "aws_lambda_powertools"}, 191, 780),
    "browse_catalog": Start(API, 414, 1945),
    "check_voucher": Start(PRICING, 389, 1290),
    "expire_reservations": Start(TIMED, 308, 1155),
    "heal_failures": Start(TIMED, 353, 1330),
    "notify_customer": Start(QUEUE, 332, 1150),
    "offer_payment_methods": Start(BUYER, 354, 1075),
    "project_orders": Start(QUEUE, 332, 1150),
    "receive_carrier_event": Start(LIGHT, 154, 605),
    "receive_daraja_result": Start(LIGHT, 158, 615),
    "receive_stk_callback": Start(LIGHT, 158, 615),
    "receive_stripe_event": Start(LIGHT, 160, 620),
    "record_security_events": Start(QUEUE, 304, 1025),
    "refund_payment": Start(QUEUE, 355, 1255),
    "relay_events": Start(LIGHT, 136, 515),
    "request_return": Start(BUYER, 396, 1290),
    "retry_payment": Start(PRICING, 430, 1485),
    "serve_customer": Start(API, 425, 1965),
    "serve_staff": Start(API, 555, 3085),
    "show_order": Start(BUYER, 388, 1230),
    "start_checkout": Start(PRICING, 426, 1485),
    "track_shipment": Start(QUEUE, 346, 1225),
    "verify_audit": Start(TIMED, 285, 995),
    "verify_payment": Start(QUEUE, 354, 1255),
}
