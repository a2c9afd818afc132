"""What services sign, and how it is checked: HMAC-SHA256 over everything that a request means. Pure, and light."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from commerce.identity.door_refusals import ServiceSignatureRefused

TIMESTAMP, NONCE, SIGNATURE = "x-salama-timestamp", "x-salama-nonce", "x-salama-signature"
#: The one other header that says what a request does: whoever could give it another key could have it done twice.
IDEMPOTENCY_KEY = "idempotency-key"
#: Methods that change nothing: a service's key alone is enough for them.
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_MOMENT = re.compile(r"[1-9]\d{0,11}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9._~-]{16,64}")
_SIGNED = re.compile(r"v1=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as its sender signed it.

    Parameters
    ----------
    path
        The path with its query, exactly as sent.
    signed_at
        Unix seconds.
    nonce
        Never sent before by this service.
    key
        The Idempotency-Key; empty where none was sent.
    """

    method: str
    path: str
    signed_at: int
    nonce: str
    key: str
    body: bytes = field(repr=False)
    signature: str = field(repr=False)

    @classmethod
    def read(cls, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Self:
        """Read the headers of a signed request.

        Raises
        ------
        ServiceSignatureRefused
            Naming the header of the three that is missing or cannot be.
        """
        signed_at = _fitting(headers, TIMESTAMP, _MOMENT, "the moment of signing in Unix seconds")
        nonce = _fitting(headers, NONCE, _NONCE, "16 to 64 letters, digits or -._~, new for each request")
        signature = _fitting(headers, SIGNATURE, _SIGNED, "v1= and the HMAC-SHA256 in 64 small hexadecimal digits")
        key = headers.get(IDEMPOTENCY_KEY) or ""
        return cls(method, path, int(signed_at), nonce, key, body, signature.removeprefix("v1="))

    def check(self, secrets: Iterable[str], *, now: float, window: int) -> None:
        """Check the moment and the signature; that the nonce is new only the table can say.

        Parameters
        ----------
        secrets
            Every one that the service may sign with at present.
        now
            Unix seconds.
        window
            Seconds that the moment of signing may be from now, both ways.

        Raises
        ------
        ServiceSignatureRefused
            When it was signed at another time, or for another request, or by somebody else.
        """
        if abs(now - self.signed_at) > window:
            detail = f"The request was not signed within {window} seconds of now, by the shop's clock."
            raise ServiceSignatureRefused(detail, field=TIMESTAMP, reason="signed at another time")
        text = canonical(self.method, self.path, self.signed_at, self.nonce, self.key, self.body)
        fits = [hmac.compare_digest(sign(secret, text), self.signature) for secret in secrets]
        if not any(fits):
            detail = "The signature does not fit the request."
            raise ServiceSignatureRefused(detail, field=SIGNATURE, reason="no signature fits")


def canonical(method: str, path: str, signed_at: int, nonce: str, key: str, body: bytes) -> bytes:
    """Return what is signed: six lines, none of which can hold the end of a line."""
    return "\n".join([method, path, str(signed_at), nonce, key, sha256(body).hexdigest()]).encode(errors="replace")


def sign(secret: str, text: bytes) -> str:
    """Return the signature in hexadecimal digits."""
    return hmac.new(secret.encode(), text, "sha256").hexdigest()


def _fitting(headers: Mapping[str, str], name: str, form: re.Pattern[str], what: str) -> str:
    value = headers.get(name) or ""
    if not form.fullmatch(value):
        raise ServiceSignatureRefused(f"Send {name}: {what}.", field=name, reason=f"{name} is missing or cannot be")
    return value
