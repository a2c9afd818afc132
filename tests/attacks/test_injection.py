"""Text that another program might take for its own language: it stays the text that it is, or is refused."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import Any

import pytest

from commerce.board.project_order import project_order
from commerce.board.store import Board
from commerce.notifications.mails import Shop as MailShop
from commerce.notifications.mails import mail_about
from tests.attacks.hostile import ADMIN, BODIES, REASON
from tests.attacks.scene import Scene
from tests.support.gateway import Reply

STAFF = ("authorization", f"Bearer {ADMIN}")
_keys = itertools.count()


def key() -> tuple[str, str]:
    return "idempotency-key", f"injected-{next(_keys)}"


def checkout(scene: Scene, **changes: Any) -> Reply:
    return scene.send("POST", "/checkout", BODIES["POST /checkout"] | changes, headers=[key()])


def customer(**changes: str) -> dict[str, str]:
    return {**BODIES["POST /checkout"]["customer"], **changes}


SPELLS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{7*7}}${7*7}",
    "'; DROP TABLE orders; --",
    '=HYPERLINK("http://evil.example","x")',
    "+1;=1+1",
    "@SUM(1)",
    "＝1+1",
    "%0d%0aBcc: all@example.com",
    "%s%s%n",
    "$(reboot)`reboot`",
]


@pytest.mark.parametrize("spell", SPELLS)
def test_a_buyer_s_name_stays_a_name(scene: Scene, spell: str) -> None:
    """Stored as it came and written as JSON: whoever shows it shows text, and a table of it is no program."""
    placed = checkout(scene, customer=customer(name=spell))
    assert placed.status == 201
    assert placed.kind == "application/json"
    number = placed.json["order"]["number"]
    payments = scene.world.shop.till.payments
    project_order(Board(scene.world.shop.database), payments, number)
    shown = scene.ask("GET", f"/admin/orders/{number}", headers=[STAFF])
    assert (shown.status, shown.kind) == (200, "application/json")
    assert spell in json.dumps(shown.json, ensure_ascii=False).replace('\\"', '"')
    table = scene.ask("GET", f"/admin/orders.csv?number={number}", headers=[STAFF])
    assert table.kind == "text/csv"
    assert table.headers["content-disposition"].startswith("attachment")
    assert table.headers["x-content-type-options"] == "nosniff"
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(table.text.removeprefix("\ufeff")), delimiter=delimiter):
            for cell in row:
                assert not cell.lstrip(" \"'").startswith(("=", "+", "@", "＝")) or cell.startswith("'"), cell


@pytest.mark.parametrize(
    "name", ["Ann\r\nBcc: all@example.com", "Ann\nX", "Ann\x00", "\u202eAnn", "Ann\u2066", "\x1b[31m"]
)
@pytest.mark.parametrize("member", ["name", "city", "line1"])
def test_control_characters_are_in_no_name_and_no_address(scene: Scene, member: str, name: str) -> None:
    shipping = json.loads(json.dumps(BODIES["POST /checkout"]["shipping"]))
    if member == "name":
        reply = checkout(scene, customer=customer(name=name))
    else:
        shipping["address"][member] = name
        reply = checkout(scene, shipping=shipping)
    assert reply.status == 422
    assert reply.json["errors"][0]["field"].endswith(member)
    assert scene.written == []
    assert scene.kinds == ["request_invalid"]


@pytest.mark.parametrize(
    "email",
    [
        "ann@example.com\r\nBcc: all@example.com",
        "ann@example.com,all@example.com",
        "ann@example.com all@example.com",
        "<ann@example.com>",
        '"ann\\n"@example.com',
        "ann@localhost",
        "ann@[127.0.0.1]",
        "аnn@example.com",
        "ann@exаmple.com",
        "ann@@example.com",
        "ann@example.com?bcc=all@example.com",
        "a" * 65 + "@example.com",
    ],
)
def test_an_address_that_a_mail_program_reads_otherwise_is_refused(scene: Scene, email: str) -> None:
    reply = checkout(scene, customer=customer(email=email))
    assert reply.status == 422
    assert "customer.email" in {error["field"] for error in reply.json["errors"]}
    assert scene.written == []


def test_no_mail_carries_a_stranger_s_advertisement(scene: Scene) -> None:
    """Anybody can order in a stranger's name, and the shop would write to that stranger."""
    for name in ("Win at evil.example", "http://evil.example", "Call <a href='//evil.example'>us</a>"):
        number = checkout(scene, customer=customer(name=name)).json["order"]["number"]
        account = scene.world.shop.till.payments.account(number)
        assert account is not None
        placed = next(iter(scene.world.shop.till.log.trail(account.order.subject)))
        mail = mail_about(placed.type, placed.data, account, MailShop("Salama", "https://shop.test"))
        assert mail is not None
        assert "evil" not in mail.text + mail.subject
        assert "\n" not in mail.subject


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("text", "<script>alert(1)</script>"),
        ("title", "<b>Good</b>"),
        ("author", "<i>Ann</i>"),
        ("author", "Ann\r\nX: y"),
        ("title", "Good\u202e"),
    ],
)
def test_a_review_is_no_page(scene: Scene, member: str, text: str) -> None:
    reply = scene.send("POST", "/products/thing-1/reviews", BODIES["POST /products/{slug}/reviews"] | {member: text})
    assert reply.status == 422
    assert [error["field"] for error in reply.json["errors"]] == [member]
    assert scene.written == []


@pytest.mark.parametrize("reason", ["Ann\r\nlevel=ERROR forged line", "a\x00b", "\x1b[2Jgone", "\u2028", " \t "])
def test_a_reason_is_one_readable_line(scene: Scene, reason: str) -> None:
    """It is in the trail of events for good, and in front of those who read it."""
    body = {"for_sale": True, "reason": reason}
    reply = scene.send("PUT", "/admin/products/thing-1/for-sale", body, headers=[STAFF, key()])
    assert reply.status == 422
    assert [error["field"] for error in reply.json["errors"]] == ["reason"]
    assert scene.written == []


@pytest.mark.parametrize(
    "sku", ["#a = :b", "THING-1#0", "STOCK#THING-1", "../THING-1", "THING-1\x00", "{'$ne': 1}", "THING-1 ", "ＴHING-1"]
)
def test_a_sku_is_no_key_of_another_row(scene: Scene, sku: str) -> None:
    reply = checkout(scene, items=[{"sku": sku, "quantity": 1}])
    assert reply.status == 422
    assert scene.written == []


@pytest.mark.parametrize("number", ["ORDER", "ATTEMPT%231", "%23", "order%2F1", "7K2M9QX4TD%00", "＊"])
def test_a_number_is_no_key_of_another_row(scene: Scene, number: str) -> None:
    for path in (f"/orders/{number}?email=a%40b.co", f"/admin/orders/{number}", f"/admin/orders/{number}/events"):
        reply = scene.ask("GET", path, headers=[STAFF] if "admin" in path else [])
        assert reply.status == 404
        assert reply.json["type"] == "urn:salama:problem:not-found"


@pytest.mark.parametrize(
    "path", ["/products", "/admin/orders", "/admin/products", "/admin/reviews", "/admin/security/events"]
)
@pytest.mark.parametrize(
    "cursor",
    ["WyJvcmRlciMxIiwgIngiXQ", "bm90IGpzb24", "!!!", "e30", "bnVsbA", "WzEsMl0", "A" * 3000, "WyJhIiwgImIiXQ=="],
)
def test_a_cursor_of_one_s_own_opens_nothing(scene: Scene, path: str, cursor: str) -> None:
    reply = scene.ask("GET", f"{path}?limit=1&cursor={cursor}", headers=[STAFF] if "admin" in path else [])
    assert reply.status == 422
    assert [error["field"] for error in reply.json["errors"]] == ["cursor"]


def test_a_cursor_is_for_the_list_it_came_from(scene: Scene) -> None:
    """Taken to another question it would skip what it should show, or point at another row."""
    cursor = scene.ask("GET", "/products?limit=1").json["next_cursor"]
    assert scene.ask("GET", f"/products?limit=1&cursor={cursor}").status == 200
    for other in (
        "/products?q=thing&limit=1",
        "/products?category=things&limit=1",
        "/products/thing-1/reviews?limit=1",
    ):
        assert scene.ask("GET", f"{other}&cursor={cursor}").status == 422, other


def test_a_parameter_given_twice_is_not_half_checked(scene: Scene) -> None:
    """The first or the last counts, or both are one text; no part of the shop sees another one than the next."""
    for query, field in (("limit=1&limit=1000", "limit"), ("limit=1000&limit=1", None)):
        reply = scene.ask("GET", f"/products?{query}")
        assert (reply.status == 422) == (field is not None)
    assert scene.ask("GET", "/payment-methods?currency=KES&currency=USD").status == 422
    assert scene.ask("GET", "/payment-methods?total=1&total=2").status == 422


def test_a_segment_that_hides_a_slash_reaches_no_other_route(scene: Scene) -> None:
    """API Gateway chooses the function by the path as sent; the function sees it decoded, and must not choose anew."""
    for path in (
        "/products/..%2Fadmin%2Forders",
        "/products/thing-1%2F..%2F..%2Fme",
        "/orders/..%2Fadmin%2Forders?email=a",
    ):
        reply = scene.ask("GET", path)
        assert reply.status == 404
        assert reply.json["type"] == "urn:salama:problem:not-found"
    body = {"variants": {"THING-1": {"KES": 1}}, **REASON}
    for path in ("/admin/products/thing-1%2Fprices", "/me/wishlist/..%2F..%2Fadmin%2Fproducts%2Fthing-1%2Fprices"):
        reply = scene.send("PUT", path, body, headers=[key()])
        assert reply.status in {401, 404}
    assert scene.written == []


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "X"]
)
@pytest.mark.parametrize("path", ["/checkout", "/orders/7K2M9QX4TD/payments", "/admin/orders/7K2M9QX4TD/refunds"])
def test_another_method_is_another_route(scene: Scene, path: str, method: str) -> None:
    overridden = [("x-http-method-override", "POST"), ("x-method-override", "POST"), ("x-http-method", "POST")]
    reply = scene.send(method, path, BODIES["POST /checkout"], headers=[STAFF, key(), *overridden])
    assert (reply.status, reply.json) == (404, {"message": "Not Found"})
    assert scene.written == []
