"""Parts of the API document that no model says: what it is about, and the parameters and headers routes share."""

from __future__ import annotations

from typing import Any

from commerce.runtime.http import LONGEST_KEY

Json = dict[str, Any]

INFO: Json = {
    "title": "Salama",
    "version": "1.0.0",
    "description": (
        "A shop's catalogue, checkout, payments and orders, from the basket to the return, and what its staff do.\n\n"
        "Money is a whole number of minor units (cents) of its currency. Times are ISO 8601 in UTC. Refusals are "
        "`application/problem+json` (RFC 9457) with a stable `type`; `errors` names the fields at fault. In front of "
        "the functions API Gateway answers by itself where a route does not exist (404), is called too often (429), or "
        'wants a token and gets none that is good (401), with `{"message": …}`.'
    ),
}
SERVERS: list[Json] = [
    {
        "url": "https://{host}",
        "description": "A deployment: the address of its HTTP API, or a domain of your own.",
        "variables": {"host": {"default": "api.invalid"}},
    },
    {"url": "http://127.0.0.1:8000/api", "description": "The local stack."},
]
TAGS: list[Json] = [
    {"name": "catalogue", "description": "What is for sale."},
    {"name": "shipping", "description": "What delivery costs."},
    {"name": "orders", "description": "Placing, paying, following and giving back an order."},
    {"name": "customers", "description": "What a signed-in customer keeps with the shop."},
    {"name": "reviews", "description": "What buyers say of products."},
    {"name": "webhooks", "description": "For M-Pesa, Stripe and carriers only, by secret addresses or signatures."},
    {"name": "staff: orders", "description": "Finding orders, and everything about one."},
    {"name": "staff: fulfilment", "description": "Sending parcels, and calling orders off."},
    {"name": "staff: refunds", "description": "Giving money back."},
    {"name": "staff: returns", "description": "Deciding on goods that buyers give back."},
    {"name": "staff: catalogue", "description": "Products and their prices."},
    {"name": "staff: stock", "description": "What is on the shelf, and why."},
    {"name": "staff: vouchers", "description": "Codes and what they take off."},
    {"name": "staff: reviews", "description": "What may be shown."},
]

BEARER = "bearer"
TOKEN: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "A token of the shop's identity provider. For `/admin` its claim `roles` holds `staff`. In the local stack "
        "`/sandbox/identity` issues them."
    ),
}
UNAUTHORIZED: Json = {
    "401": {
        "description": "No token, or none that is good: API Gateway's own answer.",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
                "example": {"message": "Unauthorized"},
            }
        },
    }
}

NUMBER: Json = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "The order's number; small letters will do.",
    "schema": {"type": "string", "examples": ["7K2M9QX4TD"]},
}
KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": (
        "A new random value for each order or further payment, and the same one on every retry: whatever is retried "
        "happens once."
    ),
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[ -~]+$",
        "examples": ["5b0e7a52-6a86-4a0b-9d3e-0d6f0c2f7a11"],
    },
}
REPLAYED: Json = {
    "Idempotent-Replayed": {
        "description": "Says that an earlier request with this key was answered again.",
        "schema": {"const": "true"},
    }
}
RETRY_AFTER: Json = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
