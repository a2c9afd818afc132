"""What the Stripe webhook does before it believes that an event is Stripe's. Light: it answers in milliseconds."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import time
from typing import Any

from commerce.payments.providers.stripe.signatures import Fault, fault_of
from commerce.runtime.aws import SECRET_SECONDS, secret
from commerce.runtime.problems import BadHeader, BodyTooLarge, problem

logger = logging.getLogger("salama.webhook")

#: Events hold one object; a dispute brings its evidence, which may have 150,000 characters.
LARGEST_EVENT = 512 * 1024
SIGNATURE_HEADER = "stripe-signature"
#: A secret this fresh is not asked for again when a signature fits none: strangers cannot make us ask at every call.
FRESH_SECONDS = 30.0


class SignatureRefused(BadHeader):
    """The body does not bear a signature of Stripe's, or an old one."""


def let_in(event: dict[str, Any]) -> bytes:
    """Check a POST of Stripe's: size and signature.

    Returns
    -------
    bytes
        The body as it was signed.

    Raises
    ------
    BodyTooLarge, SignatureRefused
        When it is not let in.
    """
    body = event.get("body") or ""
    encoded = bool(event.get("isBase64Encoded"))
    size = len(body) * 3 // 4 if encoded else len(body.encode(errors="replace"))
    if size > LARGEST_EVENT:
        raise BodyTooLarge(f"An event may have {LARGEST_EVENT} bytes.")
    raw = _decoded(body) if encoded else body.encode(errors="replace")
    fault = _fault(event, raw)
    if fault is not None:
        logger.warning("security: Stripe event with %s", fault.value)
        raise SignatureRefused("The signature is missing, wrong or too old.", field="Stripe-Signature")
    return raw


def refused(error: Exception) -> dict[str, Any]:
    """Return the problem+json that a refusal means."""
    status, headers, body = problem(error)
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def _fault(event: dict[str, Any], body: bytes) -> Fault | None:
    header = (event.get("headers") or {}).get(SIGNATURE_HEADER)
    fault = fault_of(header, body, _secrets(SECRET_SECONDS), time.time())
    if fault is Fault.FORGED:
        # The secret may have been rolled since it was read.
        fault = fault_of(header, body, _secrets(FRESH_SECONDS), time.time())
    return fault


def _secrets(oldest: float) -> list[str]:
    """Return the endpoint's secrets, newest first; none where no cards are taken, so that nothing is let in."""
    secret_id = os.environ.get("STRIPE_SECRET_ID")
    known = secret(secret_id, oldest=oldest).get("webhook_secrets", "") if secret_id else ""
    return [one.strip() for one in known.split(",")]


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        # Nothing that was signed; the signature says so.
        return b""
