"""An identity provider for tests: its keys live in this process, and its documents are served without a network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from commerce.identity.keys import FetchFailed

ISSUER = "https://identity.test"
AUDIENCE = "salama-test"
DISCOVERY, JWKS = f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/jwks.json"
#: What a deployment would configure.
PROVIDERS = json.dumps([{"issuer": ISSUER, "audience": [AUDIENCE], "algorithms": ["RS256", "ES256", "EdDSA"]}])
#: Tokens are good from the day on which the tests' clocks start, for longer than any of them runs.
BEGINS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
ENDS = BEGINS + 366 * 24 * 3600
#: Who signs the requests under `events/`.
PEOPLE: dict[str, dict[str, Any]] = {
    "baraka": {"sub": "staff-baraka", "email": "baraka@salama.example", "roles": ["admin"]},
    "wanjiku": {"sub": "customer-wanjiku", "email": "wanjiku@example.com"},
    "achieng": {"sub": "b3f0c1de-8a52-4c7e-9d0f-51c1f7a1e9b2", "email": "achieng@example.com", "roles": []},
}


class SigningKey:
    """A key pair with its id, as an issuer has several of."""

    def __init__(self, kid: str | None, algorithm: str = "ES256") -> None:
        self.kid, self.algorithm = kid, algorithm
        self.private: Any = {
            "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JSON Web Key."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        key: dict[str, Any] = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        key.pop("key_ops", None)
        return {**key, "use": "sig", "alg": self.algorithm, **({"kid": self.kid} if self.kid else {})}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Sign any claims at all; further members of the header can be given, and the key id replaced."""
        given = {"kid": self.kid, **header}
        given = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(claims, self.private, self.algorithm, headers=given)


class Documents:
    """What the issuer serves, and how often it was asked; `down` makes it unreachable."""

    def __init__(self, *keys: SigningKey) -> None:
        self.served: dict[str, bytes] = {
            DISCOVERY: json.dumps({"issuer": ISSUER, "jwks_uri": JWKS}).encode(),
        }
        self.asked: list[str] = []
        self.down = False
        self.publish(keys)

    def publish(self, keys: Iterable[SigningKey]) -> None:
        """Replace the set of keys."""
        self.served[JWKS] = json.dumps({"keys": [key.public for key in keys]}).encode()

    def fetch(self, url: str) -> bytes:
        """Get a document, in the place of the network."""
        self.asked.append(url)
        if self.down or url not in self.served:
            raise FetchFailed("answered 503")
        return self.served[url]


KEY = SigningKey("test-1")
DOCUMENTS = Documents(KEY)


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token says, with changes; None leaves a claim out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "person-1",
        "iat": BEGINS,
        "exp": ENDS,
        "email": "person@example.com",
        "email_verified": True,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(**changes: Any) -> str:
    """Sign a token with the issuer's key."""
    return KEY.sign(claims(**changes))


def token_of(person: str) -> str:
    """Sign a token of one of `PEOPLE`."""
    return token(**PEOPLE[person])
