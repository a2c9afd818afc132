"""The caller, read from the claims that API Gateway's JWT authorizer verified and hands over.

The authorizer has checked the token's signature, issuer, audience and times before the function runs; this module
verifies nothing again. A Lambda gets every claim as a string: a list as ``[a b]``, a boolean as ``true``, a number as
its digits (HTTP API, payload format 2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from commerce.kernel.errors import NotSignedIn

#: Roles that may work in the shop, as the issuer writes them in the claim ``roles``.
STAFF_ROLES = frozenset({"staff", "admin"})
#: OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
LONGEST_SUBJECT = 255
#: RFC 5321, 4.5.3.1.3, without its angle brackets.
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who signed in.

    Parameters
    ----------
    subject
        The issuer's own name of the person: it never changes and is given to nobody else.
    email
        Their e-mail address, or None unless the issuer says that it verified it.
    roles
        What the issuer says they are; none for a customer.
    """

    subject: str
    email: str | None = None
    roles: frozenset[str] = frozenset()

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the caller of an HTTP API event (payload format 2.0).

        Raises
        ------
        NotSignedIn
            When no authorizer spoke for the route, or its claims are none of a person's.
        """
        found: Any = event
        for step in ("requestContext", "authorizer", "jwt", "claims"):
            found = found.get(step) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping):
            raise NotSignedIn("Please sign in.")
        return cls.of_claims(found)

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any]) -> Self:
        """Read the caller from verified claims.

        An e-mail address counts only with ``email_verified``, and only when it can be one: else anybody could call
        themselves by a stranger's.

        Raises
        ------
        NotSignedIn
            When ``sub`` is missing or is no subject, or ``roles`` is no text.
        """
        subject = claims.get("sub")
        if not _is_word(subject, LONGEST_SUBJECT):
            raise NotSignedIn("The token does not say whose it is.")
        email = claims.get("email")
        verified = claims.get("email_verified") == "true" and _is_word(email, LONGEST_EMAIL) and "@" in str(email)
        return cls(subject=str(subject), email=str(email) if verified else None, roles=_roles(claims.get("roles", "")))


def _roles(text: object) -> frozenset[str]:
    """Read a claim that is a list, or one text; a list within a list is no role of its own."""
    if not isinstance(text, str):
        raise NotSignedIn("The token's roles cannot be read.")
    if text.startswith("[") and text.endswith("]"):
        return frozenset(text[1:-1].split())
    return frozenset({text}) if text else frozenset()


def _is_word(value: object, longest: int) -> bool:
    """Whether a value is printable ASCII without spaces, as a subject or an address is."""
    return (
        isinstance(value, str) and 0 < len(value) <= longest and value.isascii() and value.isprintable()
    ) and " " not in value
