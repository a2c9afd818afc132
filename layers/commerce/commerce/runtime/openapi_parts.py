"""Parts of the API document that no model says: what it is about, and the parameters and headers routes share."""

from __future__ import annotations

from typing import Any

from commerce.identity.keys import FIRST_PAUSE
from commerce.kernel.errors import NotSignedIn, Unavailable
from commerce.runtime.idempotency import LONGEST_KEY

Json = dict[str, Any]

INFO: Json = {
    "title": "Salama",
    "version": "1.0.0",
    "description": (
        "A shop's catalogue, checkout, payments and orders, from the basket to the return, and what its staff do.\n\n"
        "Money is a whole number of minor units (cents) of its currency. Times are ISO 8601 in UTC. Refusals are "
        "`application/problem+json` (RFC 9457) with a stable `type`; `errors` names the fields at fault. In front of "
        "the functions API Gateway answers by itself where a route does not exist (404) or is called too often (429), "
        'and to more than 10 MB (413) or 10 KB of headers (431), with `{"message": …}`.'
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
    {"name": "staff: second factor", "description": "The authenticator app that moving money takes."},
    {"name": "staff: audit", "description": "Whether the trail of a day is as it was written."},
    {"name": "staff: security", "description": "What was refused, and what staff did."},
    {"name": "staff: healing", "description": "What the shop repairs by itself, and what waits for people."},
]

BEARER = "bearer"
TOKEN: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "A token of an identity provider of the shop's: whoever signs in, or works here. For `/admin` it names a role "
        "that may do what is asked. In the local stack `/sandbox/identity` issues them."
    ),
}
#: A token that verifies is needed, or may be sent.
SIGNED_IN: list[Json] = [{BEARER: []}]
SIGNED_IN_OR_GUEST: list[Json] = [{}, {BEARER: []}]
NOT_SIGNED_IN = NotSignedIn("This sign-in is not valid. Please sign in again.")
NO_KEYS = Unavailable(
    "Who signs people in cannot be reached. Please try again; nothing was changed.", retry_after=FIRST_PAUSE
)

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
