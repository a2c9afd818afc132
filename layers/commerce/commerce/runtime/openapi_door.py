"""The door in the API document: the keys that a deployment may ask for, and what is answered without them."""

from __future__ import annotations

from commerce.identity.door_refusals import (
    AmbiguousCaller,
    ClientKeyRefused,
    NonceSpent,
    OriginRefused,
    ServiceKeyRefused,
    ServiceSignatureRefused,
)
from commerce.identity.signed_requests import SIGNATURE
from commerce.limits.used_up import used_up
from commerce.runtime.door import CLIENT_KEY, SERVICE_KEY
from commerce.runtime.openapi_answers import Json, refusals
from commerce.runtime.problems import PROBLEM

SCHEMES: Json = {
    "client": {
        "type": "apiKey",
        "in": "header",
        "name": CLIENT_KEY,
        "description": (
            "The key of a frontend, on every operation but the webhooks, where the deployment asks for keys "
            "(`DoorSecretId`). The local stack's shop front has `local-shop-front-key`."
        ),
    },
    "service": {
        "type": "apiKey",
        "in": "header",
        "name": SERVICE_KEY,
        "description": (
            "The key of a program, in place of a frontend's key and a token. What changes something it signs, with "
            "`x-salama-timestamp`, `x-salama-nonce` and `x-salama-signature`: see docs/services.md."
        ),
    },
}
_READING = (
    AmbiguousCaller(),
    ClientKeyRefused("no client key"),
    ServiceKeyRefused("no service"),
    OriginRefused("another origin"),
    used_up("client", 42),
)
_CHANGING = (
    ServiceSignatureRefused("The signature does not fit the request.", field=SIGNATURE, reason="no signature fits"),
    NonceSpent(),
)


def put_behind_door(method: str, operation: Json) -> None:
    """Add what the door answers to an operation; where it has an answer of a status, as one more example of it."""
    refused = refusals(*_READING, *(() if method == "get" else _CHANGING))
    for status, answer in refused.items():
        known = operation["responses"].setdefault(status, answer)
        if known is not answer:
            _add(known["content"][PROBLEM], answer["content"][PROBLEM])


def _add(known: Json, more: Json) -> None:
    if known["schema"] != more["schema"]:
        known["schema"] = {"anyOf": [known["schema"], more["schema"]]}
    if "examples" in known:
        known["examples"] = more["examples"] | known["examples"]
