"""The in-process gateway does to requests and answers what API Gateway does: else the attacks would prove nothing."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import TEMPLATE
from tests.handlers.event_files import FOLDER, Event
from tests.support.gateway import LARGEST_BODY, Gateway, Reply

JSON = ("content-type", "application/json")


def echo(function: str, event: Event) -> Any:
    return {"statusCode": 200, "body": json.dumps({"function": function, "event": event})}


def ask(method: str, target: str, **more: Any) -> Reply:
    return Gateway(TEMPLATE, echo).ask(method, target, **more)


def event_of(method: str, target: str, **more: Any) -> Event:
    event = ask(method, target, **more).event
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("method", "path", "function", "route"),
    [
        ("GET", "/products", "browse_catalog", "GET /products"),
        ("GET", "/products/thing-1", "browse_catalog", "GET /products/{slug}"),
        ("GET", "/products/thing-1/reviews", "browse_catalog", "GET /products/{slug}/reviews"),
        ("POST", "/products/thing-1/reviews", "serve_customer", "POST /products/{slug}/reviews"),
        ("GET", "/admin/orders.csv", "serve_staff", "GET /admin/orders.csv"),
        ("GET", "//products", "browse_catalog", "GET /products"),
    ],
)
def test_the_most_exact_route_takes_a_request(method: str, path: str, function: str, route: str) -> None:
    reply = ask(method, path)
    assert (reply.json["function"], reply.json["event"]["routeKey"]) == (function, route)


@pytest.mark.parametrize("path", ["/", "/nope", "/products/", "/products/a/b", "/Products", "/checkout/x"])
def test_what_no_route_takes_calls_nothing(path: str) -> None:
    reply = ask("GET", path)
    assert (reply.status, reply.json, reply.event) == (404, {"message": "Not Found"}, None)
    assert ask("GET", "/checkout").status == 404


def test_a_path_is_decoded_after_its_route_is_chosen() -> None:
    event = event_of("GET", "/products/a%2Fb%20c%C3%A9")
    assert event["pathParameters"] == {"slug": "a/b cé"}
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/products/a/b cé"


def test_a_query_comes_raw_and_joined() -> None:
    event = event_of("GET", "/products?q=a%20b+c&q=d&limit=1&x=")
    assert event["rawQueryString"] == "q=a%20b+c&q=d&limit=1&x="
    assert event["queryStringParameters"] == {"q": "a b c,d", "limit": "1", "x": ""}
    assert "queryStringParameters" not in event_of("GET", "/products")


def test_headers_are_small_and_joined_and_cookies_apart() -> None:
    headers = [("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1; b=2"), ("X-Forwarded-For", "1.2.3.4"), ("Host", "evil")]
    event = event_of("GET", "/products", headers=headers, source="203.0.113.9")
    assert event["headers"]["x-a"] == "1,2"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-forwarded-for"] == "1.2.3.4, 203.0.113.9"
    assert event["requestContext"]["http"]["sourceIp"] == "203.0.113.9", "no header changes it"
    assert event["headers"]["host"].endswith("amazonaws.com")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-16", "text/x", "application/xml"])
def test_a_text_comes_as_text(kind: str) -> None:
    event = event_of("POST", "/checkout", headers=[("content-type", kind)], body=b'{"a": "\xff"}')
    assert (event["isBase64Encoded"], event["body"]) == (False, '{"a": "\ufffd"}')


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/problem+json", "image/png", ""])
def test_what_is_no_text_comes_in_base64(kind: str) -> None:
    headers = [("content-type", kind)] if kind else []
    event = event_of("POST", "/checkout", headers=headers, body=b"\xff\x00")
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"\xff\x00")


def test_what_is_too_large_reaches_no_function() -> None:
    assert ask("POST", "/checkout", body=b" " * (LARGEST_BODY + 1)).status == 413
    assert ask("GET", "/products", headers=[("x", "a" * 10_240)]).status == 431


def test_a_function_that_fails_shows_nothing() -> None:
    def broken(function: str, event: Event) -> Any:
        raise ValueError("a secret")

    reply = Gateway(TEMPLATE, broken).ask("GET", "/products")
    assert (reply.status, reply.json) == (500, {"message": "Internal Server Error"})
    assert isinstance(reply.fault, ValueError)


def test_an_answer_that_is_no_utf_8_is_none() -> None:
    answer = {"statusCode": 200, "body": "\ud800"}
    assert Gateway(TEMPLATE, lambda *_: answer).ask("GET", "/products").status == 500


def test_an_answer_comes_back_whole() -> None:
    answer = {
        "statusCode": 201,
        "headers": {"X-A": "1", "Access-Control-Allow-Origin": "*"},
        "cookies": ["a=1"],
        "body": base64.b64encode(b"\xff").decode(),
        "isBase64Encoded": True,
    }
    reply = Gateway(TEMPLATE, lambda *_: answer).ask("GET", "/products")
    assert (reply.status, reply.body) == (201, b"\xff")
    assert reply.headers == {"content-type": "application/json", "x-a": "1", "set-cookie": "a=1"}


def test_a_header_that_makes_a_second_one_is_caught() -> None:
    answer = {"statusCode": 200, "headers": {"X-A": "1\r\nSet-Cookie: a=1"}}
    with pytest.raises(AssertionError, match="a line of its own"):
        Gateway(TEMPLATE, lambda *_: answer).ask("GET", "/products")


@pytest.mark.parametrize(
    ("path", "method", "target", "headers"),
    [
        (
            FOLDER / "show_order" / "by_number_and_email.json",
            "GET",
            "/orders/{{order_number}}?email=wanjiku%40example.com",
            [],
        ),
        (FOLDER / "start_checkout" / "place_order.json", "POST", "/checkout", [JSON]),
    ],
)
def test_events_are_as_aws_sends_them(path: Path, method: str, target: str, headers: list[tuple[str, str]]) -> None:
    """Beside a real event's members: the same, and none besides."""
    real = json.loads(path.read_text(encoding="utf-8"))
    made = event_of(method, target, headers=headers, body=b"{}" if method == "POST" else b"")
    assert made.keys() == real.keys()
    assert made["requestContext"].keys() == real["requestContext"].keys()
    assert made["requestContext"]["http"].keys() == real["requestContext"]["http"].keys()
    for member in ("version", "routeKey", "isBase64Encoded", "rawPath", "rawQueryString"):
        assert made[member] == real[member]
    assert made.get("pathParameters") == real.get("pathParameters")


def test_it_is_a_wsgi_application() -> None:
    seen: list[Any] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/checkout?a=%20",
        "PATH_INFO": "/checkout",
        "HTTP_X_A": "1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "wsgi.input": BytesIO(b"{}and more"),
    }
    gateway = Gateway(TEMPLATE, echo)
    [body] = gateway(environ, lambda status, headers: seen.append((status, dict(headers))))
    event = json.loads(body)["event"]
    assert seen[0][0].startswith("200 ")
    assert (event["body"], event["headers"]["x-a"], event["rawQueryString"]) == ("{}", "1", "a=%20")
