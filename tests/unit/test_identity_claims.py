"""The caller is whom the verified claims name, and nobody where they are odd."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.identity.claims import MOST_ROLE_NAMES, Caller, ClaimMapping
from commerce.identity.permissions import Role
from commerce.kernel.errors import NotSignedIn

GROUPS = ClaimMapping(
    "cognito:groups", {"desk": frozenset({Role.SUPPORT, Role.AGENT}), "money": frozenset({Role.FINANCE})}
)


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "user-1", "email": "achieng@example.com", "email_verified": True, "roles": []} | changes


def roles_of(roles: object) -> frozenset[Role]:
    return Caller.of_claims(claims(roles=roles)).roles


def test_a_caller_is_read() -> None:
    caller = Caller.of_claims(claims(roles=["customer", "finance"], auth_time=1_795_338_000))
    assert caller == Caller(
        "user-1", "achieng@example.com", frozenset({Role.CUSTOMER, Role.FINANCE}), False, 1_795_338_000
    )


@pytest.mark.parametrize("subject", [None, "", 7, ["user-1"], "a b", "a\nb", "x" * 256, "ü", "a\x00", True])
def test_an_odd_subject_is_nobody(subject: object) -> None:
    with pytest.raises(NotSignedIn) as refused:
        Caller.of_claims(claims(sub=subject))
    assert refused.value.reason == "sub is missing or is no subject"


@pytest.mark.parametrize("verified", [True, "true"])
def test_a_verified_address_is_the_callers(verified: object) -> None:
    assert Caller.of_claims(claims(email_verified=verified)).email == "achieng@example.com"


@pytest.mark.parametrize("verified", [False, "false", "True ", "", "1", None, 1, 1.0, ["true"], {"true": True}])
def test_an_address_that_is_not_verified_is_not_the_callers(verified: object) -> None:
    assert Caller.of_claims(claims(email_verified=verified)).email is None


def test_without_the_claim_an_address_is_not_verified() -> None:
    given = claims()
    del given["email_verified"]
    assert Caller.of_claims(given).email is None


@pytest.mark.parametrize(
    "email", [None, "", "nobody", 3, "a b@example.com", "a\n@b.co", "a@b.co" + "m" * 250, ["a@b.co"]]
)
def test_what_is_no_address_is_none(email: object) -> None:
    assert Caller.of_claims(claims(email=email)).email is None


@pytest.mark.parametrize(
    ("moment", "read"), [(1, 1), (0, None), (-1, None), (True, None), ("1", None), (1.5, None), (None, None)]
)
def test_when_somebody_signed_in(moment: object, read: int | None) -> None:
    assert Caller.of_claims(claims(auth_time=moment)).signed_in_at == read


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        (["support"], {Role.SUPPORT}),
        (["support", "admin", "support"], {Role.SUPPORT, Role.ADMIN}),
        ("finance", {Role.FINANCE}),
        ([], set()),
        ("", set()),
        (None, set()),
        (["Admin", "admin ", "staff", "administrator", "[admin]"], set()),
        ("support finance", set()),
        ("[admin]", set()),
        (True, set()),
    ],
)
def test_an_issuer_that_uses_the_shops_own_names(value: object, roles: set[Role]) -> None:
    assert roles_of(value) == roles


@pytest.mark.parametrize("value", [1, {"admin": True}, [["admin"]], ["admin", 1], [None], 1.5, ["x"] * 201])
def test_roles_that_cannot_be_read_are_refused(value: object) -> None:
    with pytest.raises(NotSignedIn) as refused:
        roles_of(value)
    assert refused.value.reason == "the claim roles is no list of names"


def test_many_groups_are_read() -> None:
    assert roles_of(["x"] * (MOST_ROLE_NAMES - 1) + ["agent"]) == {Role.AGENT}


def test_without_the_claim_one_only_buys() -> None:
    given = claims()
    del given["roles"]
    assert Caller.of_claims(given).roles == frozenset()


def test_an_issuers_own_words_are_mapped() -> None:
    found = Caller.of_claims(claims(**{"cognito:groups": ["desk", "admin"]}), GROUPS)
    assert found.roles == {Role.SUPPORT, Role.AGENT}, "its word `admin` was given no meaning here"
    assert Caller.of_claims(claims(roles=["admin"]), GROUPS).roles == frozenset(), "another claim says nothing"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("app_metadata.shop.roles", {"app_metadata": {"shop": {"roles": ["admin"]}}}),
        ("https://shop.example/roles", {"https://shop.example/roles": ["admin"]}),
        ("a.b", {"a.b": ["admin"], "a": {"b": ["finance"]}}),
    ],
)
def test_where_a_claim_is_found(name: str, given: dict[str, Any]) -> None:
    assert Caller.of_claims(claims(**given), ClaimMapping(name)).roles == {Role.ADMIN}


@pytest.mark.parametrize("given", [{}, {"a": "b"}, {"a": {"c": ["admin"]}}, {"a": {"b": None}}, {"a": ["admin"]}])
def test_a_way_that_leads_nowhere_is_no_role(given: dict[str, Any]) -> None:
    assert Caller.of_claims(claims(**given), ClaimMapping("a.b")).roles == frozenset()


def test_a_claim_that_is_a_switch() -> None:
    switch = ClaimMapping("admin", {"true": frozenset({Role.ADMIN})})
    assert Caller.of_claims(claims(admin=True), switch).roles == {Role.ADMIN}
    assert Caller.of_claims(claims(admin=False), switch).roles == frozenset()


@given(st.lists(st.text(max_size=20), max_size=8))
def test_no_list_of_words_makes_a_role_that_it_does_not_name(names: list[str]) -> None:
    assert roles_of(names) == {role for role in Role if role.value in names}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


@given(st.dictionaries(st.sampled_from(["sub", "email", "email_verified", "roles", "auth_time"]), _ANY))
def test_any_claims_make_a_caller_or_nobody(given: dict[str, Any]) -> None:
    try:
        caller = Caller.of_claims(given)
    except NotSignedIn:
        return
    assert caller.subject == given["sub"]
    assert not caller.service
