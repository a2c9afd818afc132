"""Good requests for every route of the template, and what an attacker makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from commerce.payments.links import Purpose
from commerce.runtime.openapi_examples import CALLBACK, CHECK, PARCEL, REPORT, RETRY, RETURN, STRIPE_EVENT
from tests.attacks.scene import ROOT, Scene
from tests.support.gateway import Lane
from tests.support.shop import checkout_body
from tests.support.tokens import token

ADMIN = token(sub="admin-1", roles=["admin"])
CUSTOMER = token(sub="customer-1")
REASON = {"reason": "An attack was rehearsed"}
#: Bodies that must fit what the shop holds, by route; others are made from the API's document.
BODIES: dict[str, Any] = {
    "POST /checkout": checkout_body(("THING-1", 1)),
    "POST /vouchers/check": CHECK | {"items": [{"sku": "THING-1", "quantity": 1}]},
    "POST /orders/{number}/payments": RETRY,
    "POST /orders/{number}/returns": RETURN | {"items": [{"sku": "THING-1", "quantity": 1}]},
    "POST /products/{slug}/reviews": {
        "order_number": "7K2M9QX4TD",
        "email": "wanjiku@example.com",
        "rating": 5,
        "title": "Good",
        "text": "Does what it says.",
    },
    "PUT /me/cart": {"items": [{"sku": "THING-1", "quantity": 1}], "currency": "KES"},
    "POST /hooks/stk/{token}": CALLBACK,
    "POST /hooks/daraja/{token}/{kind}": REPORT,
    "POST /hooks/stripe": STRIPE_EVENT,
    "POST /hooks/carriers/{carrier}": PARCEL,
}
API = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))


def body_for(route: str) -> Any:
    """Make a body that a route takes: ours, or one of its schema's, each member as its example."""
    if route in BODIES:
        return BODIES[route]
    method, path = route.split(" ")
    content = API["paths"].get(path, {}).get(method.lower(), {}).get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return sample(schema) if schema else REASON


def sample(schema: dict[str, Any]) -> Any:
    """Make a value of a schema."""
    if "$ref" in schema:
        return sample(API["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    for known in ("const", "default"):
        if schema.get(known) is not None:
            return schema[known]
    for several in ("examples", "enum"):
        if schema.get(several):
            return schema[several][0]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return sample(schema[choice][0])
    if "properties" in schema:
        return {name: sample(member) for name, member in schema["properties"].items()}
    plain = {"integer": schema.get("minimum", 1), "number": 1, "boolean": True, "array": [], "object": {}}
    if schema.get("type") == "array" and schema.get("items"):
        return [sample(schema["items"])]
    return plain.get(schema.get("type", ""), "text")


@dataclass(frozen=True, slots=True)
class Request:
    """A request in parts, so that one of them can be spoilt."""

    method: str
    path: str
    """As the route has it, its parameters in braces."""
    values: dict[str, str]
    """The parameters as they are written into the path, percent-encoded."""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def target(self) -> str:
        """Path and query."""
        path = self.path
        for name, value in self.values.items():
            path = path.replace(f"{{{name}}}", value)
        return f"{path}?{self.query}" if self.query else path

    def header(self, name: str, value: str) -> Request:
        """The request with a header added or replaced."""
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=(*kept, (name, value)))

    def saying(self, body: bytes, kind: str = "application/json") -> Request:
        """The request with another body."""
        return replace(self, body=body).header("content-type", kind)


def good_request(lane: Lane, scene: Scene) -> Request:
    """Make the request that an honest client would send; signatures of providers are left to those who know them."""
    values = {
        "number": scene.open,
        "slug": "thing-1",
        "sku": "THING-1",
        "code": "KARIBU10",
        "place": "1",
        "carrier": "dhl",
        "kind": "result",
        "day": "2026-11-22",
        "token": scene.world.shop.till.links.address(Purpose.PAYMENT, scene.open, 1).rsplit("/", 1)[1],
    }
    path = lane.key.partition(" ")[2]
    headers = {"accept": "application/json", "user-agent": "Mozilla/5.0"}
    if path.startswith("/admin"):
        headers["authorization"] = f"Bearer {ADMIN}"
    elif path.startswith("/me"):
        headers["authorization"] = f"Bearer {CUSTOMER}"
    query = "email=wanjiku%40example.com" if lane.key == "GET /orders/{number}" else ""
    made = Request(
        lane.method, path, {name: values.get(name, "x1") for name in lane.names}, query, tuple(headers.items())
    )
    if lane.method not in {"POST", "PUT"}:
        return made
    body = json.dumps(body_for(lane.key)).encode()
    return made.saying(body).header("idempotency-key", f"honest {lane.key}")


Spoil = Callable[[Request], Request]


@dataclass(frozen=True)
class Attack:
    """One way to spoil a request; `applies` says which requests it can spoil."""

    name: str
    spoil: Spoil
    applies: Callable[[Request], bool] = field(default=lambda _: True)


def attacks() -> Iterator[Attack]:
    """Every way there is."""
    yield from _on_bodies()
    yield from _on_members()
    yield from _on_paths()
    yield from _on_queries()
    yield from _on_headers()


def _has_body(request: Request) -> bool:
    return bool(request.body)


def _saying(given: Request, body: bytes) -> Request:
    return given.saying(body)


def _with_header(given: Request, name: str, value: str) -> Request:
    return given.header(name, value)


def _with_all(given: Request, value: Any) -> Request:
    return given.saying(json.dumps(_all_are(json.loads(given.body), value)).encode())


def _at(given: Request, segment: str) -> Request:
    return replace(given, values=dict.fromkeys(given.values, segment))


_DEEP = 20_000
_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"text"',
    "a number": b"1",
    "half of it": b'{"items": [',
    "two values": b"{}{}",
    "a comment": b"{} // and more",
    "NaN": b'{"items": NaN, "currency": Infinity, "reason": -Infinity}',
    "a number too large for a float": b'{"quantity": 1e999, "delta": 1e999, "rating": 1e999}',
    "a number of 5000 digits": b'{"delta": ' + b"9" * 5000 + b', "reason": "long"}',
    "lists in lists": b"[" * _DEEP + b"]" * _DEEP,
    "objects in objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "half a character": b'{"reason": "\\ud800 is no character", "email": "\\udfff@example.com", "code": "\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"reason": "wide"}'.encode("utf-16"),
    "no UTF-8": b'{"reason": "\xff\xfe\xfd\xc0\x80"}',
    "a NUL": b'{"reason": "a\x00b"}\x00',
    "40 KB": b'{"reason": "' + b"a" * 40_000 + b'"}',
    "300 KB": b'{"reason": "' + b"a" * 300_000 + b'"}',
    "11 MB": b" " * (11 * 1024 * 1024),
    "10,000 members": json.dumps({f"m{n}": n for n in range(2_000)}).encode(),
    "XML with an entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
_KINDS = {
    "a form": "application/x-www-form-urlencoded",
    "a file": "multipart/form-data; boundary=x",
    "plain text": "text/plain; charset=utf-7",
    "no media type": "nonsense",
    "a byte stream": "application/octet-stream",
}


def _on_bodies() -> Iterator[Attack]:
    for name, body in _BODIES.items():
        yield Attack(f"body: {name}", partial(_saying, body=body), _has_body)
    for name, kind in _KINDS.items():
        yield Attack(f"sent as {name}", partial(_with_header, name="content-type", value=kind), _has_body)
    yield Attack("every member twice", lambda given: given.saying(_doubled(given.body)), _has_body)


def _doubled(body: bytes) -> bytes:
    """Write every member twice, first as null: parsers differ in which one counts."""
    content = json.loads(body)
    if not isinstance(content, dict):
        return body
    members = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in content.items()]
    nulls = [f"{json.dumps(name)}: null" for name in content]
    return ("{" + ", ".join([*nulls, *members]) + "}").encode()


_VALUES: dict[str, Any] = {
    "an operator": {"$ne": None},
    "an expression": "#a = :b OR attribute_exists(pk)",
    "SQL": "' OR '1'='1' --",
    "a template": "{{7*7}}${7*7}<%= 7*7 %>",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a new line": "a\r\nBcc: everybody@example.com\r\n\r\nHello",
    "a formula": '=HYPERLINK("http://evil.example","x")',
    "a null": None,
    "true": True,
    "a list": ["a", "b"],
    "minus one": -1,
    "a large number": 2**63,
    "a fraction": 0.1,
    "a text for a number": "1",
    "characters that look alike": "ＫＡＲＩＢＵ１０ аdmin оrder",
    "text that runs backwards": "\u202egnp.exe\u2066",
    "NUL": "a\x00b",
    "10,000 letters": "a" * 10_000,
    "a path": "../../../../etc/passwd",
    "an address within": "http://169.254.169.254/latest/meta-data/",
    "the prototype": {"__proto__": {"admin": True}, "constructor": {"prototype": {}}},
}


def _on_members() -> Iterator[Attack]:
    for name, value in _VALUES.items():
        yield Attack(
            f"every member is {name}",
            partial(_with_all, value=value),
            _has_body,
        )
    yield Attack("with members of its own", lambda given: given.saying(_more(given.body)), _has_body)


def _all_are(content: Any, value: Any) -> Any:
    if isinstance(content, dict):
        return {name: _all_are(member, value) for name, member in content.items()}
    if isinstance(content, list):
        return [_all_are(member, value) for member in content]
    return value


#: What a buyer or a clerk might wish to decide by themselves.
SMUGGLED = {
    "total": 1,
    "price": 1,
    "unit_price": 1,
    "prices": {"KES": 1},
    "discount": 10**9,
    "tax": 0,
    "status": "delivered",
    "state": "succeeded",
    "paid": True,
    "role": "admin",
    "roles": ["admin"],
    "by": "somebody-else",
    "subject": "somebody-else",
    "version": 10**9,
    "refunded": 10**9,
    "captured": 10**9,
    "number": "7K2M9QX4TD",
    "id": "1",
    "pk": "ORDER",
    "sk": "ORDER",
}


def _more(body: bytes) -> bytes:
    content = json.loads(body)
    if not isinstance(content, dict):
        return body
    lines = [SMUGGLED | line if isinstance(line, dict) else line for line in content.get("items", [])]
    return json.dumps({**SMUGGLED, **content, **({"items": lines} if "items" in content else {})}).encode()


_SEGMENTS: dict[str, str] = {
    "a way up": "..%2f..%2f..%2fadmin%2forders",
    "a way up, twice encoded": "..%252f..%252fetc%252fpasswd",
    "backslashes": "..%5c..%5cwindows",
    "dots": "..",
    "another route": "x%2Freviews",
    "NUL": "a%00b",
    "a header": "a%0d%0aSet-Cookie:%20session=1",
    "no UTF-8": "%ff%fe",
    "a percent sign": "%25",
    "a broken escape": "%zz",
    "a separator of keys": "ORDER%23" + "1",
    "an operator": "%5B%24ne%5D",
    "an expression": "a%5B0%5D.b",
    "everything": "*",
    "SQL": "%27%20OR%20%271%27%3D%271",
    "a template": quote("{{7*7}}${7*7}"),
    "HTML": quote("<script>alert(1)</script>"),
    "characters that look alike": quote("7Ｋ2Ｍ9ＱХ4ТD"),
    "an emoji": quote("🧨"),
    "a question": "a%3Fadmin=1",
    "a fragment": "a%23b",
    "a number without end": "9" * 400,
    "5,000 letters": "a" * 5_000,
    "minus one": "-1",
    "nothing": "%20",
}


def _on_paths() -> Iterator[Attack]:
    for name, segment in _SEGMENTS.items():
        yield Attack(
            f"path: {name}",
            partial(_at, segment=segment),
            lambda given: bool(given.values),
        )


_QUERIES: dict[str, str] = {
    "an operator": "email[$ne]=&email[$gt]=&limit[$gt]=1&state[]=x",
    "twice": "email=a%40b.co&email=wanjiku%40example.com&limit=1&limit=100&cursor=a&cursor=b&currency=KES&currency=USD",
    "no numbers": "limit=NaN&subtotal=1e5&total=-1&days=0x10&after=now",
    "large numbers": "limit=99999999999999999999&subtotal=99999999999999999999&total=99999999999999999999",
    "a cursor of one's own": "cursor=WyJ0aGluZ3MjeCIsICJ4Il0&limit=1",
    "a cursor that is JSON": "cursor=" + quote('{"pk":{"S":"ORDER"}}'),
    "NUL and lines": "email=a%00b&q=%0d%0aSet-Cookie:%20x=1&state=%0a&day=%00&placed_from=%0d",
    "no UTF-8": "q=%ff%fe&email=%c0%80&number=%ff",
    "half an escape": "q=%&email=%e&number=%u0041",
    "HTML": "q=" + quote("<script>alert(1)</script>") + "&category=" + quote('"><img>'),
    "an expression": "q=" + quote("#a = :b") + "&status=" + quote("paid OR 1=1") + "&category=%23",
    "5,000 letters": "q=" + "a" * 5_000,
    "1,000 members": "&".join(f"a{n}={n}" for n in range(900)),
    "no names": "&&==&=&;;",
    "dates that are none": "placed_from=2026-13-45&placed_to=9999-99-99&day=0000-00-00&from=-1&to=infinity",
}


def _on_queries() -> Iterator[Attack]:
    for name, query in _QUERIES.items():
        yield Attack(f"query: {name}", partial(replace, query=query))


_HEADERS: dict[str, tuple[str, str]] = {
    "a key of control characters": ("idempotency-key", "a\tb\x7f"),
    "a key that is no ASCII": ("idempotency-key", "clé"),
    "a key of 4,000 letters": ("idempotency-key", "k" * 4_000),
    "an empty key": ("idempotency-key", ""),
    "a version that is none": ("if-match", '"-1", "99999999999999999999"'),
    "another method": ("x-http-method-override", "DELETE"),
    "another path": ("x-original-url", "/admin/orders"),
    "another host": ("x-forwarded-host", "evil.example"),
    "another address": ("x-forwarded-for", "127.0.0.1, 196.201.214.200"),
    "another origin": ("origin", "https://evil.example"),
    "an origin of no page": ("origin", "null"),
    "a cookie": ("cookie", "session=admin; roles=admin; __proto__=1"),
    "no token at all": ("authorization", "Bearer"),
    "a token that is none": ("authorization", "Bearer null"),
    "a password": ("authorization", "Basic YWRtaW46YWRtaW4="),
    "two words": ("authorization", "Bearer a b"),
    "a token of 6,000 letters": ("authorization", "Bearer " + "a" * 6_000),
    "a client key": ("x-client-key", "' OR 1=1"),
    "an internal key": ("x-internal-key", "guess"),
    "an odd correlation id": ("x-correlation-id", "<script>{{7*7}}" + "x" * 300),
    "a code": ("x-one-time-code", "000000"),
    "a signature": ("salama-signature", "t=1,v1=00"),
    "Stripe's signature": ("stripe-signature", "t=1,v1=00,v0=00"),
    "a range": ("range", "bytes=0-"),
    "another language": ("accept", "application/xml;q=1, */*;q=0"),
    "9,000 letters": ("x-long", "a" * 9_000),
    "11,000 letters": ("x-long", "a" * 11_000),
}


def _on_headers() -> Iterator[Attack]:
    for name, (header, value) in _HEADERS.items():
        yield Attack(f"header: {name}", partial(_with_header, name=header, value=value))
