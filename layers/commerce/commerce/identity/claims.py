"""The caller, read from the decoded claims of a token whose signature was verified; nothing is verified here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeGuard

from commerce.identity.permissions import Role
from commerce.kernel.errors import NotSignedIn

#: OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
LONGEST_SUBJECT = 255
#: RFC 5321, 4.5.3.1.3, without its angle brackets.
LONGEST_EMAIL = 254
#: Who acts in events beside people: services (`runtime/door.py`), carriers, and the shop's own repairs. No person's
#: subject may be written so.
NO_PERSONS = re.compile(r"(service|carrier)/.*|heal_failures")
#: A shop gives a person few roles; an issuer's groups can be many more.
MOST_ROLE_NAMES = 200
#: The shop's own names of roles, for an issuer that uses them.
OWN_NAMES: Mapping[str, frozenset[Role]] = {role.value: frozenset({role}) for role in Role}


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Where an issuer writes what somebody is, and what its words mean here.

    Parameters
    ----------
    claim
        The claim's name, or the way to it with dots, as in ``app_metadata.roles``; a claim of exactly that name is
        taken first, since names may be addresses.
    roles
        What each value of the claim makes of somebody; values that are not in it make nothing.
    signed_in
        The claim that says when somebody signed in, named in the same way.
    """

    claim: str = "roles"
    roles: Mapping[str, frozenset[Role]] = field(default_factory=lambda: OWN_NAMES)
    signed_in: str = "auth_time"

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """Return somebody's roles, by a claim that is a list of names, one name, or a switch (``true``).

        Raises
        ------
        NotSignedIn
            When the claim is none of these: what an issuer means by it is not guessed.
        """
        found = _find(claims, self.claim)
        if found is None:
            return frozenset()
        if isinstance(found, bool):
            found = str(found).lower()
        names: list[Any] = found if isinstance(found, list) else [found]
        if len(names) > MOST_ROLE_NAMES or not all(isinstance(name, str) for name in names):
            raise NotSignedIn("The token's roles cannot be read.", reason=f"the claim {self.claim} is no list of names")
        return frozenset().union(*(self.roles.get(name, frozenset()) for name in names))

    def signed_in_at(self, claims: Mapping[str, Any]) -> int | None:
        """Return when somebody signed in, in seconds since 1970; None where the claim is missing or says it otherwise.

        Supabase's ``amr`` is a list of the ways they proved who they are, each with its moment: the latest counts.
        """
        found = _find(claims, self.signed_in)
        ways: list[Any] = found if isinstance(found, list) else []
        said = [way.get("timestamp") for way in ways if isinstance(way, Mapping)] or [found]
        return max((moment for moment in said if _is_moment(moment)), default=None)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who signed in, or a service that calls for itself.

    Parameters
    ----------
    subject
        The issuer's own name of the person: it never changes and is given to nobody else.
    email
        Their e-mail address, or None unless the issuer says that it verified it.
    roles
        What they are to the shop; none for somebody who only buys.
    service
        Whether this is no person, so that nobody can ask it for a second factor.
    signed_in_at
        When the person last proved who they are, in seconds since 1970; None where the issuer does not say.
    """

    subject: str
    email: str | None = None
    roles: frozenset[Role] = frozenset()
    service: bool = False
    signed_in_at: int | None = None

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any], mapping: ClaimMapping | None = None) -> Self:
        """Read the caller from verified claims.

        An e-mail address counts only with ``email_verified``, and only when it can be one: else anybody could call
        themselves by a stranger's.

        Raises
        ------
        NotSignedIn
            When ``sub`` is missing or is no subject, or the roles cannot be read.
        """
        subject = claims.get("sub")
        if not isinstance(subject, str) or not _is_word(subject, LONGEST_SUBJECT):
            raise NotSignedIn("The token does not say whose it is.", reason="sub is missing or is no subject")
        mapping = mapping or ClaimMapping()
        return cls(
            subject=subject,
            email=_email(claims),
            roles=mapping.roles_of(claims),
            signed_in_at=mapping.signed_in_at(claims),
        )


def _email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    verified = claims.get("email_verified")
    # Not ==: a 1 equals True.
    if not (verified is True or verified == "true") or not isinstance(email, str):
        return None
    return email if _is_word(email, LONGEST_EMAIL) and "@" in email else None


def _find(claims: Mapping[str, Any], name: str) -> object:
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _is_moment(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_word(value: str, longest: int) -> bool:
    """Whether a value is printable ASCII without spaces, as a subject or an address is."""
    return 0 < len(value) <= longest and value.isascii() and value.isprintable() and " " not in value
