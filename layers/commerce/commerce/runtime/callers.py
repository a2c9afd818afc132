"""Who calls, from the request's bearer token."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from commerce.identity.claims import Caller
from commerce.kernel.errors import NotSignedIn
from commerce.runtime import wiring


def caller_of(event: Mapping[str, Any]) -> Caller | None:
    """Return who signed in; None for a guest, who sends no token, and in functions that know nobody.

    For a guest nothing is loaded: what verifies tokens costs a cold start a tenth of a second.

    Raises
    ------
    NotSignedIn
        When a token was sent that does not verify.
    Unavailable
        When its issuer's keys cannot be had.
    """
    given = (event.get("headers") or {}).get("authorization")
    if given is None or "IDENTITY_PROVIDERS" not in os.environ:
        return None
    scheme, _, token = str(given).strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn("Please sign in; this header takes a bearer token.", reason="no bearer token")
    return wiring.tokens().verify(token.strip())
