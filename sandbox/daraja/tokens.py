"""OAuth: one live token at a time, because each new one kills the one before."""

import base64
import binascii
import secrets
from datetime import datetime, timedelta

from sandbox.daraja.faults import Answer, Refusal
from sandbox.daraja.identifiers import access_token
from sandbox.daraja.options import DarajaOptions


class Tokens:
    """Issues access tokens and knows which one lives."""

    def __init__(self, options: DarajaOptions) -> None:
        self._options = options
        self._live: str | None = None
        self._until: datetime | None = None

    def issue(self, authorization: str, grant_type: str, now: datetime) -> Answer:
        """Answer GET /oauth/v1/generate: 400.008.01, 400.008.02, an empty 400 for wrong keys, or a token."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic" or not encoded:
            raise Refusal(400, "400.008.01", "Invalid Authentication passed")
        if grant_type != "client_credentials":
            raise Refusal(400, "400.008.02", "Invalid grant type passed")
        try:
            pair = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise Refusal(400, "400.008.01", "Invalid Authentication passed") from None
        right = f"{self._options.consumer_key}:{self._options.consumer_secret}".encode()
        if not secrets.compare_digest(pair, right):
            return Answer(400)
        self._live = access_token()
        self._until = now + timedelta(seconds=self._options.token_seconds)
        return Answer(200, {"access_token": self._live, "expires_in": str(int(self._options.token_seconds) - 1)})

    def kill(self) -> None:
        """Invalidate the live token, as another worker's token request would."""
        self._live = None

    def check(self, authorization: str, now: datetime, refusal: Refusal) -> None:
        """Raise 404.001.04 without a bearer header, `refusal` (each API has its own) for a dead token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(404, "404.001.04", "Invalid Authentication Header")
        if token != self._live or self._until is None or now >= self._until:
            raise refusal
