"""What the Stripe webhook does before it believes that an event is Stripe's. Light: it answers in milliseconds."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from commerce.payments.providers.stripe.signatures import Fault, fault_of
from commerce.runtime.aws import SECRET_SECONDS, secret
from commerce.runtime.problems import SignatureRefused
from commerce.runtime.webhook import check_size, check_source, raw_body

#: Events hold one object; a dispute brings its evidence, which may have 150,000 characters.
LARGEST_EVENT = 512 * 1024
SIGNATURE_HEADER = "stripe-signature"
#: A secret this fresh is not asked for again when a signature fits none: strangers cannot make us ask at every call.
FRESH_SECONDS = 30.0


def let_in(event: Mapping[str, Any]) -> bytes:
    """Check a POST of Stripe's: size, signature and source.

    Returns
    -------
    bytes
        The body as it was signed.

    Raises
    ------
    BodyTooLarge, SignatureRefused, SourceRefused
        When it is not let in.
    """
    check_size(event, LARGEST_EVENT)
    # What is no base64 was not signed either.
    body = raw_body(event) or b""
    fault = _fault(event, body)
    if fault is not None:
        raise SignatureRefused(fault.value)
    check_source(event)
    return body


def _fault(event: Mapping[str, Any], body: bytes) -> Fault | None:
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
