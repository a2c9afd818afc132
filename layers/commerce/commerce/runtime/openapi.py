"""One OpenAPI 3.1 document of the whole API, made from the models that check requests and write answers.

``python -m commerce.runtime.openapi docs/openapi.json docs/events`` writes it, and the schemas of the events. No
function imports this module.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from commerce.checkout.place_order import KeyReused
from commerce.checkout.requests import CheckoutRequest, RetryRequest
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress, PaymentTooSoon
from commerce.checkout.views import CheckoutView, TrackingView
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import CommitBusy, InvalidRequest, NotFound, TooManyRequests
from commerce.runtime.catalog_api import CatalogDependencies, Problem, create_app
from commerce.runtime.event_schemas import write_event_schemas
from commerce.runtime.http import LARGEST_BODY
from commerce.runtime.openapi_examples import CALLBACK, CHECKOUT, REPORT, RETRY
from commerce.runtime.openapi_parts import INFO, KEY, NUMBER, REPLAYED, RETRY_AFTER, SERVERS, TAGS
from commerce.runtime.problems import PROBLEM, BadHeader, BodyTooLarge, Invalid, UnreadableBody, problem, title_of
from commerce.runtime.webhook import ACCEPTED, LARGEST_CALLBACK, REJECTED

Json = dict[str, Any]

REFS = "#/components/schemas/"


class OutOfStockProblem(Problem):
    """Too little is left of a SKU; `available` units are."""

    sku: str
    available: int


class WaitProblem(Problem):
    """Try again after `retry_after` seconds; the header Retry-After says the same."""

    retry_after: int


class DarajaAnswer(BaseModel):
    """What Daraja is answered, in its own words; ResultCode 0 is yes."""

    ResultCode: int
    ResultDesc: str


MODELS: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (CheckoutRequest, "validation"),
    (RetryRequest, "validation"),
    (CheckoutView, "serialization"),
    (TrackingView, "serialization"),
    (OutOfStockProblem, "serialization"),
    (WaitProblem, "serialization"),
    (DarajaAnswer, "serialization"),
]

_BAD_REQUESTS: tuple[Exception, ...] = (
    BadHeader("Send an Idempotency-Key header, a new random value for each order.", field="Idempotency-Key"),
    UnreadableBody("The body is not valid JSON."),
    BodyTooLarge(f"A request may have {LARGEST_BODY} bytes."),
    KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key"),
    Invalid([{"field": "payment.phone", "message": "not a Kenyan mobile number; write it like 0712 345 678"}]),
)
_NOBODY = NotFound("No order has this number and e-mail address.")


def document() -> Json:
    """Return the whole API's document.

    Raises
    ------
    ValueError
        When two parts of it call different things by one name.
    """
    catalogue = create_app(_no_dependencies).openapi()
    schemas = models_json_schema(MODELS, ref_template=REFS + "{model}")[1]["$defs"]
    paths = {**catalogue["paths"], **_order_paths()}
    for path in paths.values():
        for operation in path.values():
            operation["responses"] |= _refusals(RuntimeError())
    return {
        "openapi": catalogue["openapi"],
        "info": INFO,
        "servers": SERVERS,
        "tags": TAGS,
        "paths": paths | _webhook_paths(),
        "components": {"schemas": _together(catalogue["components"]["schemas"], schemas)},
    }


def _no_dependencies() -> CatalogDependencies:
    raise RuntimeError("a document is made without a shop")


def _together(first: Json, second: Json) -> Json:
    different = sorted(name for name in first.keys() & second.keys() if first[name] != second[name])
    if different:
        raise ValueError(f"two schemas are called {', '.join(different)}")
    return dict(sorted({**first, **second}.items()))


def _order_paths() -> Json:
    placed = "The order is placed; `payment.status` says whether the prompt went out, failed, or nobody knows yet."
    again = "This Idempotency-Key was used before with the same request: the same answer again."
    return {
        "/checkout": {
            "post": {
                "tags": ["orders"],
                "summary": "Place an order and start its payment",
                "description": (
                    "Holds the goods and sends an M-Pesa prompt to the phone. Prices, delivery, tax and total are the "
                    "shop's: what a client says of them is ignored. M-Pesa charges whole shillings, 1 to 250,000; "
                    "cents beyond a whole shilling are the shop's gift (`rounding`)."
                ),
                "operationId": "start_checkout",
                "parameters": [KEY],
                "requestBody": _body("CheckoutRequest", CHECKOUT),
                "responses": {
                    "201": _answer(placed, "CheckoutView"),
                    "200": _answer(again, "CheckoutView", REPLAYED),
                    **_refusals(*_BAD_REQUESTS, InvalidRequest("XYZ is not for sale here.", field="items.0.sku")),
                    **_refusals(OutOfStock("LAP-T480-16-512", 1, field="items.0.quantity"), schema="OutOfStockProblem"),
                    **_refusals(CommitBusy()),
                },
            }
        },
        "/orders/{number}/payments": {
            "post": {
                "tags": ["orders"],
                "summary": "Try to pay an order again",
                "description": "After an attempt that failed, and never while one may still bring money.",
                "operationId": "retry_payment",
                "parameters": [NUMBER, KEY],
                "requestBody": _body("RetryRequest", RETRY),
                "responses": {
                    "201": _answer("The further attempt was started.", "CheckoutView"),
                    "200": _answer(again, "CheckoutView", REPLAYED),
                    **_refusals(*_BAD_REQUESTS),
                    **_refusals(_NOBODY),
                    **_refusals(
                        PaymentInProgress("A payment of this order is waiting on the phone."),
                        OrderNotPayable("Order 7K2M9QX4TD is expired."),
                        PaymentTooSoon("M-Pesa asks to wait 97 seconds before trying again.", retry_after=97),
                    ),
                    **_refusals(CommitBusy()),
                },
            }
        },
        "/orders/{number}": {
            "get": {
                "tags": ["orders"],
                "summary": "Show an order",
                "description": "For whoever knows its number and its buyer's e-mail address.",
                "operationId": "show_order",
                "parameters": [
                    NUMBER,
                    {
                        "name": "email",
                        "in": "query",
                        "required": True,
                        "description": "The e-mail address the order was placed with.",
                        "schema": {"type": "string", "examples": ["wanjiku@example.com"]},
                    },
                ],
                "responses": {
                    "200": _answer("The order, its payment, its refunds and what happened so far.", "TrackingView"),
                    **_refusals(_NOBODY),
                    **_refusals(
                        TooManyRequests("Too many requests. Please wait a moment.", retry_after=42),
                        schema="WaitProblem",
                    ),
                },
            }
        },
    }


def _webhook_paths() -> Json:
    token: Json = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
    kind: Json = {
        "name": "kind",
        "in": "path",
        "required": True,
        "description": "What is reported: a refund's result, Daraja's own time-out, or the record of a payment.",
        "schema": {"enum": ["result", "timeout", "record"]},
    }
    return {
        "/hooks/stk/{token}": {
            "post": _webhook("receive_stk_callback", "Hear what became of an STK push", [token], CALLBACK)
        },
        "/hooks/daraja/{token}/{kind}": {
            "post": _webhook("receive_daraja_result", "Hear what became of a refund", [token, kind], REPORT)
        },
    }


def _webhook(name: str, summary: str, parameters: list[Json], example: Json) -> Json:
    refused = {
        "403": "The source list is enforced and does not name the sender.",
        "404": "The shop did not make this token.",
        "413": f"More than {LARGEST_CALLBACK} bytes.",
    }
    return {
        "tags": ["webhooks"],
        "summary": summary,
        "description": "A hint, never believed: it is queued, and the provider itself is asked. Any body is accepted.",
        "operationId": name,
        "parameters": parameters,
        "requestBody": {"content": {"application/json": {"schema": {}, "example": example}}},
        "responses": {
            "200": _answer("Queued.", "DarajaAnswer", example=ACCEPTED),
            **{status: _answer(why, "DarajaAnswer", example=REJECTED) for status, why in refused.items()},
        },
    }


def _body(model: str, example: Json) -> Json:
    content = {"schema": {"$ref": REFS + model}, "example": example}
    return {"required": True, "content": {"application/json": content}}


def _answer(description: str, model: str, headers: Json | None = None, example: str | None = None) -> Json:
    content: Json = {"schema": {"$ref": REFS + model}}
    if example is not None:
        content["example"] = json.loads(example)
    answer: Json = {"description": description, "content": {"application/json": content}}
    return answer | ({"headers": headers} if headers else {})


def _refusals(*errors: Exception, schema: str = "Problem") -> Json:
    """Describe refusals by what they are really answered with."""
    answers: Json = {}
    for status, headers, body in map(problem, errors):
        answer = answers.setdefault(str(status), _refusal(status, schema))
        example = {"summary": body["detail"], "value": body}
        answer["content"][PROBLEM]["examples"][body["type"].rsplit(":", 1)[1]] = example
        if "Retry-After" in headers:
            answer["headers"] = RETRY_AFTER
    return answers


def _refusal(status: int, schema: str) -> Json:
    content = {PROBLEM: {"schema": {"$ref": REFS + schema}, "examples": {}}}
    return {"description": title_of(HTTPStatus(status)), "content": content}


def main(arguments: Sequence[str]) -> None:
    """Write the document to the first path, and the events' schemas into the folder that the second one names."""
    path = Path(arguments[0])
    path.write_text(json.dumps(document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for folder in arguments[1:]:
        write_event_schemas(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
