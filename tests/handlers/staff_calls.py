"""Calling the staff API as API Gateway does, for one who works here."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlencode

import jsonschema

from commerce.board.project_order import project_order
from commerce.board.store import Board
from commerce.checkout.place_order import Placement
from commerce.payments.port import Paid
from functions.serve_staff.app import app
from tests.handlers.event_files import Event
from tests.handlers.world import Answer, World, body_of
from tests.support.tokens import token

STAFF = token(sub="staff-1", roles=["admin"])
_keys = itertools.count()


def problem(answer: Answer, status: int, slug: str) -> dict[str, Any]:
    """Check that an answer is the problem it should be (RFC 9457), and return it."""
    told: dict[str, Any] = body_of(answer)
    assert (answer["statusCode"], told["status"]) == (status, status), told
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert answer["headers"]["cache-control"] == "no-store"
    assert told["type"] == f"urn:salama:problem:{slug}"
    return told


def staff(
    world: World,
    method: str,
    path: str,
    body: Any = None,
    *,
    key: str | None = "",
    bearer: str | None = STAFF,
    code: str | None = None,
    **query: Any,
) -> Answer:
    """Call the API as a member of staff; an answer of JSON must be what the document says.

    Parameters
    ----------
    key
        The Idempotency-Key; a new one where nothing is said, none for None.
    """
    key = f"key-{next(_keys)}" if key == "" else key
    headers = {
        "authorization": f"Bearer {bearer}" if bearer else None,
        "idempotency-key": key if method != "GET" else None,
        "x-one-time-code": code,
    }
    event: Event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": urlencode({name.rstrip("_"): value for name, value in query.items()}),
        "headers": {
            "host": "shop.example",
            "content-type": "application/json",
            **{name: value for name, value in headers.items() if value is not None},
        },
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
        },
        "body": json.dumps(body) if body is not None else "",
        "isBase64Encoded": False,
    }
    answer: Answer = world.call("serve_staff", event)
    as_documented(method, path, answer)
    return answer


def as_documented(method: str, path: str, answer: Answer) -> None:
    document = app.openapi()
    parts = path.split("/")
    for template, operations in document["paths"].items():
        asked = template.split("/")
        if method.lower() not in operations or len(asked) != len(parts):
            continue
        if all(wanted == part or wanted.startswith("{") for wanted, part in zip(asked, parts, strict=True)):
            media = operations[method.lower()]["responses"][str(answer["statusCode"])]["content"]
            kind = answer["headers"]["content-type"].partition(";")[0]
            if kind != "text/csv":
                schema = {**media[kind]["schema"], "components": document["components"]}
                jsonschema.validate(body_of(answer), schema)
            return
    raise AssertionError(f"no route for {method} {path}")


def on_the_board(world: World, placed: Placement) -> None:
    project_order(Board(world.shop.database), world.shop.till.payments, placed.order.number)


def paid(world: World) -> Placement:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    world.shop.verify(placed)
    on_the_board(world, placed)
    return placed


def sku_of(placed: Placement) -> str:
    return placed.order.terms.lines[0].sku
