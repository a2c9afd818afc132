"""What holds after every request, however hostile: nothing breaks, leaks or changes, and it is on record."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tests.attacks.scene import PRIVATE, Scene
from tests.support.gateway import Reply

PROBLEM = "application/problem+json"
#: What Daraja is told when it is not let in: its own words (provider facts, 1.4).
_DARAJAS = ("POST /hooks/stk/", "POST /hooks/daraja/")
#: Refusals that always leave a security event. What merely does not exist, or cannot be now, need not.
TOLD = frozenset({400, 401, 403, 413, 422, 429})
_QUIET_HEADERS = ("server", "x-powered-by", "x-amzn-errortype", "set-cookie", "location")


def assert_harmless(scene: Scene, reply: Reply, *, what: str, staff: bool = False) -> None:
    """Check everything that an answer to a hostile request must be.

    Parameters
    ----------
    what
        Names the request in a failure.
    staff
        The sender works here, and may see what buyers say of themselves.
    """
    fault = reply.fault
    assert reply.status < 500, f"{what}: {reply.status} {fault!r} {reply.body[:300]!r}"
    assert fault is None
    assert_says_nothing(reply, what, staff=staff)
    if reply.status >= 400:
        assert scene.written == [], f"{what}: refused with {reply.status}, and yet wrote {scene.written}"
        _assert_refusal(scene, reply, what)


def assert_says_nothing(reply: Reply, what: str, *, staff: bool = False) -> None:
    """Nothing of others and nothing of the shop's inside is in an answer, and it sets nothing at the client."""
    shown = reply.body.decode(errors="replace") + " ".join(f"{name}: {value}" for name, value in reply.headers.items())
    leaked = PRIVATE.search(re.sub("Zawadi|zawadi.njeri|722000222", "", shown) if staff else shown)
    assert leaked is None, f"{what}: says {leaked[0]!r}"
    set_there = [name for name in _QUIET_HEADERS if name in reply.headers]
    assert not set_there, f"{what}: sets {set_there}"


def _assert_refusal(scene: Scene, reply: Reply, what: str) -> None:
    if reply.event is None:
        # API Gateway's own: nothing of the shop's ran.
        assert reply.json.keys() == {"message"}
        return
    route = reply.event["routeKey"]
    assert reply.headers.get("cache-control") == "no-store" or route.startswith(_DARAJAS), f"{what}: may be cached"
    if not route.startswith(_DARAJAS):
        assert reply.kind == PROBLEM, f"{what}: {reply.kind}"
        problem = reply.json
        assert problem["status"] == reply.status
        assert problem["type"].startswith("urn:salama:problem:")
        assert problem["title"]
        assert problem["detail"]
    if reply.status in TOLD:
        assert scene.told, f"{what}: {reply.status} left no security event"
    for fact in scene.told:
        _assert_fact(fact, reply, what)


def _assert_fact(fact: dict[str, object], reply: Reply, what: str) -> None:
    """An event says where the request came to and from, and quotes nothing that it held."""
    event = reply.event or {}
    assert fact["route"] == event["routeKey"], what
    assert fact["source"] == event["requestContext"]["http"]["sourceIp"], what
    assert fact["request"] == event["requestContext"]["requestId"], what
    quoted = str({name: value for name, value in fact.items() if name not in {"route", "source", "request"}})
    for secret in (event["headers"].get("authorization", "").removeprefix("Bearer "), "wanjiku@", "0712345678"):
        assert len(secret) < 8 or secret not in quoted, f"{what}: the event quotes {secret[:12]}…"
    assert "\n" not in quoted, what
    assert unquote(quoted) == unquote(quoted).replace("\r", ""), what
