"""Which issuers are trusted is configuration, and a configuration that cannot be meant is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commerce.identity.permissions import Role
from commerce.identity.providers import WrongProviders, is_trusted_address, read_providers


def provider(**changes: Any) -> dict[str, Any]:
    good = {"issuer": "https://identity.test", "audience": ["salama"], **changes}
    return {name: value for name, value in good.items() if value is not None}


def read(*providers: dict[str, Any]) -> Any:
    return read_providers(json.dumps(list(providers)))


def test_the_least_that_is_said() -> None:
    [one] = read(provider())
    assert (one.jwks_url, one.name, one.algorithms) == (None, None, {"RS256", "ES256"})
    assert one.mapping.roles_of({"roles": ["admin", "staff"]}) == {Role.ADMIN}


def test_the_most_that_is_said() -> None:
    [one] = read(
        provider(
            name="staff",
            jwks_url="https://keys.test/set.json",
            algorithms=["EdDSA"],
            roles_claim="cognito:groups",
            roles={"desk": ["support", "finance"], "nobody": []},
        )
    )
    assert one.mapping.roles_of({"cognito:groups": ["desk", "nobody", "admin"]}) == {Role.SUPPORT, Role.FINANCE}


def test_an_issuer_whose_people_only_buy() -> None:
    [one] = read(provider(roles={}))
    assert one.mapping.roles_of({"roles": ["admin"]}) == frozenset()


def test_nobody_may_be_configured_to_sign_in() -> None:
    assert read() == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": None}, "0.issuer: Field required"),
        ({"issuer": "http://identity.test"}, "0.issuer: Value error, is no https address"),
        ({"issuer": "http://127.0.0.1.identity.test"}, "0.issuer"),
        ({"issuer": "ftp://identity.test"}, "0.issuer"),
        ({"issuer": "https://"}, "0.issuer"),
        ({"issuer": "https://me:secret@identity.test"}, "0.issuer"),
        ({"issuer": "https://identity.test/#x"}, "0.issuer"),
        ({"issuer": "https://identity.test:port"}, "0.issuer"),
        ({"issuer": "https://[identity"}, "0.issuer"),
        ({"audience": None}, "0.audience: Field required"),
        ({"audience": []}, "0.audience"),
        ({"audience": [""]}, "0.audience.0"),
        ({"audience": "salama"}, "0.audience"),
        ({"jwks_url": "http://keys.test"}, "0.jwks_url"),
        ({"jwks_url": "http://127.0.0.1/keys"}, "jwks_url: is on this machine, and its issuer is not"),
        ({"algorithms": []}, "0.algorithms"),
        ({"algorithms": ["none"]}, "0.algorithms.0"),
        ({"algorithms": ["HS256"]}, "0.algorithms.0"),
        ({"algorithms": ["RS256", "HS512"]}, "0.algorithms.1"),
        ({"name": "Two Words"}, "0.name"),
        ({"name": "a/b"}, "0.name"),
        ({"roles_claim": ""}, "0.roles_claim"),
        ({"roles_claim": "user_metadata.roles"}, "people write this claim about themselves"),
        ({"roles_claim": "user_metadata"}, "people write this claim about themselves"),
        ({"roles": {"desk": ["staff"]}}, "0.roles.desk.0"),
        ({"roles": {"desk": "support"}}, "0.roles.desk"),
        ({"client_secret": "hush"}, "0.client_secret: Extra inputs"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(WrongProviders) as refused:
        read(provider(**changes))
    assert named in str(refused.value)
    for value in ("hush", "me:secret", "Two Words"):
        assert value not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", "null", "[", "[1]", '"https://identity.test"'])
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(WrongProviders):
        read_providers(text)


def test_an_issuer_is_named_once() -> None:
    with pytest.raises(WrongProviders, match="twice"):
        read(provider(), provider(name="again"))


def test_two_issuers_people_are_told_apart() -> None:
    other = "https://other.test"
    for names in ((None, None), ("a", "a")):
        with pytest.raises(WrongProviders, match="need a name"):
            read(provider(name=names[0]), provider(issuer=other, name=names[1]))
    assert len(read(provider(), provider(issuer=other, name="other"))) == 2


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://keys.test/a", True),
        ("http://127.0.0.1:8000/a", True),
        ("http://[::1]:8000/a", True),
        ("http://localhost/a", True),
        ("http://localhost.keys.test/a", False),
        ("http://10.0.0.1/a", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("https://keys.test/a b", True),
        ("https://keys.test/\n", False),
        ("//keys.test", False),
        ("", False),
    ],
)
def test_where_keys_may_be_fetched(url: str, trusted: bool) -> None:
    assert is_trusted_address(url) is trusted
