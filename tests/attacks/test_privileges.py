"""Every route of the staff API, for everybody there is: only who was granted its permission gets past the door."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from commerce.identity.claims import Caller
from commerce.identity.permissions import GRANTS, MOVES_MONEY, Permission, Role
from commerce.runtime.api_problems import answer_problems
from commerce.runtime.door import Visitor
from commerce.runtime.staff_route import NEEDS, StaffRoute
from functions.serve_staff.app import app
from tests.attacks.scene import TEMPLATE, Scene
from tests.support.gateway import Gateway, Lane, Reply
from tests.support.tokens import token

LANES = [lane for lane in Gateway(TEMPLATE, lambda function, event: None).lanes if lane.function == "serve_staff"]
ROUTES = [route for route in app.routes if isinstance(route, StaffRoute)]
#: What changes money or stock or what it is sold for; whatever else may come must say that it does not.
HARMLESS = {
    Permission.SHIP_ORDERS,
    Permission.DECIDE_RETURNS,
    Permission.ADJUST_STOCK,
    Permission.MODERATE_REVIEWS,
    Permission.OWN_SECOND_FACTOR,
}
#: What takes a phone in a hand, so that services are turned away although their roles would allow it.
NO_SERVICE = {Permission.OWN_SECOND_FACTOR, Permission.RESET_SECOND_FACTOR}
#: What is asked for by POST and changes nothing.
CHANGE_NOTHING = {"/admin/healing/preview"}


def faults_of(api: FastAPI) -> list[str]:
    """Say what is wrong with how an API's routes are declared."""
    found = []
    for route in api.routes:
        if not isinstance(route, StaffRoute):
            found.append(f"{route}: is no StaffRoute")
            continue
        named = (route.openapi_extra or {}).get(NEEDS)
        if named is None:
            found.append(f"{route.path}: names no permission")
        elif route.permission is None:
            found.append(f"{route.path}: there is no permission {named}")
        elif route.path in CHANGE_NOTHING or route.methods == {"GET"}:
            continue
        elif route.permission not in MOVES_MONEY | HARMLESS:
            found.append(f"{route.path}: changes something under {named}, which is neither money nor known as harmless")
    return found


def test_every_route_names_its_permission() -> None:
    assert faults_of(app) == []
    assert len(ROUTES) == len(app.routes) >= 30


def test_the_document_shows_it() -> None:
    for operations in app.openapi()["paths"].values():
        for operation in operations.values():
            permission = Permission(operation[NEEDS])
            codes = [one for one in operation.get("parameters", []) if one["name"] == "x-one-time-code"]
            assert bool(codes) == (permission in MOVES_MONEY), operation["operationId"]


@pytest.mark.parametrize(
    ("extra", "fault"),
    [
        (None, "names no permission"),
        ({}, "names no permission"),
        ({NEEDS: "orders.everything"}, "there is no permission"),
        ({NEEDS: "orders.read"}, "changes something"),
    ],
)
def test_a_route_that_is_declared_wrongly_is_found(extra: dict[str, Any] | None, fault: str) -> None:
    api = FastAPI(openapi_url=None)
    api.router.route_class = StaffRoute

    @api.post("/admin/anything", openapi_extra=extra)
    async def anything() -> None: ...

    [found] = faults_of(api)
    assert fault in found


@pytest.mark.parametrize("extra", [None, {NEEDS: "orders.everything"}])
def test_a_route_that_names_no_permission_lets_nobody_in(
    extra: dict[str, Any] | None, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Caller("admin-1", roles=frozenset(Role))
    monkeypatch.setattr("commerce.runtime.staff_route.enter", lambda event, body: Visitor("192.0.2.1", None, admin))
    api = FastAPI(openapi_url=None)
    answer_problems(api)
    api.router.route_class = StaffRoute

    @api.get("/admin/anything", openapi_extra=extra)
    async def anything() -> str:
        return "got in"

    answer = TestClient(api).get("/admin/anything")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:salama:problem:not-permitted")


def everybody() -> dict[str, tuple[str | None, frozenset[Permission]]]:
    """Return everybody who may call, by name: their token, and what they were granted."""
    people: dict[str, tuple[str | None, frozenset[Permission]]] = {"guest": (None, frozenset())}
    for role in Role:
        people[role.value] = token(sub=f"{role.value}-1", roles=[role.value]), GRANTS[role]
    people["nobody in particular"] = token(sub="person-1", roles=[]), frozenset()
    people["roles of another shop"] = token(sub="person-2", roles=["staff", "root", "ADMIN", "admin "]), frozenset()
    people["support and agent"] = (
        token(sub="both-1", roles=["support", "agent"]),
        GRANTS[Role.SUPPORT] | GRANTS[Role.AGENT],
    )
    return people


PEOPLE = everybody()


def route_of(lane: Lane) -> StaffRoute:
    method, path = lane.key.split(" ", 1)
    [found] = [route for route in ROUTES if method in (route.methods or ()) and route.path_format == path]
    return found


def call(scene: Scene, lane: Lane, bearer: str | None, *more: tuple[str, str]) -> Reply:
    path = re.sub(r"\{[^}]+\}", "1", lane.key.split(" ", 1)[1])
    headers = [("authorization", f"Bearer {bearer}")] if bearer else []
    return scene.send(lane.method, path, {}, headers=[*headers, ("idempotency-key", "a-key"), *more])


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("lane", LANES, ids=[lane.key for lane in LANES])
def test_nobody_gets_past_what_they_were_granted(lane: Lane, who: str, scene: Scene) -> None:
    bearer, granted = PEOPLE[who]
    reply = call(scene, lane, bearer)
    if route_of(lane).permission in granted:
        # Past the door: what comes now is about the request, which asks for nothing that is there.
        assert reply.status not in (401, 403) or lane.key == "POST /admin/second-factor", reply.body
        return
    status, kind = (401, "not-signed-in") if bearer is None else (403, "not-permitted")
    assert (reply.status, reply.json["type"]) == (status, f"urn:salama:problem:{kind}")
    assert scene.written == []
    assert scene.kinds == ["token_refused" if bearer is None else "permission_refused"]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("lane", LANES, ids=[lane.key for lane in LANES])
def test_a_service_has_its_roles_and_no_more(
    lane: Lane, role: Role, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Caller("service/erp", roles=frozenset({role}), service=True)
    monkeypatch.setattr("commerce.runtime.staff_route.enter", lambda event, body: Visitor("192.0.2.1", None, service))
    reply = call(scene, lane, None)
    permission = route_of(lane).permission
    assert (reply.status != 403) == (permission in GRANTS[role]) or permission in NO_SERVICE, reply.body


@pytest.mark.parametrize("lane", LANES, ids=[lane.key for lane in LANES])
def test_what_a_client_says_of_itself_opens_nothing(lane: Lane, scene: Scene) -> None:
    claims = [("x-roles", "admin"), ("x-amzn-oidc-data", "admin"), ("x-permission", "orders.read"), ("x-user", "admin")]
    reply = call(scene, lane, PEOPLE["customer"][0], *claims)
    assert reply.status == 403


def test_every_lane_of_the_template_is_a_route_and_every_route_a_lane() -> None:
    routes = {f"{method} {route.path_format}" for route in ROUTES for method in route.methods or ()}
    assert {lane.key for lane in LANES} == routes


@pytest.mark.parametrize("role", Role)
def test_a_role_is_granted_what_is_written_down_and_no_more(role: Role) -> None:
    assert GRANTS[role] <= set(Permission)
    assert (Permission.RESET_SECOND_FACTOR in GRANTS[role]) == (role is Role.ADMIN)
    assert role is not Role.CUSTOMER or not GRANTS[role]
