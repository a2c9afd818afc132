"""Identifiers: derived where a retry must find the same thing again, random where nobody may guess."""

from __future__ import annotations

import hashlib
import uuid

_ORDERS = uuid.UUID("6d0f1a8e-52a7-5c3c-9a7e-2f3b8f6c9d11")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_LENGTH = 10


def order_id(caller: str, idempotency_key: str) -> str:
    """Return the id that one caller's Idempotency-Key stands for, the same on every try (promise 3)."""
    return str(uuid.uuid5(_ORDERS, f"{len(caller)}:{caller}:{idempotency_key}"))


def order_number(of: str, probe: int = 0) -> str:
    """Return the order number people read out: ten characters of Crockford's base 32, without I, L, O and U.

    It is derived from the order's id (50 bits), so a replay reads the order by its key at once, and it fits M-Pesa's
    AccountReference of 12 characters. Should two ids meet in one number, `probe` 1, 2, … gives the next candidates.
    """
    digest = int.from_bytes(hashlib.sha256(f"{of}#{probe}".encode()).digest()[:8])
    return "".join(_ALPHABET[digest >> (5 * place) & 31] for place in range(NUMBER_LENGTH))


def is_order_number(text: str) -> bool:
    """Tell whether a text has the form of an order number."""
    return len(text) == NUMBER_LENGTH and all(letter in _ALPHABET for letter in text)


def number_to_hex(number: str) -> str:
    """Write an order number as 13 hexadecimal digits, which spell no words."""
    value = 0
    for letter in number:
        value = value << 5 | _ALPHABET.index(letter)
    return f"{value:013x}"


def number_from_hex(digits: str) -> str:
    """Read what `number_to_hex` wrote; 13 hexadecimal digits hold two bits more than a number, which are dropped."""
    value = int(digits, 16)
    return "".join(_ALPHABET[value >> (5 * place) & 31] for place in reversed(range(NUMBER_LENGTH)))


def spread(key: str, over: int) -> int:
    """Return which of `over` equal places a key belongs to, the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % over


def request_token() -> str:
    """Return a random token that makes one write request safe to send twice (DynamoDB's ClientRequestToken)."""
    return str(uuid.uuid4())
