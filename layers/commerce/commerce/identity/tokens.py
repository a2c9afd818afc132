"""Verifies bearer tokens: signature, issuer, audience and time (RFC 7519, RFC 8725, OpenID Connect Core 1.0)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeGuard

import jwt
from jwt.algorithms import Algorithm, get_default_algorithms

from commerce.identity.claims import NO_PERSONS, Caller
from commerce.identity.keys import Jwk, KeySets
from commerce.identity.providers import Provider
from commerce.kernel.clock import Clock
from commerce.kernel.errors import NotSignedIn
from commerce.kernel.strict_json import read_json

#: Characters of a token. API Gateway takes 10,240 bytes of headers in all.
LONGEST = 8 * 1024
LONGEST_KEY_ID = 255
#: Seconds by which the issuer's clock and this one may differ.
LEEWAY = 60
#: Seconds since 1970 that are no moment any more, but somebody's joke.
LAST_MOMENT = 10**11
#: What a token may call itself (RFC 9068, 2.1): an issuer also signs logout tokens and others for the same audience.
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
#: Bits of an RSA key (RFC 7518, 3.3); more than the most only cost time.
RSA_BITS = range(2048, 8192 + 1)
#: Type, curve and members of the key that each algorithm takes: no key verifies what another kind of key signs.
_KEY_OF: Mapping[str, tuple[str, str | None, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256"), ("RSA", None, "ne")),
    "ES256": ("EC", "P-256", "xy"),
    "ES384": ("EC", "P-384", "xy"),
    "EdDSA": ("OKP", "Ed25519", "x"),
}
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)", re.ASCII)


class Tokens:
    """Says who sent a token, for the issuers that the shop trusts."""

    def __init__(self, providers: Iterable[Provider], keys: KeySets, clock: Clock) -> None:
        self._providers = {provider.issuer: provider for provider in providers}
        self._names = {provider.name for provider in self._providers.values() if provider.name}
        self._keys = keys
        self._clock = clock
        self._signatures = get_default_algorithms()

    def verify(self, token: str) -> Caller:
        """Return who sent a token.

        Nothing that the token says of how to verify it is believed, but which of the issuer's keys signed it: its
        ``jku``, ``x5u``, ``x5c`` and ``jwk`` are not read, and its ``alg`` must be one the issuer is known to use.

        Raises
        ------
        NotSignedIn
            When it does not verify, with the reason for the stream of security events.
        Unavailable
            When the issuer's keys cannot be had.
        """
        header, claims, signed, signature = _taken_apart(token)
        provider = self._providers.get(_text(claims.get("iss")))
        if provider is None:
            raise _refused("its issuer is not known here")
        self._check_signature(provider, header, signed, signature)
        _check_times(claims, self._clock.now().timestamp())
        if not _is_for(provider, claims):
            raise _refused("it is for another audience")
        return self._named(provider, Caller.of_claims(claims, provider.mapping))

    def _check_signature(self, provider: Provider, header: Mapping[str, Any], signed: bytes, signature: bytes) -> None:
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in provider.algorithms:
            raise _refused("its algorithm is none that its issuer may use")
        if kid is not None and (not isinstance(kid, str) or len(kid) > LONGEST_KEY_ID):
            raise _refused("its key id is none")
        if "crit" in header:
            raise _refused("it demands extensions")
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise _refused("it is no access token")
        found = [key for key in self._keys.find(provider, kid) if _fits(key, algorithm)]
        if len(found) != 1:
            raise _refused("its key is none of its issuer's")
        if not _signed_by(found[0], self._signatures[algorithm], signed, signature):
            raise _refused("its signature is wrong")

    def _named(self, provider: Provider, caller: Caller) -> Caller:
        if provider.name:
            return replace(caller, subject=f"{provider.name}:{caller.subject}")
        if caller.subject.partition(":")[0] in self._names or NO_PERSONS.fullmatch(caller.subject):
            raise _refused("its subject is written as another issuer's, or as no person's")
        return caller


def _taken_apart(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Split a token into its header, its claims, what is signed, and the signature (RFC 7515, 7.1)."""
    parts = _COMPACT.fullmatch(token) if len(token) <= LONGEST else None
    if parts is None:
        raise _refused("it is too long" if len(token) > LONGEST else "it is no signed token")
    try:
        header, claims, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts.groups())
        return _object(header), _object(claims), token.rpartition(".")[0].encode(), signature
    except ValueError:
        raise _refused("it cannot be read") from None


def _object(text: bytes) -> dict[str, Any]:
    found = read_json(text)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _fits(key: Jwk, algorithm: str) -> bool:
    """Whether a key may verify this algorithm's signatures, by its own type and by what its issuer says of it."""
    kind, curve, members = _KEY_OF[algorithm]
    operations = key.get("key_ops", ["verify"])
    return (
        (key.get("kty"), key.get("crv")) == (kind, curve)
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and all(isinstance(key.get(member), str) for member in members)
        # Of a private key, which no issuer should show, anybody may hold a copy.
        and "d" not in key
    )


def _signed_by(key: Jwk, verifier: Algorithm, signed: bytes, signature: bytes) -> bool:
    try:
        public = verifier.from_jwk(dict(key))
        if key["kty"] == "RSA" and public.key_size not in RSA_BITS:
            return False
        return bool(verifier.verify(signed, public, signature))
    except (jwt.PyJWTError, ValueError):
        return False


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    ends, begins, made = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if not _is_moment(ends):
        raise _refused("it does not say when it ends")
    if not all(value is None or _is_moment(value) for value in (begins, made)):
        raise _refused("its times cannot be read")
    if now >= ends + LEEWAY:
        raise NotSignedIn("Your sign-in has ended. Please sign in again.", reason="it has expired")
    if any(value is not None and value > now + LEEWAY for value in (begins, made)):
        raise _refused("it is not valid yet")


def _is_moment(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LAST_MOMENT


def _is_for(provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Whether a token is for this shop. Cognito's access tokens name their client instead of an audience."""
    audience, use = claims.get("aud"), claims.get("token_use")
    if use not in (None, "id", "access"):
        return False
    if audience is None and use == "access":
        audience = claims.get("client_id")
    named = audience if isinstance(audience, list) else [audience]
    return any(isinstance(name, str) and name in provider.audience for name in named)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _refused(reason: str) -> NotSignedIn:
    # One sentence for all: who forges tokens is not told how far they came.
    return NotSignedIn("This sign-in is not valid. Please sign in again.", reason=reason)
