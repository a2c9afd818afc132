"""A service that signs what it sends, as docs/services.md tells its author to."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Mapping
from typing import Any

_nonces = itertools.count()


def signed(
    event: Mapping[str, Any], now: float, *, key: str, secret: str, sent_nonce: str | None = None, **told: str
) -> dict[str, Any]:
    """Return an event with a service's key and signature; members of what is signed can be told wrong."""
    query = event.get("rawQueryString") or ""
    headers = {
        "x-internal-key": key,
        "x-salama-timestamp": str(int(now)),
        "x-salama-nonce": sent_nonce or f"nonce-of-a-test-{next(_nonces):06d}",
    }
    parts = {
        "method": event["requestContext"]["http"]["method"],
        "path": event["rawPath"] + (f"?{query}" if query else ""),
        "timestamp": headers["x-salama-timestamp"],
        "nonce": headers["x-salama-nonce"],
        "key": event["headers"].get("idempotency-key") or "",
        "body": event.get("body") or "",
    } | told
    parts["body"] = hashlib.sha256(parts["body"].encode()).hexdigest()
    digest = hmac.new(secret.encode(), "\n".join(parts.values()).encode(), "sha256").hexdigest()
    return {**event, "headers": {**event["headers"], **headers, "x-salama-signature": f"v1={digest}"}}
