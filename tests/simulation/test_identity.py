"""The development token issuer: what it signs, and whom it sends where."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response

from commerce.identity.permissions import Role
from sandbox.identity import PEOPLE, Issuer, identity_routes

HOME = "/sandbox/identity"


def frame(title: str, body: str) -> Response:
    return HTMLResponse(f"<title>{title}</title>{body}")


class Client:
    """Asks the issuer in this process."""

    def __init__(self) -> None:
        issuer = Issuer(f"http://127.0.0.1:8000{HOME}")
        self._transport = httpx.ASGITransport(Starlette(routes=identity_routes(issuer, frame)))

    def get(self, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, **request))

    def post(self, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, **request))

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, **request)


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def opened(client: Client, token: str) -> jwt.Token:
    """Check a token as anybody would: by the keys that the discovery document leads to."""
    configuration = client.get(f"{HOME}/.well-known/openid-configuration").json()
    keys = client.get(configuration["jwks_uri"]).json()
    found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": configuration["issuer"]}, aud={"essential": True, "value": "salama-local"}
    )
    registry.validate(found.claims)
    return found


def test_a_token_says_who_it_was_asked_for(client: Client) -> None:
    given = {"email": " achieng@example.com ", "name": "Achieng Otieno", "roles": ["finance", "admin"]}
    answer = client.post(f"{HOME}/token", json=given)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["expires_in"] == 3600
    claims = opened(client, answer.json()["access_token"]).claims
    assert (claims["email"], claims["email_verified"], claims["name"]) == (
        "achieng@example.com",
        True,
        "Achieng Otieno",
    )
    assert claims["roles"] == ["finance", "admin"]
    assert claims["exp"] - claims["iat"] == 3600


def test_one_address_is_one_person(client: Client) -> None:
    def subject(email: str) -> str:
        token = client.post(f"{HOME}/token", json={"email": email}).json()["access_token"]
        return str(opened(client, token).claims["sub"])

    assert subject("achieng@example.com") == subject("Achieng@Example.com") != subject("wanjiku@example.com")


def test_the_keys_hold_nothing_private(client: Client) -> None:
    keys = client.get(f"{HOME}/jwks.json").json()["keys"]
    assert len(keys) == 2, "the one that signs, and the next"
    assert all(key.keys() == {"kty", "n", "e", "kid", "use", "alg"} for key in keys)


def test_a_rotated_issuer_shows_the_key_before_and_the_next_one() -> None:
    client = Client()
    before = client.get(f"{HOME}/jwks.json").json()["keys"]
    old = client.post(f"{HOME}/token", json={"email": "achieng@example.com"}).json()["access_token"]
    rotated = client.post(f"{HOME}/rotate")
    assert rotated.json() == client.get(f"{HOME}/jwks.json").json()
    assert rotated.json()["keys"][1:] == before
    new = client.post(f"{HOME}/token", json={"email": "achieng@example.com"}).json()["access_token"]
    assert opened(client, new).header["kid"] != opened(client, old).header["kid"]
    client.post(f"{HOME}/rotate")
    opened(client, new)
    with pytest.raises(InvalidKeyIdError):
        opened(client, old)


def test_the_page_offers_every_role(client: Client) -> None:
    shown = client.get(HOME).text
    assert all(f'<option value="{role}">' in shown for role in Role)
    assert {role for person in PEOPLE for role in person.roles} == set(Role) - {Role.CUSTOMER}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"email": "nobody"}', "email"),
        ('{"email": "a@b.co", "roles": ["two words"]}', "roles.0"),
        ('{"email": "a@b.co", "sub": "me"}', "sub"),
        ("{}", "email"),
        ("{", "body"),
    ],
)
def test_what_cannot_be_signed_is_refused(client: Client, body: str, field: str) -> None:
    answer = client.post(f"{HOME}/token", content=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("path", [HOME, f"{HOME}/"])
def test_the_page_offers_its_people(client: Client, path: str) -> None:
    shown = client.get(path, params={"redirect": '/staff?a="b"&c=<d>'}).text
    for person in PEOPLE:
        assert person.email in shown
    assert "/staff?a=&quot;b&quot;&amp;c=&lt;d&gt;" in shown
    assert "<d>" not in shown


def test_the_chosen_one_comes_back_with_a_token(client: Client) -> None:
    form = {"email": "njeri@salama.test", "name": "Njeri", "roles": "finance admin", "redirect": "/staff?signed=1#old"}
    answer = client.post(f"{HOME}/", data=form)
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
    there = urlsplit(answer.headers["location"])
    assert (there.scheme, there.netloc, there.path, there.query) == ("", "", "/staff", "signed=1")
    given = parse_qs(there.fragment)
    assert (given["token_type"], given["expires_in"]) == (["Bearer"], ["3600"])
    assert opened(client, given["access_token"][0]).claims["roles"] == ["finance", "admin"]


@pytest.mark.parametrize(
    "redirect", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "staff", "/a\nb", "/\t/b", ""]
)
def test_nobody_is_sent_elsewhere(client: Client, redirect: str) -> None:
    assert client.get(f"{HOME}/", params={"redirect": redirect}).status_code == 422
    form = {"email": "a@b.co", "redirect": redirect or "x"}
    assert client.post(f"{HOME}/", data=form).status_code == 422


def test_a_person_that_cannot_be_is_refused(client: Client) -> None:
    assert client.post(f"{HOME}/", data={"email": "nobody", "redirect": "/"}).status_code == 422
