"""The door of every API function, the webhooks aside: who comes in, and through which frontend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commerce.identity.claims import Caller
from commerce.identity.door_keys import DoorKeys
from commerce.identity.door_refusals import (
    AmbiguousCaller,
    ClientKeyRefused,
    NonceSpent,
    OriginRefused,
    ServiceKeyRefused,
)
from commerce.identity.signed_requests import READING, SignedRequest
from commerce.kernel.context import readable_correlation
from commerce.limits.addresses import network_of
from commerce.limits.nonces import Nonces
from commerce.runtime import wiring
from commerce.runtime.aws import secret
from commerce.runtime.callers import caller_of
from commerce.runtime.environment import SettingsError
from commerce.runtime.settings import DoorSettings, read

#: Bytes of a request; what buyers send has far less.
LARGEST_BODY = 32 * 1024
CLIENT_KEY, SERVICE_KEY, CORRELATION = "x-client-key", "x-internal-key", "x-correlation-id"
#: The keys as they were read from the secret, by its id, beside the secret itself: a newer one is read anew.
_known: dict[str, tuple[dict[str, Any], DoorKeys]] = {}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent a request.

    Parameters
    ----------
    address
        Where it came from, as API Gateway saw it.
    client
        Name of the frontend whose key was sent; None where this deployment asks for no keys, and for services.
    caller
        Who signed in, or the service that called; None for a guest.
    """

    address: str
    client: str | None
    caller: Caller | None

    @property
    def network(self) -> str:
        """What stands for the address in limits."""
        return network_of(self.address)


def enter(event: Mapping[str, Any], body: bytes) -> Visitor:
    """Let a request in: a service by its key and what it signed, anybody else by their frontend's key.

    Parameters
    ----------
    event
        The Lambda event of an HTTP API (payload format 2.0).
    body
        The request's body as it was sent.

    Raises
    ------
    ClientKeyRefused, OriginRefused
        When this deployment knows its frontends, and the request comes from none of them.
    TooManyRequests
        When all users of the frontend together send too much.
    ServiceKeyRefused, AmbiguousCaller, ServiceSignatureRefused, NonceSpent
        When it claims to come from a service, and is not certain to.
    NotSignedIn
        When its token does not verify.
    """
    given = read(DoorSettings, os.environ)
    headers = event.get("headers") or {}
    address = str(_http(event).get("sourceIp") or "")
    keys = _keys(given.door_secret_id)
    if SERVICE_KEY in headers:
        return Visitor(address, None, _service(event, body, keys or DoorKeys(), given.signature_window_seconds))
    client = _client(headers, keys) if keys is not None else None
    return Visitor(address, client, caller_of(event))


def correlation_of(event: Mapping[str, Any]) -> str | None:
    """Return what a request and all that follows from it are told by: its own word for it, else API Gateway's."""
    given = readable_correlation((event.get("headers") or {}).get(CORRELATION))
    return given or (event.get("requestContext") or {}).get("requestId")


def _client(headers: Mapping[str, str], keys: DoorKeys) -> str:
    key = headers.get(CLIENT_KEY)
    if not key:
        raise ClientKeyRefused("no client key")
    client = keys.client_of(key)
    if client is None:
        raise ClientKeyRefused("a client key of nobody")
    # Who is no browser sends none, and could send any: this keeps a key from being used in other people's pages.
    origin = headers.get("origin")
    if origin is not None and origin not in client.origins:
        raise OriginRefused(f"the key of {client.name} on a page of another origin")
    wiring.leases().spend(f"client/{client.name}", limit=client.per_minute, window_seconds=60)
    return client.name


def _service(event: Mapping[str, Any], body: bytes, keys: DoorKeys, window: int) -> Caller:
    headers = event.get("headers") or {}
    service = keys.service_of(headers[SERVICE_KEY])
    if service is None:
        raise ServiceKeyRefused("a service key of nobody")
    if "authorization" in headers:
        raise AmbiguousCaller
    method = str(_http(event).get("method") or "").upper()
    if method not in READING:
        query = event.get("rawQueryString") or ""
        path = f"{event.get('rawPath') or ''}{'?' if query else ''}{query}"
        request = SignedRequest.read(method, path, headers, body)
        request.check(service.signing_secrets, now=wiring.clock().now().timestamp(), window=window)
        # Only now: what anybody could send must write nothing. Kept until the moment of signing is too long ago, which
        # may have been one window ahead.
        if not Nonces(wiring.database(), wiring.clock()).spend(service.name, request.nonce, seconds=3 * window):
            raise NonceSpent
    return Caller(subject=f"service/{service.name}", roles=service.roles, service=True)


def _keys(secret_id: str) -> DoorKeys | None:
    if not secret_id:
        return None
    told = secret(secret_id)
    known = _known.get(secret_id)
    if known is None or known[0] is not told:
        try:
            known = (told, DoorKeys.read(told))
        except ValueError as error:
            raise SettingsError(f"the secret of DoorSecretId: {error}") from None
        _known[secret_id] = known
    return known[1]


def _http(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (event.get("requestContext") or {}).get("http") or {}
    return found
