"""Claims: what people write about themselves gives them nothing, and who signed in just now can show it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commerce.identity.claims import Caller
from commerce.identity.providers import Provider, WrongProviders, read_providers

ISSUER = {"issuer": "https://identity.test", "audience": ["salama"]}


def provider(**more: Any) -> Provider:
    [found] = read_providers(json.dumps([{**ISSUER, **more}]))
    return found


@pytest.mark.parametrize(
    "claim",
    [
        "user_metadata.roles",
        "raw_user_meta_data.roles",
        "https://shop.test/user_metadata.roles",
        "data.user_metadata.roles",
        # Whoever registers with the owner's address, which nobody has verified yet, would be the owner.
        "email",
        "preferred_username",
        "nickname",
        "name",
        "profile",
        "phone_number",
        "address.locality",
        # Cognito lets people write their own attributes, unless the app client is told otherwise.
        "custom:roles",
    ],
)
@pytest.mark.parametrize("member", ["roles_claim", "signed_in_claim"])
def test_no_role_comes_of_what_people_write_themselves(member: str, claim: str) -> None:
    with pytest.raises(WrongProviders, match="people write this claim about themselves"):
        provider(**{member: claim})


@pytest.mark.parametrize(
    "claim",
    ["roles", "cognito:groups", "app_metadata.roles", "https://shop.test/roles", "https://email.name.test/roles", "hd"],
)
def test_what_issuers_write_is_taken(claim: str) -> None:
    assert provider(roles_claim=claim).roles_claim == claim


@pytest.mark.parametrize(
    ("claim", "claims", "at"),
    [
        ("auth_time", {"auth_time": 1_795_000_000}, 1_795_000_000),
        ("auth_time", {"auth_time": True}, None),
        ("auth_time", {"auth_time": -1}, None),
        ("auth_time", {"auth_time": "1795000000"}, None),
        ("auth_time", {"amr": [{"method": "password", "timestamp": 1_795_000_000}]}, None),
        # Auth0 keeps auth_time out of access tokens; a post-login Action writes one under an address.
        ("https://shop.test/signed_in_at", {"https://shop.test/signed_in_at": 1_795_000_000}, 1_795_000_000),
        # Supabase says when each of its methods was passed.
        ("amr", {"amr": [{"method": "password", "timestamp": 5}, {"method": "totp", "timestamp": 9}]}, 9),
        ("amr", {"amr": [{"method": "password", "timestamp": 5}, {"method": "totp", "timestamp": True}]}, 5),
        ("amr", {"amr": ["pwd", "otp"]}, None),
        ("amr", {"amr": [{"method": "password"}, 7, None]}, None),
        ("amr", {"amr": []}, None),
        ("amr", {"iat": 1_795_000_000}, None),
    ],
)
def test_when_somebody_signed_in_is_read_where_the_issuer_writes_it(
    claim: str, claims: dict[str, Any], at: int | None
) -> None:
    """Whose issuer says it nowhere could enrol no second factor, and would be told to switch it off."""
    caller = Caller.of_claims({"sub": "person-1", **claims}, provider(signed_in_claim=claim).mapping)
    assert caller.signed_in_at == at
