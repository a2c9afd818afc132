"""The keys by which issuers sign: fetched when needed, kept for a while, and fetched anew when the issuer rotates them.

They are fetched with urllib3, which botocore has loaded in every function already (httpx would add 0.2 s to a start).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3

from commerce.identity.providers import Provider
from commerce.kernel.clock import Clock
from commerce.kernel.errors import Unavailable
from commerce.kernel.strict_json import read_json

logger = logging.getLogger(__name__)

#: Seconds for which fetched keys are used without asking again: how long a key that an issuer revokes lives on.
LIFETIME = 600
#: Seconds between two fetches, whatever causes them: strangers who invent key ids cannot make the shop call each time.
PAUSE = 30
#: The same while there are no keys at all, and nobody can sign in.
FIRST_PAUSE = 5
#: Seconds for which keys are used while the issuer cannot be reached.
STALE_FOR = 24 * 3600
#: Bytes of a document, keys in a set, and seconds of one fetch.
LARGEST, MOST_KEYS, PATIENCE = 64 * 1024, 100, 4.0

#: Gets the document at an address.
Fetch = Callable[[str], bytes]
Jwk = Mapping[str, Any]


class FetchFailed(Exception):
    """A document could not be had, or is none."""


@dataclass(slots=True)
class _Kept:
    """An issuer's keys as they were last fetched; times are seconds since 1970."""

    keys: tuple[Jwk, ...] = ()
    fetched_at: float | None = None
    asked_at: float | None = None
    by_kid: dict[str, list[Jwk]] = field(default_factory=dict)


class KeySets:
    """Each issuer's public keys (JSON Web Key Sets, RFC 7517), kept in memory.

    Parameters
    ----------
    fetch
        Gets a document: the network by default.
    """

    def __init__(self, clock: Clock, fetch: Fetch | None = None) -> None:
        self._clock = clock
        self._fetch = fetch or fetch_document
        self._kept: dict[str, _Kept] = {}

    def find(self, provider: Provider, kid: str | None) -> list[Jwk]:
        """Return the keys that an issuer's token of this key id can be signed by; none when there is no such key.

        A token without a key id can mean the only key of a set, and none of several.

        Raises
        ------
        Unavailable
            When the issuer's keys were never had, or too long ago.
        """
        kept = self._kept.setdefault(provider.issuer, _Kept())
        now = self._clock.now().timestamp()
        if kept.fetched_at is None or not 0 <= now - kept.fetched_at < LIFETIME:
            self._refresh(provider, kept, now)
        found = _matching(kept, kid)
        if not found and self._refresh(provider, kept, now):
            found = _matching(kept, kid)
        return found

    def _refresh(self, provider: Provider, kept: _Kept, now: float) -> bool:
        """Fetch an issuer's keys unless that was tried just now; say whether there are newer ones."""
        having = kept.fetched_at is not None and now - kept.fetched_at < STALE_FOR
        pause = PAUSE if having else FIRST_PAUSE
        if kept.asked_at is None or not 0 <= now - kept.asked_at < pause:
            kept.asked_at = now
            try:
                kept.keys = self._keys_of(provider)
            except FetchFailed as error:
                logger.warning("the keys of an identity provider could not be fetched: %s", error)
            else:
                kept.fetched_at, kept.by_kid = now, _by_kid(kept.keys)
                return True
        if not having:
            raise Unavailable(
                "Who signs people in cannot be reached. Please try again; nothing was changed.", retry_after=pause
            )
        return False

    def _keys_of(self, provider: Provider) -> tuple[Jwk, ...]:
        url = provider.jwks_url
        if url is None:
            document = _read(self._fetch(provider.issuer.rstrip("/") + "/.well-known/openid-configuration"))
            url = document.get("jwks_uri")
            if document.get("issuer") != provider.issuer:
                raise FetchFailed("the discovery document is another issuer's")
            if not isinstance(url, str) or not provider.may_fetch(url):
                raise FetchFailed("the discovery document names no https address of keys")
        keys = _read(self._fetch(url)).get("keys")
        if not isinstance(keys, list) or len(keys) > MOST_KEYS:
            raise FetchFailed("the document is no set of keys")
        return tuple(key for key in keys if isinstance(key, dict))


def fetch_document(url: str) -> bytes:
    """Get a document of at most `LARGEST` bytes within `PATIENCE` seconds; no redirect is followed.

    Raises
    ------
    FetchFailed
        When the answer is none, another one, or too large.
    """
    until = time.monotonic() + PATIENCE
    body = b""
    try:
        with urllib3.PoolManager(timeout=urllib3.Timeout(connect=1.5, read=2.0), retries=False) as pool:
            answer = pool.request(
                "GET", url, headers={"Accept": "application/json"}, preload_content=False, decode_content=False
            )
            if answer.status != 200:
                raise FetchFailed(f"answered {answer.status}")
            # Piece by piece: who sends a byte a second meets no time-out of a single read.
            while piece := answer.read1(LARGEST):
                body += piece
                if len(body) > LARGEST or time.monotonic() > until:
                    raise FetchFailed("answered too much, or too slowly")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise FetchFailed(type(error).__name__) from error
    return body


def _read(body: bytes) -> dict[str, Any]:
    try:
        document = read_json(body)
    except ValueError:
        raise FetchFailed("the document is no JSON") from None
    if not isinstance(document, dict):
        raise FetchFailed("the document is no JSON object")
    return document


def _by_kid(keys: tuple[Jwk, ...]) -> dict[str, list[Jwk]]:
    named: dict[str, list[Jwk]] = {}
    for key in keys:
        if isinstance(key.get("kid"), str):
            named.setdefault(key["kid"], []).append(key)
    return named


def _matching(kept: _Kept, kid: str | None) -> list[Jwk]:
    if kid is None:
        return list(kept.keys) if len(kept.keys) == 1 else []
    return kept.by_kid.get(kid, [])
