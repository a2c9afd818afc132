"""Issues access tokens as an OpenID provider does: RS256, with keys that it can rotate while it runs."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.identity.people import Person

AUDIENCE = "salama-local"
"""Whom the tokens are for: the shop's API on this machine."""

LIFETIME = 3600
"""Seconds for which a token is good."""

KEYS_SHOWN = 3
"""How many keys it publishes: the one that will sign, the one that does, and the one that did before it."""


class Issuer:
    """One issuer. Its next key is published before it signs, so that whoever keeps keys knows it by then.

    Parameters
    ----------
    url
        Its own address, which every token names; no slash at the end.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys = [self._new_key(), self._new_key()]

    @property
    def signing(self) -> RSAKey:
        """The key that signs."""
        return self._keys[1]

    def rotate(self) -> None:
        """Sign with the next key from now on; the one before stays published, any older one is withdrawn."""
        self._keys = [self._new_key(), *self._keys][:KEYS_SHOWN]

    @staticmethod
    def _new_key() -> RSAKey:
        return RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"}, auto_kid=True)

    def configuration(self) -> dict[str, Any]:
        """What OpenID Connect Discovery 1.0 asks of a provider, as far as there is something to say."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "authorization_endpoint": f"{self.url}/",
            "token_endpoint": f"{self.url}/token",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """The public keys, newest first, as a JSON Web Key Set."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def token_for(self, person: Person) -> str:
        """A token that is good from now on, for `LIFETIME` seconds."""
        return self.sign(self.claims_of(person))

    def claims_of(self, person: Person) -> dict[str, Any]:
        """What a token says of a person. Whoever has the same e-mail address is the same person."""
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": hashlib.sha256(person.email.casefold().encode()).hexdigest()[:32],
            "iat": now,
            "auth_time": now,
            "exp": now + LIFETIME,
            "email": person.email,
            "email_verified": True,
            "name": person.name,
            "roles": list(person.roles),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """Any claims at all, signed: how a test makes a token that should be refused."""
        return jwt.encode({"alg": "RS256", "kid": self.signing.kid}, claims, self.signing)
