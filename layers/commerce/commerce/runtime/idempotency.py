"""Idempotency-Keys: how one is read, and what a request under one comes to. One mechanism for buyers and staff."""

from __future__ import annotations

import hashlib
import json

from commerce.runtime.problems import BadHeader

LONGEST_KEY = 255
#: Hexadecimal digits of each half of a mark: 96 bits, so that two requests never meet in one by chance.
_DIGITS = 24


def read_key(text: str | None, *, of: str = "change") -> str:
    """Return an Idempotency-Key header's value.

    Parameters
    ----------
    of
        What is done once, for the refusal's sentence.

    Raises
    ------
    BadHeader
        When it is missing, longer than 255 characters, or not printable ASCII.
    """
    key = (text or "").strip()
    if not key:
        raise BadHeader(f"Send an Idempotency-Key header, a new random value for each {of}.", field="Idempotency-Key")
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise BadHeader(
            f"An Idempotency-Key has at most {LONGEST_KEY} printable ASCII characters.", field="Idempotency-Key"
        )
    return key


def request_mark(caller: str, key: str, method: str, target: str, body: bytes) -> str:
    """Return what an event keeps of the request that it answers: whose key it is, a dot, and what was asked for.

    Two bodies that say the same in JSON are one request, however they are written.
    """
    return f"{owned_key(caller, key)}.{_digest(f'{method} {target} '.encode() + _canonical(body))}"


def owned_key(caller: str, key: str) -> str:
    """Return what one caller's key comes to: the same key of another's comes to another, and it spells neither."""
    return _digest(f"{len(caller)}:{caller}:{key}".encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _canonical(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body
