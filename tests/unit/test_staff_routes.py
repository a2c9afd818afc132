"""What every staff route says of itself; who may take which is walked in `tests/attacks/test_privileges.py`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commerce.identity.claims import Caller
from commerce.identity.permissions import Role
from commerce.runtime import staff_route
from commerce.runtime.door import Visitor
from commerce.runtime.staff_route import LARGEST_BODY
from functions.serve_staff.app import app, lambda_handler

OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method, path, operation)
    for path, operations in app.openapi()["paths"].items()
    for method, operation in operations.items()
]
CHANGES = [(path, operation) for method, path, operation in OPERATIONS if method != "get"]
#: What needs no reason: a parcel's is the order itself; one's own phone is one's own; a preview changes nothing.
UNREASONED = {"send_shipment", "enrol", "confirm", "preview_healing"}
#: What needs no key at all: it is harmless to repeat, and its answer is shown once.
UNKEYED = {"enrol", "confirm", "preview_healing"}


def test_a_body_beyond_any_honest_one_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Caller("admin-1", roles=frozenset({Role.ADMIN}))
    monkeypatch.setattr(staff_route, "enter", lambda event, body: Visitor("192.0.2.1", None, admin))
    event = {
        "version": "2.0",
        "rawPath": "/admin/products/1",
        "rawQueryString": "",
        "headers": {"host": "shop.example", "content-type": "application/json"},
        "requestContext": {"http": {"method": "PUT", "path": "/admin/products/1", "sourceIp": "192.0.2.1"}},
        "body": json.dumps({"reason": "x" * LARGEST_BODY}),
        "isBase64Encoded": False,
    }
    assert lambda_handler(event, object())["statusCode"] == 413  # type: ignore[arg-type]


@pytest.mark.parametrize(("path", "operation"), CHANGES)
def test_every_change_says_why(path: str, operation: dict[str, Any]) -> None:
    if operation["operationId"] in UNREASONED:
        return
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = app.openapi()["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]
    assert "reason" in schema["required"], path
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(("path", "operation"), CHANGES)
def test_every_change_takes_a_key(path: str, operation: dict[str, Any]) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    assert ("Idempotency-Key" in names) == (operation["operationId"] not in UNKEYED), path


def test_the_document_is_complete() -> None:
    assert len({operation["operationId"] for _, _, operation in OPERATIONS}) == len(OPERATIONS) == len(app.routes)
    for _, path, operation in OPERATIONS:
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        assert "403" in operation["responses"], path
    assert "HTTPValidationError" not in app.openapi()["components"]["schemas"]
