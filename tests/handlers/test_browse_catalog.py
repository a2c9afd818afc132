"""GET /products, /products/{slug}, /categories and /shipping-quotes as API Gateway calls them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest

from commerce.catalog.publish_category import publish_category
from commerce.catalog.publish_product import publish_product
from commerce.inventory.receive_stock import receive_stock
from commerce.runtime import wiring
from functions.browse_catalog.app import app, lambda_handler
from tests.unit.catalog_world import LAPTOPS, REGION, SHIRTS, FixedClock, product, recorder, tables, variant


@pytest.fixture(scope="module", autouse=True)
def _shop() -> Iterator[None]:
    with tables() as database, pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "CATALOG_TABLE": "test-catalog",
            "STOCK_TABLE": "test-stock",
            "REVIEWS_TABLE": "test-reviews",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }.items():
            environment.setenv(name, value)
        forget()
        for category in (LAPTOPS, SHIRTS):
            publish_category(database, FixedClock(), category, record=recorder(database))
        for made in (
            product("laptop-a", variant("A-16", kes=900_00, buckets=2), variant("A-32", kes=1_800_00), summary="Red."),
            product("laptop-b"),
            product("shirt-a", category="shirts", summary="A red shirt."),
        ):
            publish_product(database, FixedClock(), made, record=recorder(database))
        receive_stock(database, FixedClock(), sku="A-16", quantity=3, buckets=2, delivery="1")
        yield
        forget()


def forget() -> None:
    """Have the next request build its tables from the environment."""
    wiring.database.cache_clear()
    wiring.catalog_dependencies.cache_clear()


def get(path: str, /, method: str = "GET", **query: Any) -> tuple[int, dict[str, str], Any]:
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode({name: str(value) for name, value in query.items()}),
        "headers": {"host": "shop.example", "accept": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    answer = lambda_handler(event, object())  # type: ignore[arg-type]
    assert answer["isBase64Encoded"] is False
    return answer["statusCode"], answer["headers"], json.loads(answer["body"])


def refused_fields(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


def test_products_are_listed() -> None:
    status, headers, body = get("/products")
    assert (status, headers["cache-control"]) == (200, "public, max-age=15")
    assert [item["slug"] for item in body["items"]] == ["laptop-a", "laptop-b", "shirt-a"]
    assert body["next_cursor"] is None
    assert body["items"][0] == {
        "slug": "laptop-a",
        "name": "Laptop A",
        "brand": "Acme",
        "category": "laptops",
        "condition": "Refurbished",
        "summary": "Red.",
        "image": {"url": "/images/laptop-a.svg", "alt": "A drawing of laptop-a"},
        "price_from": {"KES": 900_00, "USD": 692},
        "in_stock": True,
        "variants": 2,
    }


def test_products_are_filtered() -> None:
    def slugs(**query: Any) -> list[str]:
        return [item["slug"] for item in get("/products", **query)[2]["items"]]

    assert slugs(category="laptops") == ["laptop-a", "laptop-b"]
    assert slugs(q="RED") == ["laptop-a", "shirt-a"]
    assert slugs(q="red", category="shirts") == ["shirt-a"]
    assert slugs(in_stock="true") == ["laptop-a"]
    assert slugs(category="books") == []
    assert slugs(category="", q="", cursor="") == ["laptop-a", "laptop-b", "shirt-a"]


def test_pages_follow_each_other() -> None:
    seen = []
    cursor: str | None = ""
    while cursor is not None:
        body = get("/products", limit=1, cursor=cursor)[2]
        seen += [item["slug"] for item in body["items"]]
        cursor = body["next_cursor"]
    assert seen == ["laptop-a", "laptop-b", "shirt-a"]


def test_a_product_is_shown() -> None:
    status, headers, body = get("/products/laptop-a")
    assert (status, headers["cache-control"]) == (200, "public, max-age=15")
    assert (body["slug"], body["tax_class"], body["in_stock"]) == ("laptop-a", "standard", True)
    assert body["images"] == [{"url": "/images/laptop-a.svg", "alt": "A drawing of laptop-a"}]
    assert body["variants"][0] == {
        "sku": "A-16",
        "name": "Standard",
        "attributes": {},
        "prices": {"KES": 900_00, "USD": 692},
        "weight_grams": 500,
        "available": 3,
    }
    assert body["variants"][1]["available"] == 0


def test_categories_are_counted() -> None:
    status, headers, body = get("/categories")
    assert (status, headers["cache-control"]) == (200, "public, max-age=300")
    assert body == {
        "items": [
            {"slug": "laptops", "name": "Laptops", "products": 2},
            {"slug": "shirts", "name": "Shirts", "products": 1},
        ]
    }


def test_delivery_is_quoted() -> None:
    status, _, body = get("/shipping-quotes", zone="nairobi_metro", currency="KES", subtotal=100_00)
    assert status == 200
    assert body == {
        "items": [
            {
                "zone": "nairobi_metro",
                "label": "Nairobi Metro",
                "carrier": "Local courier",
                "estimate": "within 24 hours",
                "tracked": False,
                "amount": 300_00,
                "currency": "KES",
                "free_from": None,
            }
        ]
    }
    assert [quote["zone"] for quote in get("/shipping-quotes", currency="USD")[2]["items"]] == ["international"]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/products", {"limit": 0}, "limit"),
        ("/products", {"limit": 101}, "limit"),
        ("/products", {"limit": "many"}, "limit"),
        ("/products", {"cursor": "made-up"}, "cursor"),
        ("/products", {"in_stock": "perhaps"}, "in_stock"),
        ("/products", {"q": "x" * 101}, "q"),
        ("/products/" + "x" * 81, {}, "slug"),
        ("/shipping-quotes", {"zone": "mars"}, "zone"),
        ("/shipping-quotes", {"zone": "international", "currency": "KES"}, "zone"),
        ("/shipping-quotes", {"currency": "EUR"}, "currency"),
        ("/shipping-quotes", {"subtotal": -1}, "subtotal"),
    ],
)
def test_what_is_wrong_is_named(path: str, query: dict[str, Any], field: str) -> None:
    status, headers, body = get(path, **query)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert headers["cache-control"] == "no-store"
    assert (body["type"], body["status"]) == ("urn:salama:problem:invalid-request", 422)
    assert refused_fields(body) == [field]


@pytest.mark.parametrize("path", ["/products/none", "/nowhere", "/openapi.json", "/docs"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    status, headers, body = get(path)
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert body["type"] == "urn:salama:problem:not-found"


def test_only_get_is_answered() -> None:
    assert get("/products", method="POST")[0] == 404


def test_a_fault_tells_nothing_of_the_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret table name")

    monkeypatch.setattr("commerce.runtime.catalog_api.list_categories", broken)
    status, headers, body = get("/categories")
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert body["type"] == "urn:salama:problem:internal-error"
    assert "secret" not in json.dumps(body)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/products", "/products"),
        ("/products/laptop-a", "/products/{slug}"),
        ("/categories", "/categories"),
        ("/shipping-quotes", "/shipping-quotes"),
        ("/products/none", "/products/{slug}"),
        ("/products?", "/products"),
    ],
)
def test_answers_are_what_the_document_says(path: str, template: str) -> None:
    wrong: dict[str, Any] = {"limit": 0} if path.endswith("?") else {}
    status, headers, body = get(path.rstrip("?"), **wrong)
    document = app.openapi()
    media = document["paths"][template]["get"]["responses"][str(status)]["content"]
    schema = media[headers["content-type"]]["schema"]
    jsonschema.validate(body, {**schema, "components": document["components"]})


def test_the_document_is_complete() -> None:
    document = app.openapi()
    assert document == app.openapi()
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 5
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        for status, answer in operation["responses"].items():
            assert list(answer["content"]) == ["application/json" if status == "200" else "application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
