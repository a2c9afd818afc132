"""The front of the API on this machine: what API Gateway's HTTP API would answer, over the emulator's.

The emulator starts one Python process for each concurrent invocation of a function, so requests
queue here, per function, instead of starting fifty processes on a two-core machine.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sandbox.stack.template import Route

MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request's body; API Gateway's own limit."""

# Hop-by-hop headers belong to one connection (RFC 9110, 7.6.1); the length is set again on each side.
_HOP_BY_HOP = frozenset(
    {
        "connection", "content-length", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Lane:
    """The requests of one function: at most `slots` at a time, the rest wait in order of arrival."""

    method: str
    pattern: re.Pattern[str]
    slots: asyncio.Semaphore
    seconds: float
    """How long the function may take, not counting the wait for a slot."""


@dataclass
class Gateway:
    """Forwards requests to one deployed HTTP API.

    Parameters
    ----------
    upstream
        The API's own address at the emulator, without a trailing slash.
    routes
        The API's routes; those of one function share its concurrency.
    concurrency
        How many invocations of one function may run at once.
    transport
        Another way to the emulator than the network.
    """

    upstream: str
    routes: Sequence[Route]
    concurrency: int = 3
    transport: httpx.AsyncBaseTransport | None = None
    _lanes: list[Lane] = field(init=False)
    _client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        """Build the lanes."""
        slots = {route.function: asyncio.Semaphore(self.concurrency) for route in self.routes}
        self._lanes = [
            Lane(*_method_and_pattern(route.key), slots[route.function], route.timeout_ms / 1000)
            for route in self.routes
        ]
        # Without a time-out: `_in_time` ends what takes too long.
        self._client = httpx.AsyncClient(  # nosec B113
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=20),
            timeout=None,
            trust_env=False,
            transport=self.transport,
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def answer(self, request: Request, path: str) -> Response:
        """What API Gateway would answer to this request for `path` (percent-encoded, without `/api`)."""
        try:
            body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=499)
        if body is None:
            return message(413, "Request Entity Too Large")
        if request.method == "OPTIONS":
            # A preflight is answered from the API's CORS settings; no function runs.
            return await self._in_time(request, path, body, seconds=5)
        lane = self._lane(request.method, path)
        if lane is None:
            return message(404, "Not Found")
        async with lane.slots:
            return await self._in_time(request, path, body, lane.seconds)

    async def _in_time(self, request: Request, path: str, body: bytes, seconds: float) -> Response:
        try:
            async with asyncio.timeout(seconds):
                return await self._forward(request, path, body)
        except (TimeoutError, httpx.TransportError):
            return message(503, "Service Unavailable")

    def _lane(self, method: str, path: str) -> Lane | None:
        # An unknown route starts no process, so it needs no lane: it is answered here.
        return next((one for one in self._lanes if one.method in {"ANY", method} and one.pattern.fullmatch(path)), None)

    async def _forward(self, request: Request, path: str, body: bytes) -> Response:
        query = request.scope["query_string"].decode("latin-1")
        async with self._client.stream(
            request.method,
            f"{self.upstream}{path}" + (f"?{query}" if query else ""),
            headers=_forwarded_headers(request),
            content=body,
        ) as answer:
            # As it came: a compressed body is passed on compressed.
            content = b"".join([chunk async for chunk in answer.aiter_raw()])
        return _as_api_gateway(answer.status_code, answer.headers.raw, content)


def message(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of API Gateway's own: `{"message": …}`."""
    return Response(
        json.dumps({"message": text}, separators=(",", ":")),
        status,
        {"apigw-requestid": secrets.token_urlsafe(12), **(headers or {})},
        media_type="application/json",
    )


def _method_and_pattern(key: str) -> tuple[str, re.Pattern[str]]:
    if key == "$default":
        return "ANY", re.compile(".*", re.DOTALL)
    method, path = key.split(" ", 1)
    parts = (
        "(?:.+)" if part.endswith("+}") else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]+\})", path)
    )
    return method, re.compile("".join(parts))


async def _read(request: Request) -> bytes | None:
    """The body, or None when it is too large; no more than the limit is ever held.

    What is too large is still read (to a limit): a client that is cut off while sending sees no answer.
    """
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            parts.append(chunk)
        elif size > 4 * MAX_BODY:
            break
    return b"".join(parts) if size <= MAX_BODY else None


def _forwarded_headers(request: Request) -> list[tuple[str, str]]:
    """The client's headers with those that API Gateway adds; the caller's address comes last in the list."""
    source = request.client.host if request.client else "127.0.0.1"
    came_through = request.headers.get("x-forwarded-for")
    kept = [
        (name, value)
        for name, value in request.headers.items()
        if name not in _HOP_BY_HOP and not name.startswith("x-forwarded-")
    ]
    trace = request.headers.get("x-amzn-trace-id") or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return [
        *((name, value) for name, value in kept if name != "x-amzn-trace-id"),
        ("x-amzn-trace-id", trace),
        ("x-forwarded-for", f"{came_through}, {source}" if came_through else source),
        ("x-forwarded-port", str(request.url.port or 80)),
        ("x-forwarded-proto", request.url.scheme),
    ]


def _as_api_gateway(status: int, headers: Sequence[tuple[bytes, bytes]], content: bytes) -> Response:
    """The emulator's answer, where its own errors differ put as API Gateway puts them."""
    if status == 502 and _is_function_error(content):
        return message(500, "Internal Server Error")
    if status == 429 and b"ConcurrentInvocationLimitExceeded" in content:
        return message(503, "Service Unavailable")
    response = Response(content, status)
    dropped = _HOP_BY_HOP | {"date"}
    response.raw_headers = [
        *((name.lower(), value) for name, value in headers if name.lower().decode("latin-1") not in dropped),
        (b"content-length", str(len(content)).encode()),
    ]
    return response


def _is_function_error(content: bytes) -> bool:
    """Whether the emulator shows an exception of the function (a function's own 502 has another body)."""
    body = _json(content)
    return isinstance(body, dict) and {"errorType", "errorMessage"} <= set(body)


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None
