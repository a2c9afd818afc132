"""Whose tokens the shop accepts: any OpenID Connect issuer, by configuration alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from commerce.identity.claims import OWN_NAMES, ClaimMapping
from commerce.identity.permissions import Role

#: Signatures by a key pair. ``none`` and the HMAC family can be chosen by nobody: with these, whoever may verify a
#: token, or reads the public key, could sign one (RFC 8725, 2.1 and 3.1).
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
#: What people write about themselves, so that it says nothing of what they may do: the metadata of Supabase and Auth0,
#: the profile of OpenID Connect Core 1.0, section 5.1 (an e-mail address, too, is anybody's until it is verified).
_WRITTEN_BY_ITS_OWNER = frozenset(
    {
        "user_metadata", "raw_user_meta_data", "name", "given_name", "family_name", "middle_name", "nickname",
        "preferred_username", "profile", "picture", "website", "email", "email_verified", "gender", "birthdate",
        "zoneinfo", "locale", "phone_number", "phone_number_verified", "address",
    }
)  # fmt: skip
#: Cognito's own attributes: an app client may write all of them unless it is told otherwise.
_COGNITOS_OWN = "custom:"


class WrongProviders(ValueError):
    """The configuration cannot be used; the message says where and why, and holds no values."""


def is_trusted_address(url: str) -> bool:
    """Whether keys may be fetched there: by https, or on this machine itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host))


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _trusted(url: str) -> str:
    if not is_trusted_address(url):
        raise ValueError("is no https address (http only on this machine)")
    return url


def _by_the_issuer(claim: str) -> str:
    # Names may be addresses, as https://shop.example/user_metadata.
    name = claim.partition("://")[2].partition("/")[2] or claim
    if _WRITTEN_BY_ITS_OWNER & set(name.replace("/", ".").split(".")) or name.startswith(_COGNITOS_OWN):
        raise ValueError("people write this claim about themselves")
    return claim


Address = Annotated[str, Field(max_length=500), AfterValidator(_trusted)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


class Provider(BaseModel):
    """One issuer of tokens.

    Parameters
    ----------
    issuer
        The tokens' ``iss``, to the letter.
    audience
        Of which a token's ``aud`` must name one; for a Cognito access token, its ``client_id``.
    name
        What its people's subjects start with here. Of several issuers all but one need it: two may call different
        people the same.
    jwks_url
        Where its keys are; without it the issuer's discovery document says so (OpenID Connect Discovery 1.0).
    algorithms
        By which its tokens may be signed.
    roles_claim, roles
        Which claim says what somebody is, and what its values mean; see `ClaimMapping`.
    signed_in_claim
        Which claim says when somebody signed in: to enrol a second factor takes a sign-in of the last minutes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    issuer: Address
    audience: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")] | None = None
    jwks_url: Address | None = None
    algorithms: Annotated[frozenset[Algorithm], Field(min_length=1)] = frozenset({"RS256", "ES256"})
    roles_claim: Annotated[Name, AfterValidator(_by_the_issuer)] = "roles"
    roles: Mapping[Name, frozenset[Role]] = OWN_NAMES
    signed_in_claim: Annotated[Name, AfterValidator(_by_the_issuer)] = "auth_time"

    @model_validator(mode="after")
    def _keys_are_no_nearer(self) -> Provider:
        if self.jwks_url is not None and not self.may_fetch(self.jwks_url):
            raise ValueError("jwks_url: is on this machine, and its issuer is not")
        return self

    @cached_property
    def mapping(self) -> ClaimMapping:
        """How its people's claims are read."""
        return ClaimMapping(self.roles_claim, self.roles, self.signed_in_claim)

    def may_fetch(self, url: str) -> bool:
        """Whether keys may be fetched there; unencrypted only for an issuer that is itself on this machine."""
        return is_trusted_address(url) and (url.startswith("https:") or self.issuer.startswith("http:"))


_LIST = TypeAdapter(tuple[Provider, ...])


def read_providers(text: str) -> tuple[Provider, ...]:
    """Read the JSON list of issuers; an empty one lets nobody sign in.

    Raises
    ------
    WrongProviders
        When it is no such list, names an issuer twice, or leaves two issuers' people indistinguishable.
    """
    try:
        providers = _LIST.validate_json(text)
    except ValidationError as error:
        faults = (
            f"{'.'.join(str(part) for part in fault['loc']) or 'the list'}: {fault['msg']}" for fault in error.errors()
        )
        raise WrongProviders("; ".join(faults)) from None
    issuers = [provider.issuer for provider in providers]
    if len(set(issuers)) < len(issuers):
        raise WrongProviders("an issuer is named twice")
    names = [provider.name for provider in providers]
    if len(set(names)) < len(names):
        raise WrongProviders("of several issuers, all but one need a name of their own")
    return providers
