"""The door of every API function, the webhooks aside: who comes in, and through which frontend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commerce.identity.claims import Caller
from commerce.runtime.callers import caller_of


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


def enter(event: Mapping[str, Any], body: bytes) -> Visitor:
    """Let a request in.

    Raises
    ------
    NotSignedIn
        When its token does not verify.
    """
    address = str(((event.get("requestContext") or {}).get("http") or {}).get("sourceIp") or "")
    return Visitor(address, None, caller_of(event))
