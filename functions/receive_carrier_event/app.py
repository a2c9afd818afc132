"""POST /hooks/carriers/{carrier}: a carrier says what became of a parcel. Whoever signed it is heard; it is queued."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from typing import Any

from commerce.fulfilment.messages import CarrierMessage
from commerce.fulfilment.signatures import HEADER, BadSignature, check_signature
from commerce.kernel.errors import ShopError
from commerce.runtime.problems import BodyTooLarge, UnreadableBody, problem
from commerce.runtime.queues import send_carrier
from commerce.runtime.secrets import carrier_secrets
from commerce.runtime.webhook import LARGEST_CALLBACK, answer

logger = logging.getLogger("salama.webhook")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the report is safely queued; 401 where the signature does not fit, whatever the body says."""
    carrier = (event.get("pathParameters") or {}).get("carrier") or ""
    try:
        message = let_in(event, carrier)
    except BadSignature as error:
        logger.warning("security: a carrier's report with a bad signature: %s", error.reason)
        return refused(error)
    except ShopError as error:
        logger.warning("a carrier's report cannot be read: %s", error.field or type(error).__name__)
        return refused(error)
    send_carrier(message)
    return answer(200, '{"received":true}')


def refused(error: ShopError) -> dict[str, Any]:
    """Return the problem+json that a refusal means."""
    status, headers, body = problem(error)
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def let_in(event: dict[str, Any], carrier: str) -> CarrierMessage:
    """Check a report's size, signature and members, in this order.

    Raises
    ------
    BodyTooLarge, BadSignature, UnreadableBody, InvalidRequest
        Saying what is wrong; nothing is queued then.
    """
    body = _body(event)
    if len(body) > LARGEST_CALLBACK:
        raise BodyTooLarge(f"A report may have {LARGEST_CALLBACK} bytes.")
    header = (event.get("headers") or {}).get(HEADER) or ""
    check_signature(header, body, carrier_secrets(carrier), int(time.time()))
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableBody("The body is not valid JSON.") from None
    return CarrierMessage.of(carrier, report)


def _body(event: dict[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode(errors="replace")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise UnreadableBody("The body is not readable.") from None
