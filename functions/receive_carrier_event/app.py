"""POST /hooks/carriers/{carrier}: a carrier says what became of a parcel. Whoever signed it is heard; it is queued."""

from __future__ import annotations

import time
from typing import Any

from commerce.fulfilment.messages import CarrierMessage
from commerce.fulfilment.signatures import HEADER, check_signature
from commerce.kernel.errors import ShopError
from commerce.kernel.strict_json import read_json
from commerce.runtime.problems import UnreadableBody, slug_of
from commerce.runtime.queues import send_carrier
from commerce.runtime.secrets import carrier_secrets
from commerce.runtime.webhook import (
    LARGEST_CALLBACK,
    answer,
    check_size,
    check_source,
    problem_answer,
    quarantine,
    raw_body,
    refused_with_problem,
)

RECEIVED = '{"received":true}'


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer 200 once the report is safely queued; 401 where the signature does not fit, whatever the body says."""
    carrier = str((event.get("pathParameters") or {}).get("carrier") or "")
    try:
        body = let_in(event, carrier)
    except ShopError as refusal:
        return refused_with_problem(refusal, event)
    try:
        message = CarrierMessage.of(carrier, _json(body))
    except ShopError as error:
        why = ": ".join(part for part in ("carrier's report", slug_of(error), error.field) if part)
        quarantine(event, why, who=f"carrier/{carrier}")
        return problem_answer(error)
    send_carrier(message)
    return answer(200, RECEIVED)


def let_in(event: dict[str, Any], carrier: str) -> bytes:
    """Check a report's size, signature and source, in this order; return its body as it was signed.

    Raises
    ------
    BodyTooLarge, UnreadableBody, BadSignature, SourceRefused
        When it is not let in.
    """
    check_size(event, LARGEST_CALLBACK)
    body = raw_body(event)
    if body is None:
        raise UnreadableBody("The body is not readable.")
    header = (event.get("headers") or {}).get(HEADER) or ""
    check_signature(header, body, carrier_secrets(carrier), int(time.time()))
    check_source(event)
    return body


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError:
        raise UnreadableBody("The body is not valid JSON.") from None
