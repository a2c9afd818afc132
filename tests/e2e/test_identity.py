"""Deployed on this machine, the functions fetch the issuer's keys themselves and refuse every token but its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from commerce.identity.tokens import LEEWAY
from sandbox.identity import Issuer, Person
from sandbox.stack import Stack
from sandbox.stack.door import WEB_KEY

pytestmark = pytest.mark.stack

ACHIENG = Person(email="achieng@example.com", name="Achieng Otieno", roles=("customer",))
HOUR = 3600


@pytest.fixture
def shop(stack: Stack) -> Iterator[httpx.Client]:
    known = {"x-client-key": WEB_KEY}
    with httpx.Client(base_url=stack.api_url, headers=known, trust_env=False, timeout=60) as client:
        yield client


def me(shop: httpx.Client, token: str | None, *, scheme: str = "Bearer ") -> httpx.Response:
    return shop.get("/me", headers={} if token is None else {"authorization": scheme + token})


def test_the_right_token_opens(stack: Stack, shop: httpx.Client) -> None:
    answer = me(shop, stack.issuer.token_for(ACHIENG))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"subject": stack.issuer.claims_of(ACHIENG)["sub"], "email": "achieng@example.com"}


def test_a_token_of_the_token_endpoint_opens(stack: Stack, shop: httpx.Client) -> None:
    got = httpx.post(f"{stack.base_url}/sandbox/identity/token", json={"email": "achieng@example.com"}, trust_env=False)
    assert me(shop, got.json()["access_token"]).status_code == 200


def test_an_address_that_was_not_verified_is_not_believed(stack: Stack, shop: httpx.Client) -> None:
    token = stack.issuer.sign(stack.issuer.claims_of(ACHIENG) | {"email_verified": False})
    assert me(shop, token).json()["email"] is None


def test_a_token_of_a_rotated_key_opens(stack: Stack, shop: httpx.Client) -> None:
    old = stack.issuer.token_for(ACHIENG)
    assert me(shop, old).status_code == 200
    rotated = httpx.post(f"{stack.base_url}/sandbox/identity/rotate", trust_env=False)
    assert rotated.status_code == 200
    new = stack.issuer.token_for(ACHIENG)
    assert new.split(".")[0] != old.split(".")[0]
    assert me(shop, new).status_code == 200
    assert me(shop, old).status_code == 200


def forged(issuer: Issuer, **changes: Any) -> str:
    return issuer.sign(issuer.claims_of(ACHIENG) | changes)


def _by_another_key(issuer: Issuer) -> str:
    """The issuer's own claims and key id, but another key."""
    another = Issuer(issuer.url)
    key = RSAKey.import_key(another.signing.as_dict(private=True), {"kid": str(issuer.signing.kid)})
    another._keys = [key, key]
    return another.sign(issuer.claims_of(ACHIENG))


def _by_an_unknown_key(issuer: Issuer) -> str:
    return Issuer(issuer.url).sign(issuer.claims_of(ACHIENG))


def _unsigned(issuer: Issuer) -> str:
    whole = issuer.token_for(ACHIENG)
    return whole.rsplit(".", 1)[0] + "."


def _changed(issuer: Issuer) -> str:
    """The signature of one token under the claims of another."""
    head, _, signature = issuer.token_for(ACHIENG).split(".")
    claims = issuer.token_for(Person(email="njeri@salama.test", roles=("admin",))).split(".")[1]
    return f"{head}.{claims}.{signature}"


def _keyed_by_the_public_key(issuer: Issuer) -> str:
    """Algorithm confusion: HMAC with what everybody can read."""
    public = issuer.signing.as_dict(private=False)
    secret = OctKey.import_key(str(public["n"]))
    return jwt.encode({"alg": "HS256", "kid": public["kid"]}, issuer.claims_of(ACHIENG), secret)


REFUSED: dict[str, Callable[[Issuer], str | None]] = {
    "no token": lambda issuer: None,
    "no JWT": lambda issuer: "letmein",
    "expired": lambda issuer: forged(issuer, exp=int(time.time()) - LEEWAY - 1),
    "not yet valid": lambda issuer: forged(issuer, nbf=int(time.time()) + HOUR),
    "issued later": lambda issuer: forged(issuer, iat=int(time.time()) + HOUR),
    "wrong audience": lambda issuer: forged(issuer, aud="another-shop"),
    "no audience": lambda issuer: forged(issuer, aud=[]),
    "wrong issuer": lambda issuer: forged(issuer, iss="http://127.0.0.1:1/sandbox/identity"),
    "another key under the same name": _by_another_key,
    "a key nobody published": _by_an_unknown_key,
    "no signature": _unsigned,
    "claims of somebody else": _changed,
    "public key as a secret": _keyed_by_the_public_key,
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_other_token_is_refused(stack: Stack, shop: httpx.Client, case: str) -> None:
    answer = me(shop, REFUSED[case](stack.issuer))
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:salama:problem:not-signed-in")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/me"), ("GET", "/me/cart"), ("PUT", "/me/cart"), ("GET", "/me/wishlist"), ("PUT", "/me/wishlist/a")],
)
def test_nothing_of_a_customer_s_is_open(shop: httpx.Client, method: str, path: str) -> None:
    assert shop.request(method, path, json={}).status_code == 401


def test_notes_are_kept_for_whom_they_belong_to(stack: Stack, shop: httpx.Client) -> None:
    one, other = (
        {"authorization": f"Bearer {stack.issuer.token_for(Person(email=email))}"} for email in ("a@b.co", "c@d.co")
    )
    slug = shop.get("/products", params={"limit": 1}).json()["items"][0]["slug"]
    assert shop.put(f"/me/wishlist/{slug}", headers=one).status_code == 204
    assert [wish["slug"] for wish in shop.get("/me/wishlist", headers=one).json()["items"]] == [slug]
    assert shop.get("/me/wishlist", headers=other).json()["items"] == []
    assert shop.delete(f"/me/wishlist/{slug}", headers=one).status_code == 204
    cart = {"items": [{"sku": "STICKERS", "quantity": 2}], "currency": "KES"}
    saved = shop.put("/me/cart", headers=one, json=cart)
    assert (saved.status_code, saved.headers["etag"]) == (200, '"1"')
    again = shop.put("/me/cart", headers={**one, "if-match": '"0"'}, json=cart)
    assert (again.status_code, again.json()["version"]) == (409, 1)
    assert shop.get("/me/cart", headers=other).json()["items"] == []
