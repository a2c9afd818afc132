"""API Gateway's HTTP API in this process: requests become events of payload format 2.0, the handlers are the real ones.

It does what API Gateway does to a request before a function sees it, and to an answer before a client does:

- Routes are found by the path as it was sent, then ``rawPath`` and the path parameters are percent-decoded. So a
  segment with an encoded slash reaches a function as two; that is what the attacks want to see.
- Repeated headers and query members are joined with commas; cookies are a list of their own.
- A body is text for ``text/*`` and JSON, XML and JavaScript; any other, one without a content type too, is Base64.
- The function's exception is ``500 {"message":"Internal Server Error"}``, and so is an answer that is no UTF-8.
- CORS headers are the API's own; those of a function are dropped.

Sources: API Gateway's developer guide ("Working with AWS Lambda proxy integrations for HTTP APIs", "Configuring CORS",
"Quotas"), and what live events show where it says nothing (ministack's pull request 766, middleapi/standard-server 93).
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.stack.template import Template
from tests.handlers.event_files import Event

Headers = Sequence[tuple[str, str]]
#: Calls a function by the name of its folder.
Call = Callable[[str, Event], Any]

#: Bytes of a body, and of the request line and the headers' values together (quotas of an HTTP API).
LARGEST_BODY = 10 * 1024 * 1024
LARGEST_HEADERS = 10_240
SOURCE = "197.248.16.4"
_TEXT = frozenset({"application/json", "application/xml", "application/javascript"})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BROKEN = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client sees, and beside it what the function was given and how it failed."""

    status: int
    headers: dict[str, str]
    """By their names in small letters."""
    body: bytes
    event: Event | None = None
    """None where no function was called."""
    fault: Exception | None = None
    """What the function raised."""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The content type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


@dataclass(frozen=True, slots=True)
class Lane:
    """One route: which requests it takes, and which function answers them."""

    key: str
    method: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    function: str

    @property
    def literal(self) -> int:
        """How many characters of it are given: the more, the more closely it describes a path."""
        return len(re.sub(r"\{[^}]*\}", "", self.key))


@dataclass
class Gateway:
    """The HTTP API of a template, over functions that are called here; also a WSGI application."""

    template: Template
    call: Call
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Those of the template; what is not said has its default."""
    sources: Iterator[str] = field(default_factory=lambda: itertools.repeat(SOURCE))
    """Where requests come from, one after the other, unless they say otherwise."""
    requests: int = 0

    @cached_property
    def lanes(self) -> list[Lane]:
        """All routes; of several that fit a path the one with the most given text comes first."""
        folders = {unit.logical_id: unit.folder.name for unit in self.template.code()}
        lanes = []
        for route in self.template.routes():
            method, path = route.key.split(" ", 1)
            names = re.findall(r"\{([^}]+)\}", path)
            pattern = "".join(
                "([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", path)
            )
            lanes.append(Lane(route.key, method, re.compile(pattern), tuple(names), folders[route.function]))
        return sorted(lanes, key=lambda lane: -lane.literal)

    @cached_property
    def _cors(self) -> dict[str, Any]:
        return self.template.cors(self.parameters) or {}

    def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        source: str | None = None,
    ) -> Reply:
        """Answer a request for `target`: path and query as they stand in the request line."""
        self.requests += 1
        if len(body) > LARGEST_BODY:
            return _own(413, "Request Entity Too Large")
        if len(method) + len(target) + sum(len(value) for _, value in headers) > LARGEST_HEADERS:
            return _own(431, "Request Header Fields Too Large")
        given = _joined(headers)
        if method == "OPTIONS":
            return Reply(204, self._cors_headers(given, preflight=True), b"")
        path, _, query = target.partition("?")
        found = self._route(method, "/" + path.lstrip("/"))
        if found is None:
            return _own(404, "Not Found")
        lane, values = found
        event = self._event(lane, method, path, query, given, body, source or next(self.sources))
        if values:
            event["pathParameters"] = {name: unquote(value) for name, value in zip(lane.names, values, strict=True)}
        return self._answered(lane, event, given)

    def _route(self, method: str, path: str) -> tuple[Lane, tuple[str, ...]] | None:
        for lane in self.lanes:
            fits = lane.pattern.fullmatch(path)
            if fits and lane.method in {method, "ANY"}:
                return lane, fits.groups()
        return None

    def _event(
        self, lane: Lane, method: str, path: str, query: str, headers: dict[str, str], body: bytes, source: str
    ) -> Event:
        cookies = headers.pop("cookie", None)
        headers |= {
            "host": "a1b2c3d4e5.execute-api.af-south-1.amazonaws.com",
            "x-amzn-trace-id": "Root=1-6922c5a0-2f0d6a5b1c3e4f5a6b7c8d9e",
            "x-forwarded-for": ", ".join(filter(None, (headers.get("x-forwarded-for"), source))),
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        }
        event: Event = {
            "version": "2.0",
            "routeKey": lane.key,
            "rawPath": unquote(path),
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": headers["host"],
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": method,
                    "path": unquote(path),
                    "protocol": "HTTP/1.1",
                    "sourceIp": source,
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": f"Request{self.requests:08d}=",
                "routeKey": lane.key,
                "stage": "$default",
                "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
                "timeEpoch": int(time.time() * 1000),
            },
            "isBase64Encoded": False,
        }
        if cookies is not None:
            event["cookies"] = cookies.split("; ")
        if query:
            event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True), lower=False)
        if body and _is_text(headers.get("content-type", "")):
            event["body"] = body.decode(errors="replace")
        elif body:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        return event

    def _answered(self, lane: Lane, event: Event, given: Mapping[str, str]) -> Reply:
        # Lambda hands an event over as JSON, and takes the answer as JSON in UTF-8.
        event = json.loads(json.dumps(event))
        try:
            answer = json.loads(json.dumps(self.call(lane.function, event), ensure_ascii=False).encode())
        except AssertionError:
            raise
        except Exception as fault:
            own = _own(500, "Internal Server Error")
            return Reply(own.status, own.headers | self._cors_headers(given), own.body, event, fault)
        headers = {"content-type": "application/json"}
        for name, value in (answer.get("headers") or {}).items():
            assert _TOKEN.fullmatch(name), f"{lane.key}: no name of a header: {name!r}"
            assert not _BROKEN.search(str(value)), f"{lane.key}: a header with a line of its own: {name}: {value!r}"
            if not name.lower().startswith("access-control-"):
                headers[name.lower()] = str(value)
        if answer.get("cookies"):
            headers["set-cookie"] = "\n".join(answer["cookies"])
        text = answer.get("body") or ""
        body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        return Reply(int(answer["statusCode"]), headers | self._cors_headers(given), body, event)

    def _cors_headers(self, given: Mapping[str, str], *, preflight: bool = False) -> dict[str, str]:
        origin = given.get("origin", "")
        if not origin or not {origin, "*"} & set(self._cors.get("AllowOrigins", ())):
            return {}
        headers = {"access-control-allow-origin": origin}
        for name, setting in self._cors.items():
            if name in {"AllowMethods", "AllowHeaders", "MaxAge"} and preflight:
                headers[_cors_name(name)] = ",".join(setting) if isinstance(setting, list) else str(setting)
            elif name == "ExposeHeaders":
                headers[_cors_name(name)] = ",".join(setting)
        return headers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as a WSGI application, for clients that test one."""
        target = environ.get("REQUEST_URI") or environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        reply = self.ask(environ["REQUEST_METHOD"], target, headers=list(_sent(environ)), body=body)
        start_response(f"{reply.status} -", list(reply.headers.items()))
        return [reply.body]


def _own(status: int, text: str) -> Reply:
    """Return an answer of API Gateway's own."""
    return Reply(status, {"content-type": "application/json"}, json.dumps({"message": text}).encode())


def _joined(pairs: Iterable[tuple[str, str]], *, lower: bool = True) -> dict[str, str]:
    found: dict[str, str] = {}
    for sent, value in pairs:
        name = sent.lower() if lower else sent
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _is_text(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in _TEXT


def _cors_name(setting: str) -> str:
    return "access-control" + re.sub("[A-Z]", lambda capital: f"-{capital[0].lower()}", setting)


def _sent(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield name.replace("_", "-").lower(), value
