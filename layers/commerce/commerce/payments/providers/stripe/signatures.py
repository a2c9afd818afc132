"""Tells whether Stripe signed a webhook's body (docs.stripe.com/webhooks, "Verify webhook signatures manually").

The header is ``t=<unix seconds>,v1=<hex>[,v1=…]``; a v1 is the HMAC-SHA256 of ``<t>.<body>`` under an endpoint's
secret. Nothing here imports more than the standard library.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

#: How old, or how far ahead of our clock, a signature may be: Stripe's own default, applied both ways.
TOLERANCE_SECONDS = 300
_LONGEST_HEADER = 4096
_TIME = re.compile(r"0|[1-9][0-9]{0,11}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


class Fault(Enum):
    """What is wrong with a signature."""

    MISSING = "no signature"
    MALFORMED = "a malformed signature"
    FORGED = "a signature by none of our secrets"
    STALE = "a signature of another time"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a Stripe-Signature header says: the time as it was signed, and the signatures of the known scheme."""

    time: str
    candidates: tuple[str, ...]

    @classmethod
    def read(cls, header: str) -> Signature | None:
        """Read a header; None when it has no readable time or no v1. Other schemes in it are passed over."""
        if len(header) > _LONGEST_HEADER:
            return None
        parts = [part.partition("=") for part in header.split(",")]
        times = [value for name, _, value in parts if name == "t"]
        candidates = tuple(value for name, _, value in parts if name == "v1" and _SIGNATURE.fullmatch(value))
        if len(times) != 1 or not _TIME.fullmatch(times[0]) or not candidates:
            return None
        return cls(times[0], candidates)

    def is_by(self, secret: str, body: bytes) -> bool:
        """Tell whether one of the signatures is a secret's; each is compared in constant time."""
        right = hmac.digest(secret.encode(), f"{self.time}.".encode() + body, sha256).hex()
        return any(hmac.compare_digest(right, candidate) for candidate in self.candidates)


def fault_of(header: str | None, body: bytes, secrets: Iterable[str], now: float) -> Fault | None:
    """Return what is wrong with a body's signature; None when Stripe signed it, and lately.

    Parameters
    ----------
    body
        The raw bytes that came, before anything was made of them.
    secrets
        The endpoint's secrets; while one replaces another Stripe signs with both. Blank ones sign nothing.
    now
        Unix seconds.
    """
    if not header:
        return Fault.MISSING
    signature = Signature.read(header)
    if signature is None:
        return Fault.MALFORMED
    if not any(signature.is_by(secret, body) for secret in secrets if secret.strip()):
        return Fault.FORGED
    return Fault.STALE if abs(now - int(signature.time)) > TOLERANCE_SECONDS else None
