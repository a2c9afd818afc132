"""/admin/orders…: what staff look up, send, give back and cancel."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.handlers.event_files import load
from tests.handlers.staff_calls import on_the_board, paid, problem, sku_of, staff
from tests.handlers.world import Calls, World, body_of, fields_of


def test_an_order_is_found_by_what_people_know_of_it(world: World) -> None:
    placed = paid(world)
    for query in (
        {"number": placed.order.number.lower()},
        {"email": "WANJIKU@example.com", "number": placed.order.number},
        {"phone": "0712 345 678", "from_": "2026-11-01", "to": "2026-11-30"},
        {"status": "processing", "email": "wanjiku@example.com"},
        {"status": "processing"},
        {},
    ):
        found = body_of(staff(world, "GET", "/admin/orders", **query))["items"]
        assert placed.order.number in [item["number"] for item in found], query
    for query in ({"number": "0000000000"}, {"email": "nobody@example.com"}, {"from_": "2027-01-01"}):
        assert body_of(staff(world, "GET", "/admin/orders", **query))["items"] == [], query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "made-up"}, "cursor"),
        ({"number": "7"}, "number"),
        ({"phone": "12"}, "phone"),
        ({"status": "lost"}, "status"),
        ({"from_": "soon"}, "from"),
        ({"to": "soon"}, "to"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
    ],
)
def test_a_search_that_cannot_be_read_names_its_field(world: World, query: dict[str, Any], field: str) -> None:
    told = problem(staff(world, "GET", "/admin/orders", **query), 422, "invalid-request")
    assert fields_of(told) == [field]


def test_the_files_of_events(world: World) -> None:
    placed = paid(world)
    for case, status in (
        ("find_orders", 200),
        ("find_orders_of_a_buyer", 200),
        ("find_wrong_cursor", 422),
        ("export_orders", 200),
        ("customers_token", 403),
        ("without_token", 401),
        ("pending_reviews", 200),
        ("open_voucher", 200),
    ):
        answer = world.play("serve_staff", case)
        assert answer["statusCode"] == status, (case, answer)
    for case, status in (
        ("show_one_order", 200),
        ("show_events", 200),
        ("refund_without_reason", 422),
        ("refund_part", 201),
        ("send_parcel_without_key", 400),
        ("send_parcel", 201),
        ("cancel_an_order", 409),
    ):
        answer = world.play("serve_staff", case, order_number=placed.order.number)
        assert answer["statusCode"] == status, (case, answer)
    world.shop.sell("STAFF-MUG", stock=5)
    for case in ("correct_stock", "change_prices"):
        answer = world.play("serve_staff", case)
        assert answer["statusCode"] == 200, (case, answer)
    assert world.shop.stock("STAFF-MUG")["available"] == 3


def test_pages_follow_each_other(world: World) -> None:
    mine = [world.order() for _ in range(3)]
    for placed in mine:
        on_the_board(world, placed)
    wanted = {placed.order.number for placed in mine}
    seen: list[str] = []
    cursor = ""
    while True:
        page = body_of(staff(world, "GET", "/admin/orders", email="wanjiku@example.com", limit=2, cursor=cursor))
        assert len(page["items"]) <= 2
        seen += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert wanted <= set(seen)
    assert len(seen) == len(set(seen))


def test_orders_as_a_table(world: World) -> None:
    placed = paid(world)
    answer = staff(world, "GET", "/admin/orders.csv", number=placed.order.number)
    assert answer["headers"]["content-type"] == "text/csv; charset=utf-8"
    assert answer["headers"]["content-disposition"] == 'attachment; filename="orders-2026-11-22.csv"'
    assert answer["isBase64Encoded"] is False
    assert answer["body"].startswith("\ufeff")
    [row] = csv.DictReader(io.StringIO(answer["body"].removeprefix("\ufeff"), newline=""))
    assert (row["number"], row["total_minor"], row["total"]) == (placed.order.number, "180000", "1800.00")
    assert row["phone"] == "'+254712345678"


def test_an_order_is_shown_whole_and_no_secret_with_it(world: World) -> None:
    placed = paid(world)
    shown = body_of(staff(world, "GET", f"/admin/orders/{placed.order.number.lower()}"))
    assert shown["order"]["number"] == placed.order.number
    assert shown["attempts"][0]["state"] == "succeeded"
    assert shown["attempts"][0]["phone"].endswith("678")
    assert "254712" not in shown["attempts"][0]["phone"]
    assert shown["owed"] == [{"sku": sku_of(placed), "quantity": 1}]
    attempt = world.shop.account(placed).attempts[1]
    for secret in (attempt.key, attempt.fingerprint, placed.order.fingerprint, "handover", "credit_code"):
        assert secret not in json.dumps(shown)


@pytest.mark.parametrize("number", ["0000000000", "nothing", "%20", "ÄÖÜ"])
def test_an_order_that_is_not_there(world: World, number: str) -> None:
    problem(staff(world, "GET", f"/admin/orders/{number}"), 404, "not-found")
    problem(staff(world, "GET", f"/admin/orders/{number}/events"), 404, "not-found")


def test_a_parcel_is_sent_once_for_a_key_and_moved_on(world: World) -> None:
    placed = paid(world)
    path = f"/admin/orders/{placed.order.number}/shipments"
    body = {"carrier": "g4s", "tracking": "G4S-7"}
    problem(staff(world, "POST", path, body, key=None), 400, "bad-header")
    first, again = (staff(world, "POST", path, body, key="parcel") for _ in range(2))
    assert (first["statusCode"], body_of(first)) == (201, body_of(again))
    assert body_of(first)["order"]["status"] == "shipped"
    assert len(body_of(first)["shipments"]) == 1
    problem(staff(world, "POST", path, {**body, "tracking": "G4S-8"}, key="parcel"), 422, "idempotency-key-reused")
    told = problem(staff(world, "POST", f"{path}/1/status", {"status": "delivered"}), 422, "invalid-request")
    assert fields_of(told) == ["reason"]
    moved = staff(world, "POST", f"{path}/1/status", {"status": "delivered", "reason": "The buyer called"})
    assert body_of(moved)["order"]["status"] == "delivered"
    [event] = [each for each in world.shop.events(placed) if each.type == "OrderDelivered"]
    assert (event.data["by"], event.data["reason"]) == ("staff-1", "The buyer called")


def test_money_goes_back_once_for_a_key_and_never_beyond_what_came(world: World) -> None:
    placed = paid(world)
    path = f"/admin/orders/{placed.order.number}/refunds"
    body = {"amount": 80_000, "reason": "A scratch"}
    first, again = (staff(world, "POST", path, body, key="refund") for _ in range(2))
    assert first["statusCode"] == 201
    assert body_of(first) == body_of(again)
    [refund] = body_of(first)["refunds"]
    assert (refund["amount"], refund["to"], refund["state"], refund["by"]) == (
        80_000,
        "original",
        "requested",
        "staff-1",
    )
    problem(staff(world, "POST", path, {**body, "amount": 100_001}, key="more"), 409, "refund-too-large")
    [event] = [each for each in world.shop.events(placed) if each.type == "RefundRequested"]
    assert (event.data["by"], event.data["reason"], event.data["amount"]) == ("staff-1", "A scratch", 80_000)
    everything = staff(world, "POST", path, {"everything": True, "to": "credit", "reason": "Sorry"}, key="rest")
    assert sum(each["amount"] for each in body_of(everything)["refunds"]) == 180_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": 100, "everything": True}, "amount"),
        ({"amount": 100, "items": [{"sku": "A", "quantity": 1}]}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"amount": 100.5}, "amount"),
        ({"amount": True}, "amount"),
        ({"items": [{"sku": "A", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1}]}, "items"),
        ({"amount": 100, "to": "my-account"}, "to"),
        ({"amount": 100, "ammount": 1}, "ammount"),
        ({"amount": 100, "reason": "  "}, "reason"),
    ],
)
def test_a_refund_that_cannot_be_read_names_its_field(world: World, body: dict[str, Any], field: str) -> None:
    placed = paid(world)
    path = f"/admin/orders/{placed.order.number}/refunds"
    told = problem(staff(world, "POST", path, {"reason": "A scratch", **body}, key="odd"), 422, "invalid-request")
    assert fields_of(told) == [field]


def test_an_order_is_cancelled_with_its_reason(world: World) -> None:
    placed = paid(world)
    path = f"/admin/orders/{placed.order.number}/cancel"
    shown = body_of(staff(world, "POST", path, {"reason": "The buyer called"}))
    assert shown["order"]["status"] == "cancelled"
    assert [refund["why"] for refund in shown["refunds"]] == ["cancelled"]
    trail = body_of(staff(world, "GET", f"/admin/orders/{placed.order.number}/events"))
    assert trail["items"][-1]["data"]["by"] == "staff-1"


def test_what_is_not_there_is_not_found(world: World) -> None:
    for method, path in (("GET", "/admin/orders/7K2M9QX4TD/nothing"), ("DELETE", "/admin/orders"), ("GET", "/admin")):
        event = load("serve_staff", "find_orders")
        event["requestContext"]["http"].update({"method": method, "path": path})
        assert world.call("serve_staff", {**event, "rawPath": path})["statusCode"] == 404


def test_a_body_that_is_no_json(world: World) -> None:
    event = load("serve_staff", "correct_stock")
    for body in ("{", "", "null", "[]", '"text"'):
        answer = world.call("serve_staff", {**event, "body": body})
        assert answer["statusCode"] in (400, 422), (body, answer)


def test_looking_at_an_order_costs_one_query(world: World, calls: Calls) -> None:
    placed = paid(world)
    calls.made.clear()
    staff(world, "GET", f"/admin/orders/{placed.order.number}")
    assert calls.operations == ["dynamodb:Query"]
    calls.made.clear()
    staff(world, "GET", "/admin/orders", email="wanjiku@example.com", limit=1)
    assert calls.operations == ["dynamodb:Query"]
