"""No staff route lets anybody in who does not work here: every one of them is walked."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from commerce.runtime import staff_access
from commerce.runtime.staff_access import LARGEST_BODY, ROLES
from commerce.runtime.staff_api import create_app
from functions.serve_staff.app import app, gateway, lambda_handler
from sandbox.engines import ROOT
from sandbox.stack.template import Template

ROUTES = sorted((next(iter(route.methods)), route.path, route.name) for route in app.routes)  # type: ignore[attr-defined]
WALK = pytest.mark.parametrize(("method", "path", "name"), ROUTES)


def call(method: str, path: str, claims: dict[str, str] | None, body: str = "") -> tuple[int, dict[str, Any]]:
    """Call a route as API Gateway does, with the claims of a verified token or without a token."""
    path = re.sub(r"\{\w+\}", "1", path)
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "shop.example", "content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            **({"authorizer": {"jwt": {"claims": claims, "scopes": None}}} if claims is not None else {}),
        },
        "body": body,
        "isBase64Encoded": False,
    }
    answer = lambda_handler(event, object())  # type: ignore[arg-type]
    return answer["statusCode"], json.loads(answer["body"])


@WALK
def test_every_route_names_who_may_call_it(method: str, path: str, name: str) -> None:
    assert ROLES.get(name), f"{method} {path} ({name}) names no role"


def test_no_role_is_named_for_a_route_that_is_not_there() -> None:
    assert sorted(ROLES) == sorted(name for _, _, name in ROUTES)


@WALK
@pytest.mark.parametrize("roles", ["", "customer", "[customer buyer]", "[]", "staffroom", "STAFF"])
def test_who_does_not_work_here_is_turned_away(method: str, path: str, name: str, roles: str) -> None:
    claims = {"sub": "buyer-1", "roles": roles, "email": "staff@salama.test", "email_verified": "true"}
    status, problem = call(method, path, claims, body="{not json")
    assert (status, problem["type"]) == (403, "urn:salama:problem:not-permitted"), name


@WALK
def test_without_a_token_nobody_is_known(method: str, path: str, name: str) -> None:
    status, problem = call(method, path, None)
    assert (status, problem["type"]) == (401, "urn:salama:problem:not-signed-in"), name


def test_a_route_that_names_no_role_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {name: roles for name, roles in ROLES.items() if name != "get_order"}
    monkeypatch.setattr(staff_access, "ROLES", rest)
    monkeypatch.setattr(gateway, "app", create_app(lambda: pytest.fail("the request came through")))
    assert call("GET", "/admin/orders/{number}", {"sub": "s", "roles": "[staff admin]"})[0] == 403


def test_the_template_has_the_same_routes_behind_the_authorizer() -> None:
    routes = [each for each in Template.read(ROOT / "template.yaml").routes() if each.function == "ServeStaff"]
    assert sorted(each.key for each in routes) == sorted(f"{method} {path}" for method, path, _ in ROUTES)
    assert all(each.authorizer for each in routes)


def test_a_body_beyond_any_honest_one_is_not_read() -> None:
    claims = {"sub": "s", "roles": "staff"}
    status, _ = call("PUT", "/admin/products/{slug}", claims, body=json.dumps({"reason": "x" * LARGEST_BODY}))
    assert status == 413


CHANGES = [(method, path, name) for method, path, name in ROUTES if method != "GET"]


@pytest.mark.parametrize(("method", "path", "name"), CHANGES)
def test_every_change_says_why(method: str, path: str, name: str) -> None:
    document = app.openapi()
    body = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]
    # A parcel's reason is the order itself.
    assert ("reason" in schema["required"]) == (name != "send_shipment"), name
    assert schema["additionalProperties"] is False


def test_the_document_is_complete() -> None:
    document = app.openapi()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == len(ROUTES)
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"]
        assert "403" in operation["responses"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
