"""`docs/openapi.json`: as the code has it, a valid OpenAPI 3.1 document, and true of the functions.

The structure is checked by openapi-spec-validator, and every schema with the meta-schema of JSON Schema 2020-12, the
dialect of OpenAPI 3.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from commerce.checkout.check_voucher import VoucherCheckRequest
from commerce.checkout.requests import CheckoutRequest, RetryRequest
from commerce.checkout.views import placed_view, tracking_view
from commerce.fulfilment.messages import CarrierMessage
from commerce.returns.requests import ReturnRequest
from commerce.runtime import openapi
from commerce.runtime.openapi import document, main
from sandbox.stack.template import Template
from tests.support import engines
from tests.support.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs" / "openapi.json"
API: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
OPERATIONS = [(f"{method.upper()} {path}", one) for path, item in API["paths"].items() for method, one in item.items()]
NAMES = [name for name, _ in OPERATIONS]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def examples() -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield every example in the document with the schema it is an example of."""
    for _, operation in OPERATIONS:
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (kind for body in bodies for kind in body.get("content", {}).values()):
            shown = [content["example"]] if "example" in content else []
            shown += [example["value"] for example in content.get("examples", {}).values()]
            yield from ((content["schema"], value) for value in shown)


def validator(schema: dict[str, Any]) -> Any:
    """Return what checks values against a schema of the document."""
    whole = {**schema, "components": API["components"]}
    return jsonschema.Draft202012Validator(whole)


def test_the_document_is_what_the_code_makes(tmp_path: Path) -> None:
    main([str(tmp_path / "openapi.json"), str(tmp_path / "events")])
    made = (tmp_path / "openapi.json").read_text(encoding="utf-8")
    assert COMMITTED.read_text(encoding="utf-8") == made, "docs/openapi.json is out of date: run `make docs`"
    assert (tmp_path / "events" / "README.md").is_file()


def test_its_structure_is_openapi_31() -> None:
    assert API["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(API).validate()
    for _, operation in OPERATIONS:
        assert operation["responses"]
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in operation["responses"])
        assert all(answer["description"] for answer in operation["responses"].values())
    identifiers = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(identifiers)) == len(identifiers)


def test_every_schema_is_json_schema() -> None:
    schemas = [part["schema"] for part in parts(API["paths"]) if "schema" in part]
    for schema in [*schemas, *API["components"]["schemas"].values()]:
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    references = {part["$ref"] for part in parts(API) if "$ref" in part}
    components = {f"#/components/schemas/{name}" for name in API["components"]["schemas"]}
    assert references == components


def test_its_paths_are_the_routes_of_the_template() -> None:
    routes = {route.key for route in Template.read(ROOT / "template.yaml").routes()}
    assert set(NAMES) == routes
    for name in NAMES:
        assert not name.endswith("/events") or " /admin/" in name, "a trail is not public"


def test_who_signs_in_is_described() -> None:
    """What is one's own takes a token; who buys may send one. A token that is no good is refused everywhere."""
    for name, operation in OPERATIONS:
        wanted: list[dict[str, Any]] | None = None
        if name.split(" ", 1)[1].startswith(("/me", "/admin")):
            wanted = [{"bearer": []}]
            assert {"401", "503"} <= operation["responses"].keys()
        elif name in {"POST /checkout", "POST /orders/{number}/payments"}:
            wanted = [{}, {"bearer": []}]
            assert "401" in operation["responses"]
        assert operation.get("security") == wanted, name
        assert operation["operationId"].startswith("staff_") == (" /admin" in name)
    assert "bearer" in API["components"]["securitySchemes"]


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=NAMES)
def test_parameters_in_a_path_are_described(name: str, operation: dict[str, Any]) -> None:
    described = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path" and one["required"]}
    assert described == set(re.findall(r"{(\w+)}", name))


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=NAMES)
def test_refusals_are_problems(name: str, operation: dict[str, Any]) -> None:
    assert operation["tags"][0] in {tag["name"] for tag in API["tags"]}
    darajas = name.startswith(("POST /hooks/stk/", "POST /hooks/daraja/"))
    for status, answer in operation["responses"].items():
        if status == "204":
            assert "content" not in answer
            continue
        expected = "application/json"
        if status >= "400" and not darajas:
            expected = "application/problem+json"
        elif status < "400" and name.endswith(".csv"):
            expected = "text/csv"
        assert list(answer["content"]) == [expected]


@pytest.mark.parametrize("name", ["POST /checkout", "POST /orders/{number}/payments", "POST /orders/{number}/returns"])
def test_the_key_and_what_tells_of_a_replay_are_described(name: str) -> None:
    operation = dict(OPERATIONS)[name]
    [key] = [one for one in operation["parameters"] if one["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", True)
    assert list(operation["responses"]["200"]["headers"]) == ["Idempotent-Replayed"]
    assert "headers" not in operation["responses"]["201"]
    assert operation["responses"]["200"]["content"] == operation["responses"]["201"]["content"]
    assert "Retry-After" in operation["responses"]["503"]["headers"]


def test_waiting_is_described() -> None:
    operations = dict(OPERATIONS)
    for name, status in (
        ("GET /orders/{number}", "429"),
        ("POST /vouchers/check", "429"),
        ("POST /orders/{number}/payments", "409"),
        ("POST /orders/{number}/payments", "503"),
    ):
        assert "Retry-After" in operations[name]["responses"][status]["headers"]


def test_a_key_is_described_as_what_it_is() -> None:
    """Required wherever a repeat would do something twice; a choice where it merely overwrites or decides the same."""
    optional = set()
    for name, operation in OPERATIONS:
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "Idempotency-Key" and not parameter["required"]:
                optional.add(name)
    assert optional == {
        "PUT /admin/products/{slug}",
        "PUT /admin/products/{slug}/prices",
        "PUT /admin/products/{slug}/for-sale",
        "PUT /admin/vouchers/{code}",
        "POST /admin/reviews/{review}/decision",
        "DELETE /admin/second-factor/{subject}",
    }


def test_every_example_keeps_to_its_schema() -> None:
    shown = list(examples())
    assert len(shown) > 40
    for schema, value in shown:
        validator(schema).validate(value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("POST /checkout", CheckoutRequest),
        ("POST /orders/{number}/payments", RetryRequest),
        ("POST /orders/{number}/returns", ReturnRequest),
        ("POST /vouchers/check", VoucherCheckRequest),
    ],
)
def test_every_example_is_taken_by_the_function_too(name: str, kind: type[BaseModel]) -> None:
    content = dict(OPERATIONS)[name]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        kind.model_validate_json(json.dumps(example["value"]))


def test_what_a_carrier_is_told_to_send_is_what_the_webhook_reads() -> None:
    content = dict(OPERATIONS)["POST /hooks/carriers/{carrier}"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        assert CarrierMessage.of("dhl", example["value"]).status == example["value"]["status"]
    asked = validator({"$ref": "#/components/schemas/CarrierReport"})
    assert not asked.is_valid({"status": "lost"})


def test_what_a_client_must_not_send_is_not_asked_for() -> None:
    asked = API["components"]["schemas"]["CheckoutRequest"]["properties"]
    written = {"items", "currency", "customer", "shipping", "payment", "voucher", "credit"}
    assert set(asked) == set(CheckoutRequest.model_fields) == written
    assert set(API["components"]["schemas"]["RetryRequest"]["properties"]) == set(RetryRequest.model_fields)


def test_what_the_functions_answer_is_what_is_described(ministack_url: str) -> None:
    shop = Shop(engines.fresh_database(ministack_url))
    shop.sell("A", stock=1)
    placed = shop.order("key", ("A", 1))
    for name, view in (
        ("CheckoutView", placed_view(placed.order, placed.attempt)),
        ("TrackingView", tracking_view(shop.account(placed), shop.clock.now())),
    ):
        schema = validator({"$ref": f"#/components/schemas/{name}"})
        answer = json.loads(view.model_dump_json())
        schema.validate(answer)
        assert not schema.is_valid({**answer, "order": {}})


def test_two_schemas_of_one_name_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class ShippingQuote(BaseModel):
        """The catalogue calls something else by this name."""

    monkeypatch.setattr(openapi, "MODELS", [*openapi.MODELS, (ShippingQuote, "serialization")])
    with pytest.raises(ValueError, match="ShippingQuote"):
        document()
