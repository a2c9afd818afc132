"""Signatures of carriers' reports: HMAC-SHA256 over the raw body with the moment it was signed. Light, and pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from commerce.kernel.errors import ShopError

HEADER = "salama-signature"
#: How far the moment of signing may be from now, both ways (seconds).
TOLERANCE_SECONDS = 300
#: A signer in the middle of a roll signs with two secrets; nobody has reason to send more than a few.
MOST_SIGNATURES = 4


class BadSignature(ShopError):
    """The request was not signed by whom it claims to be from, or not now. The answer does not say which."""

    def __init__(self, reason: str) -> None:
        super().__init__("The signature is missing, wrong or too old.")
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


def check_signature(header: str, body: bytes, secrets: Iterable[str], now: int) -> None:
    """Check a header ``t=<unix seconds>,v1=<hex>[,v1=<hex>]``, where v1 signs ``<t>.<body>``.

    Parameters
    ----------
    secrets
        All that are valid now: while one replaces another, there are two.
    now
        Unix seconds.

    Raises
    ------
    BadSignature
        Its `reason` is for the log alone.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not given or len(given) > MOST_SIGNATURES:
        raise BadSignature("no signature header as it should be")
    signed_at = moments[0]
    if not (signed_at.isascii() and signed_at.isdigit() and len(signed_at) <= 12):
        raise BadSignature("the moment of signing is no number")
    wanted = [_digest(secret, signed_at, body) for secret in secrets]
    # Every pair is compared, so that the time tells nothing of which secret fits.
    fitting = sum(hmac.compare_digest(right, one.encode()) for right in wanted for one in given)
    if not fitting:
        raise BadSignature("no signature fits")
    if abs(now - int(signed_at)) > TOLERANCE_SECONDS:
        raise BadSignature("signed at another time")


def _digest(secret: str, signed_at: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), signed_at.encode() + b"." + body, "sha256").hexdigest().encode()
