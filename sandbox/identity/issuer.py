"""Issues access tokens as an OpenID provider does: RS256, with a key that lives as long as this process."""

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


class Issuer:
    """One issuer with one key.

    Parameters
    ----------
    url
        Its own address, which every token names; no slash at the end.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"}, auto_kid=True)

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
        """The public key, as a JSON Web Key Set."""
        return {"keys": [self._key.as_dict(private=False)]}

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
            "exp": now + LIFETIME,
            "email": person.email,
            "email_verified": True,
            "name": person.name,
            "roles": list(person.roles),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """Any claims at all, signed: how a test makes a token that should be refused."""
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)
