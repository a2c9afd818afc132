"""Who calls, from the request's bearer token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commerce.identity.claims import Caller
from commerce.kernel.errors import NotSignedIn


def caller_of(event: Mapping[str, Any]) -> Caller | None:
    """Return who signed in; None for a guest, who sends no token.

    Raises
    ------
    NotSignedIn
        When a token was sent that does not verify.
    """
    try:
        return Caller.of_event(event)
    except NotSignedIn:
        if "authorization" in (event.get("headers") or {}):
            raise
        return None
