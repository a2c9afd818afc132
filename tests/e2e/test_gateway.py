"""The gateway answers as API Gateway's HTTP API does."""

import asyncio
import json
from collections.abc import Callable, Coroutine

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.stack.gateway import MAX_BODY, Gateway
from sandbox.stack.template import Route

ROUTES = [
    Route("POST /checkout", "Checkout", 30_000, "2.0"),
    Route("GET /orders/{number}", "Show", 30_000, "2.0"),
    Route("GET /files/{rest+}", "Show", 30_000, "2.0"),
    Route("POST /slow", "Slow", 50, "2.0"),
]

Upstream = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class _Emulator(httpx.AsyncBaseTransport):
    """Answers as `upstream` does, its body still to be read, as from a network."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._upstream(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


def client(upstream: Upstream) -> httpx.AsyncClient:
    gateway = Gateway(
        "http://emulator/_aws/execute-api/abc/$default",
        ROUTES,
        concurrency=4,
        transport=_Emulator(upstream),
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await gateway.answer(request, scope["raw_path"].decode().removeprefix("/api"))
        await response(scope, receive, send)

    transport = httpx.ASGITransport(Starlette(routes=[Mount("/api", app)]), client=("203.0.113.9", 4000))
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test:8000")


def ask(upstream: Upstream, method: str, path: str, **request: object) -> httpx.Response:
    async def run() -> httpx.Response:
        async with client(upstream) as shop:
            return await shop.request(method, path, **request)  # type: ignore[arg-type]

    return asyncio.run(run())


async def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"url": str(request.url), "headers": request.headers.multi_items()})


async def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError("the emulator was asked")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/nope"), ("GET", "/api/checkout"), ("GET", "/api/orders/1/2"), ("GET", "/api/")]
)
def test_an_unknown_route_is_not_found_and_starts_nothing(method: str, path: str) -> None:
    answer = ask(never, method, path)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert answer.headers["content-type"] == "application/json"


def test_path_and_query_arrive_as_they_were_sent() -> None:
    answer = ask(ok, "GET", "/api/orders/S%2D1%20x?email=a%40b.co&email=c")
    url = "http://emulator/_aws/execute-api/abc/$default/orders/S%2D1%20x?email=a%40b.co&email=c"
    assert answer.json()["url"] == url
    assert ask(ok, "GET", "/api/files/a/b/c").status_code == 200


def test_the_caller_s_address_ends_the_forwarded_list_and_cannot_be_set() -> None:
    answer = ask(ok, "GET", "/api/orders/1", headers={"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"})
    headers = dict(answer.json()["headers"])
    assert headers["x-forwarded-for"] == "1.2.3.4, 203.0.113.9"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == "8000"
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert headers["host"] == "shop.test:8000"


def test_status_headers_and_body_come_back_unchanged() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        headers = [("Content-Type", "application/problem+json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        return httpx.Response(422, headers=[*headers, ("Connection", "close")], content=b'{"title":"no"}')

    answer = ask(upstream, "POST", "/api/checkout", json={})
    assert (answer.status_code, answer.content) == (422, b'{"title":"no"}')
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert "connection" not in answer.headers


def test_an_exception_in_a_function_shows_no_details() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, json={"errorMessage": "a secret", "errorType": "ValueError"})

    answer = ask(upstream, "POST", "/api/checkout", json={})
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_a_function_s_own_502_is_left_alone() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, json={"title": "the provider is down"})

    assert ask(upstream, "POST", "/api/checkout", json={}).json() == {"title": "the provider is down"}


def test_a_function_s_own_401_is_left_alone() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"title": "Unauthorized"})

    answer = ask(upstream, "GET", "/api/orders/1")
    assert answer.json() == {"title": "Unauthorized"}
    assert "www-authenticate" not in answer.headers


def test_a_dead_emulator_is_service_unavailable() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    answer = ask(upstream, "POST", "/api/checkout", json={})
    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})


def test_a_function_that_takes_too_long_is_service_unavailable() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    answer = ask(upstream, "POST", "/api/slow")
    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})


def test_a_body_over_ten_megabytes_is_refused() -> None:
    answer = ask(never, "POST", "/api/checkout", content=b"x" * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})
    assert ask(ok, "POST", "/api/checkout", content=b"x" * MAX_BODY).status_code == 200


def test_a_preflight_is_answered_by_the_api_s_cors_settings() -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        assert request.method == "OPTIONS"
        return httpx.Response(204, headers={"access-control-allow-origin": "http://shop.test"})

    answer = ask(upstream, "OPTIONS", "/api/checkout", headers={"origin": "http://shop.test"})
    assert answer.status_code == 204


def test_a_rush_on_one_function_queues_and_leaves_the_others_free() -> None:
    async def run() -> None:
        running, most, release, full = 0, 0, asyncio.Event(), asyncio.Event()

        async def upstream(request: httpx.Request) -> httpx.Response:
            nonlocal running, most
            if request.method == "GET":
                return httpx.Response(200)
            running += 1
            most = max(most, running)
            if running == 4:
                full.set()
            await release.wait()
            running -= 1
            return httpx.Response(201, content=json.dumps({}).encode())

        async with client(upstream) as shop:
            rush = [asyncio.create_task(shop.post("/api/checkout", json={})) for _ in range(50)]
            await full.wait()
            assert (await shop.get("/api/orders/1")).status_code == 200
            release.set()
            assert [answer.status_code for answer in await asyncio.gather(*rush)] == [201] * 50
        assert most == 4

    asyncio.run(run())
