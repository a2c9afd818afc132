"""At the door: who has no key, a stolen key, or somebody else's signature gets nowhere, on any route."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from tests.attacks.invariants import assert_harmless
from tests.attacks.scene import TEMPLATE, Scene
from tests.handlers.world import DOOR_SECRET, closed_door
from tests.support.gateway import Headers, Reply
from tests.support.tokens import token

WEB = DOOR_SECRET["clients"]["web"]["keys"][0]
ERP, BOOKS = (DOOR_SECRET["services"][name] for name in ("erp", "books"))
#: Every route but the webhooks', which know their senders in other ways.
ROUTES = [route.key for route in TEMPLATE.routes() if " /hooks/" not in route.key]
MUTATIONS = [key for key in ROUTES if not key.startswith("GET ")]
NUMBER, SKU = "7K2M9QX4TD", "THING-1"
KEY_SENT = "attack-1"


@pytest.fixture
def shut(scene: Scene) -> Iterator[Scene]:
    with closed_door(scene.world):
        scene.world.told()
        scene.forget()
        yield scene


def ask(scene: Scene, key: str, headers: Headers, body: bytes = b'{"reason": "an attack"}') -> Reply:
    """Send a request to a route, with something in the place of each of its parameters."""
    method, path = key.split(" ", 1)
    for name, value in (("{number}", NUMBER), ("{sku}", SKU), ("{slug}", "thing-1"), ("{place}", "1")):
        path = path.replace(name, value)
    while "{" in path:
        path = path[: path.index("{")] + "x" + path[path.index("}") + 1 :]
    together = [("content-type", "application/json"), ("idempotency-key", KEY_SENT), *headers]
    return scene.ask(method, path, headers=together, body=b"" if method == "GET" else body)


def sign(
    scene: Scene, key: str, path: str, body: bytes, *, of: dict[str, list[str]] = ERP, nonce: str, at: int = 0
) -> Headers:
    moment = str(at or int(scene.world.shop.clock.now().timestamp()))
    text = "\n".join([key.split(maxsplit=1)[0], path, moment, nonce, KEY_SENT, hashlib.sha256(body).hexdigest()])
    signature = hmac.new(of["signing_secrets"][0].encode(), text.encode(), "sha256").hexdigest()
    return [
        ("x-internal-key", of["keys"][0]),
        ("x-salama-timestamp", moment),
        ("x-salama-nonce", nonce),
        ("x-salama-signature", f"v1={signature}"),
    ]


def kind_of(reply: Reply) -> str:
    return str(reply.json["type"]).rpartition(":")[2]


@pytest.mark.parametrize("key", ROUTES)
def test_no_route_lets_a_stranger_in(shut: Scene, key: str) -> None:
    for headers in (
        [],
        [("x-client-key", "guessed-key-0123456789")],
        [("authorization", f"Bearer {token(roles=['admin'])}")],
    ):
        shut.forget()
        reply = ask(shut, key, headers)
        assert (reply.status, kind_of(reply)) == (401, "client-key-refused"), key
        assert_harmless(shut, reply, what=key)
        assert shut.kinds == ["client_refused"]


@pytest.mark.parametrize("key", ROUTES)
def test_a_stolen_client_key_opens_nothing_on_other_peoples_pages(shut: Scene, key: str) -> None:
    reply = ask(shut, key, [("x-client-key", WEB), ("origin", "https://evil.test")])
    assert (reply.status, kind_of(reply)) == (403, "origin-refused")
    assert_harmless(shut, reply, what=key)
    assert shut.kinds == ["client_refused"]


@pytest.mark.parametrize("key", ROUTES)
def test_a_client_key_is_no_services_key(shut: Scene, key: str) -> None:
    reply = ask(shut, key, [("x-client-key", WEB), ("x-internal-key", WEB)])
    assert (reply.status, kind_of(reply)) == (401, "service-key-refused")
    assert shut.kinds == ["service_refused"]


@pytest.mark.parametrize("key", MUTATIONS)
def test_a_stolen_service_key_changes_nothing(shut: Scene, key: str) -> None:
    """Without the signing secret it only reads."""
    before = shut.rows()
    forged = [("x-salama-timestamp", str(int(shut.world.shop.clock.now().timestamp()))), ("x-salama-nonce", "n" * 20)]
    for headers in ([], forged, [*forged, ("x-salama-signature", "v1=" + "0" * 64)]):
        shut.forget()
        reply = ask(shut, key, [("x-internal-key", ERP["keys"][0]), *headers])
        assert (reply.status, kind_of(reply)) == (401, "service-signature-refused"), key
        assert_harmless(shut, reply, what=key)
        assert shut.kinds == ["signature_refused"]
    assert shut.rows() == before


def test_a_recorded_request_cannot_be_sent_again_or_bent(shut: Scene) -> None:
    """Whoever reads along can send it neither twice, nor later, nor elsewhere, nor with other goods."""
    key, path = "POST /admin/stock/{sku}/adjustments", f"/admin/stock/{SKU}/adjustments"
    body = json.dumps({"change": 1, "reason": "counted"}).encode()
    recorded = sign(shut, key, path, body, nonce="recorded-nonce-01")
    assert ask(shut, key, recorded, body).status == 200
    before = shut.rows()

    def again(key: str, headers: Headers, body: bytes) -> tuple[int, str]:
        shut.forget()
        reply = ask(shut, key, headers, body)
        assert_harmless(shut, reply, what=key)
        return reply.status, kind_of(reply)

    for _ in range(3):
        assert again(key, recorded, body) == (409, "nonce-spent")
        assert shut.kinds == ["replay_refused"]
    more = json.dumps({"change": 1_000, "reason": "counted"}).encode()
    refused = (401, "service-signature-refused")
    assert again(key, recorded, more) == refused
    assert again("PUT /admin/products/{slug}/prices", recorded, body) == refused
    fresh = [(name, "another-nonce-0001" if name == "x-salama-nonce" else value) for name, value in recorded]
    assert again(key, fresh, body) == refused
    newer = [(name, str(int(value) + 1) if name == "x-salama-timestamp" else value) for name, value in recorded]
    assert again(key, newer, body) == refused
    other = [(name, BOOKS["keys"][0] if name == "x-internal-key" else value) for name, value in recorded]
    assert again(key, other, body) == refused
    assert shut.rows() == before


def test_a_request_that_was_held_back_is_not_sent_under_another_key(shut: Scene) -> None:
    """Else it is done now, and once more when its author tries again under the right one."""
    path, body = f"/admin/stock/{SKU}/adjustments", json.dumps({"change": 1, "reason": "counted"}).encode()
    held_back = sign(shut, f"POST {path}", path, body, nonce="held-back-nonce-01")
    before = shut.rows()
    for other in ([("idempotency-key", "of-a-thief")], []):
        headers = [("content-type", "application/json"), *other, *held_back]
        reply = shut.ask("POST", path, headers=headers, body=body)
        assert (reply.status, kind_of(reply)) == (401, "service-signature-refused")
    assert shut.rows() == before
    assert ask(shut, f"POST {path}", held_back, body).status == 200


def test_a_service_does_no_more_than_its_roles(shut: Scene) -> None:
    """The vendor's program signs as well as any, and gives no money back."""
    key, path, body = "POST /admin/orders/{number}/refunds", f"/admin/orders/{NUMBER}/refunds", b"{}"
    reply = ask(shut, key, sign(shut, key, path, body, nonce="refund-of-a-vendor"), body)
    assert (reply.status, kind_of(reply)) == (403, "not-permitted")
    assert shut.kinds == ["permission_refused"]


@pytest.mark.parametrize("header", ["x-client-key", "x-internal-key", "x-salama-nonce", "x-salama-signature"])
@pytest.mark.parametrize(
    "value", ["' OR 1=1", "${jndi:ldap://x}", "../../etc/passwd", "a,b", "\x7f", "é" * 50, "9" * 8_000]
)
def test_whatever_a_header_holds(shut: Scene, header: str, value: str) -> None:
    key, path, body = "POST /admin/stock/{sku}/adjustments", f"/admin/stock/{SKU}/adjustments", b"{}"
    good = dict(sign(shut, key, path, body, nonce="nonce-of-headers-1"))
    if header == "x-client-key":
        good = {}
    reply = ask(shut, key, list((good | {header: value}).items()), body)
    assert reply.status == 401
    assert_harmless(shut, reply, what=f"{header}: {value[:20]}")
    assert value not in reply.text


def test_the_same_header_twice_is_one_that_nobody_has(shut: Scene) -> None:
    reply = ask(shut, "GET /products", [("x-client-key", WEB), ("x-client-key", WEB)])
    assert (reply.status, kind_of(reply)) == (401, "client-key-refused")


def test_a_flood_under_one_key_ends_and_the_others_go_on(scene: Scene) -> None:
    clients = {**DOOR_SECRET["clients"], "web": {**DOOR_SECRET["clients"]["web"], "per_minute": 40}}
    with closed_door(scene.world, clients=clients):
        replies = [ask(scene, "GET /products", [("x-client-key", WEB)]) for _ in range(60)]
        assert [reply.status for reply in replies] == [200] * 40 + [429] * 20
        assert all(int(reply.headers["retry-after"]) <= 60 for reply in replies[40:])
        staff = DOOR_SECRET["clients"]["staff"]["keys"][0]
        assert ask(scene, "GET /products", [("x-client-key", staff)]).status == 200


def test_correlation_ids_are_taken_only_where_they_can_be_read(shut: Scene) -> None:
    told = []
    for given in ("click-0123-abcd", "a" * 65, "é" * 8, "{{7*7}}", "x\ty"):
        shut.forget()
        ask(shut, "GET /products", [("x-correlation-id", given)])
        told += [fact["correlation_id"] for fact in shut.told]
    assert told[0] == "click-0123-abcd"
    assert len(told) == 5
    assert not {"a" * 65, "é" * 8, "{{7*7}}", "x\ty"} & set(told)
