"""Headers: what is private is kept by no cache, other pages' scripts read nothing, and nobody is sent elsewhere."""

from __future__ import annotations

import pytest

from tests.attacks.hostile import good_request
from tests.attacks.scene import TEMPLATE, Scene
from tests.attacks.test_every_route import LANES, send
from tests.support.gateway import Lane

EVIL = "https://evil.example"
ALLOWED = TEMPLATE.document["Parameters"]["AllowedOrigins"]["Default"]
#: What everybody may see alike, and a cache may keep for a while.
PUBLIC = {
    "GET /products",
    "GET /products/{slug}",
    "GET /products/{slug}/reviews",
    "GET /categories",
    "GET /shipping-quotes",
}


@pytest.mark.parametrize("lane", LANES, ids=[lane.key for lane in LANES])
def test_no_cache_keeps_what_is_somebody_s(lane: Lane, scene: Scene) -> None:
    reply = send(scene, good_request(lane, scene))
    kept = reply.headers.get("cache-control", "")
    if lane.key in PUBLIC:
        assert reply.status == 200
        assert kept.startswith("public, max-age=")
        assert "vary" not in reply.headers, "the same for everybody"
    elif not lane.key.startswith("POST /hooks/"):
        assert kept == "no-store"


@pytest.mark.parametrize("lane", LANES, ids=[lane.key for lane in LANES])
def test_answers_say_what_they_are_and_lead_nowhere(lane: Lane, scene: Scene) -> None:
    """Open redirects there are none: no answer redirects at all. Nothing is HTML, nothing is to be guessed at."""
    for request in (
        good_request(lane, scene),
        good_request(lane, scene).header("host", "evil.example").header("x-forwarded-host", "evil.example"),
    ):
        reply = send(scene, request)
        assert not 300 <= reply.status < 400
        assert "evil.example" not in reply.text + str(reply.headers)
        assert not {"location", "refresh", "set-cookie"} & reply.headers.keys()
        if reply.body:
            assert reply.kind in {"application/json", "application/problem+json", "text/csv"}
            # Webhooks are answered to machines.
            assert reply.headers.get("x-content-type-options") == "nosniff" or lane.key.startswith("POST /hooks/")


def test_a_page_of_another_origin_reads_nothing(scene: Scene) -> None:
    for path in ("/products", "/me", f"/orders/{scene.mine}?email=wanjiku%40example.com"):
        for origin in (EVIL, "null", f"{ALLOWED}.evil.example", ALLOWED.upper(), ALLOWED + ":8443", f"x{ALLOWED}"):
            reply = scene.ask("GET", path, headers=[("origin", origin)])
            assert "access-control-allow-origin" not in reply.headers, origin
        reply = scene.ask("GET", path, headers=[("origin", ALLOWED)])
        assert reply.headers["access-control-allow-origin"] == ALLOWED
        assert "access-control-allow-credentials" not in reply.headers, "tokens are sent by hand, never by cookies"


def test_a_preflight_promises_no_more_than_the_shop_takes(scene: Scene) -> None:
    asked = [("access-control-request-method", "PATCH"), ("access-control-request-headers", "x-anything")]
    assert scene.ask("OPTIONS", "/checkout", headers=[("origin", EVIL), *asked]).headers == {}
    allowed = scene.ask("OPTIONS", "/checkout", headers=[("origin", ALLOWED), *asked]).headers
    methods = set(allowed["access-control-allow-methods"].split(","))
    assert methods == {lane.method for lane in LANES}
    names = set(allowed["access-control-allow-headers"].split(","))
    assert "*" not in names | methods
    assert not names & {"cookie", "x-internal-key", "x-forwarded-for"}, "a page is no service"
    assert "access-control-allow-credentials" not in allowed
