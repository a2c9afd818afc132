"""The caller is whom the verified claims name, and nobody where they are odd."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.identity.claims import STAFF_ROLES, Caller
from commerce.kernel.errors import NotSignedIn


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "user-1", "email": "achieng@example.com", "email_verified": "true", "roles": "[]"} | changes


def event(given: object) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"jwt": {"claims": given, "scopes": None}}}}


def test_a_caller_is_read_from_an_event() -> None:
    caller = Caller.of_event(event(claims(roles="[customer staff]")))
    assert caller == Caller("user-1", "achieng@example.com", frozenset({"customer", "staff"}))
    assert caller.roles & STAFF_ROLES


@pytest.mark.parametrize("given", [{}, {"requestContext": {}}, {"requestContext": {"authorizer": {"lambda": {}}}}])
def test_no_authorizer_is_nobody(given: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        Caller.of_event(given)


@pytest.mark.parametrize("given", [None, "sub", [], {}])
def test_claims_that_are_none_are_nobody(given: object) -> None:
    with pytest.raises(NotSignedIn):
        Caller.of_event(event(given))


@pytest.mark.parametrize("subject", [None, "", 7, ["user-1"], "a b", "a\nb", "x" * 256, "ü", "a\x00"])
def test_an_odd_subject_is_nobody(subject: object) -> None:
    with pytest.raises(NotSignedIn):
        Caller.of_claims(claims(sub=subject))


@pytest.mark.parametrize("verified", ["false", "True ", "", "1", None, 1, "[true]"])
def test_an_address_that_is_not_verified_is_not_the_callers(verified: object) -> None:
    assert Caller.of_claims(claims(email_verified=verified)).email is None


def test_without_the_claim_an_address_is_not_verified() -> None:
    given = claims()
    del given["email_verified"]
    assert Caller.of_claims(given).email is None


@pytest.mark.parametrize("email", [None, "", "nobody", 3, "a b@example.com", "a\n@b.co", "a@b.co" + "m" * 250])
def test_what_is_no_address_is_none(email: object) -> None:
    assert Caller.of_claims(claims(email=email)).email is None


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("[staff]", {"staff"}),
        ("[a b]", {"a", "b"}),
        ("[]", set()),
        ("", set()),
        ("staff", {"staff"}),
        ("not staff", {"not staff"}),
        ("[[staff] b]", {"[staff]", "b"}),
        ("[staff", {"[staff"}),
        ('["staff"]', {'"staff"'}),
    ],
)
def test_roles_as_the_gateway_writes_them(text: str, roles: set[str]) -> None:
    assert Caller.of_claims(claims(roles=text)).roles == roles


def test_without_roles_one_is_a_customer() -> None:
    given = claims()
    del given["roles"]
    caller = Caller.of_claims(given)
    assert caller.roles == frozenset()
    assert not caller.roles & STAFF_ROLES


@pytest.mark.parametrize("roles", [["staff"], 1, True, None, {"staff": True}])
def test_roles_that_are_no_text_are_refused(roles: object) -> None:
    with pytest.raises(NotSignedIn):
        Caller.of_claims(claims(roles=roles))


@pytest.mark.parametrize(
    ("roles", "may"), [("[staff]", True), ("[admin]", True), ("[Staff]", False), ("[staffer]", False), ("[]", False)]
)
def test_who_may_work_in_the_shop(roles: str, may: bool) -> None:
    assert bool(Caller.of_claims(claims(roles=roles)).roles & STAFF_ROLES) is may


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), max_size=5))
def test_any_list_of_words_comes_back(roles: list[str]) -> None:
    assert Caller.of_claims(claims(roles=f"[{' '.join(roles)}]")).roles == frozenset(roles)
