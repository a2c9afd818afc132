"""The addresses that providers report to: each names its attempt and cannot be guessed (promise 4)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from commerce.kernel.ids import number_from_hex, number_to_hex

TOKEN_BYTES = 24
NUMBER_DIGITS = 13
_TOKEN = re.compile(f"[0-9a-f]{{{NUMBER_DIGITS + 2 + 2 * TOKEN_BYTES}}}")


class Purpose(StrEnum):
    """What a link is for; a token for one purpose opens no other."""

    PAYMENT = "stk"
    REFUND = "daraja"
    RECORD = "record"


#: Under which route each purpose is heard.
_PATHS = {Purpose.PAYMENT: "stk", Purpose.REFUND: "daraja", Purpose.RECORD: "daraja"}


@dataclass(frozen=True, slots=True)
class CallbackLinks:
    """Makes and opens the callback addresses of attempts and refunds.

    Daraja signs nothing, so the secret is in the path: an HMAC over purpose, order and number. The webhook can check
    it without reading anything. A token is hexadecimal digits only: Daraja refuses addresses in which it sees words
    such as exe, cmd or query (provider facts, 1.2), and an order number could spell one.

    Parameters
    ----------
    base_url
        Where the API is reached from outside, without a slash at the end.
    keys
        Secrets, newest first: the first signs, all are accepted, so that a key can be replaced while prompts are out.
    """

    base_url: str
    keys: Sequence[str] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys or not all(self.keys):
            raise ValueError("callback links need a key")

    def address(self, purpose: Purpose, order_number: str, number: int, suffix: str = "") -> str:
        """Return the full URL a provider is given; `number` is the attempt's, or the refund's for `Purpose.REFUND`."""
        token = self._token(self.keys[0], purpose, order_number, number)
        return f"{self.base_url}/hooks/{_PATHS[purpose]}/{token}{suffix}"

    def open(self, purpose: Purpose, token: str) -> tuple[str, int] | None:
        """Return the order number and the number a token was made for; None when it was not made by this shop."""
        if not _TOKEN.fullmatch(token):
            return None
        number, attempt = number_from_hex(token[:NUMBER_DIGITS]), int(token[NUMBER_DIGITS : NUMBER_DIGITS + 2], 16)
        for key in self.keys:
            if hmac.compare_digest(self._token(key, purpose, number, attempt), token):
                return number, attempt
        return None

    def pseudonym(self, of: str) -> str:
        """Return a name for something personal that leads back to it for nobody without the key.

        There are so few phone numbers that a plain digest of one gives it away. It changes when the key does.
        """
        return hmac.digest(self.keys[0].encode(), f"pseudonym/{of}".encode(), sha256)[:16].hex()

    @staticmethod
    def _token(key: str, purpose: Purpose, order_number: str, attempt: int) -> str:
        digest = hmac.digest(key.encode(), f"{purpose}/{order_number}/{attempt}".encode(), sha256)[:TOKEN_BYTES]
        return f"{number_to_hex(order_number)}{attempt:02x}{digest.hex()}"
