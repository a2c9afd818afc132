"""GET /admin/security/events: what was refused and what staff did, newest first, for those who may read it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.event_files import load
from tests.handlers.staff_calls import problem, staff
from tests.handlers.world import World, body_of
from tests.support.tokens import token

EVENTS = "/admin/security/events"
BODY = '{"Body":{"stkCallback":{"ResultCode":0'


def record(world: World, *facts: dict[str, Any]) -> None:
    """Have events kept, as the worker keeps them."""
    event = load("record_security_events", "refusals")
    first = event["Records"][0]
    event["Records"] = [
        {**first, "messageId": f"059f36b4-87a3-44ab-83d2-{int(fact['at']):012d}", "body": json.dumps(fact)}
        for fact in facts
    ]
    assert world.call("record_security_events", event) == {"batchItemFailures": []}


def fact(second: int, kind: str = "token_refused", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": 1_790_000_000.5 + second, "detail": f"event {second}", **more}


@pytest.fixture(scope="module")
def told(_world: World) -> World:
    """A day with thirty refused tokens, and among them one callback that could not be read."""
    unreadable = fact(7, "callback_unreadable", subject="order/7K2M9QX4TD", body=BODY, body_sha256="5f" * 32)
    record(_world, unreadable, *(fact(second, source="203.0.113.9") for second in range(10, 40)))
    return _world


DAY = "2026-09-21"


def test_newest_first(told: World) -> None:
    page = body_of(staff(told, "GET", EVENTS, day=DAY))
    assert [item["detail"] for item in page["items"]] == [*(f"event {n}" for n in range(39, 9, -1)), "event 7"]
    assert page["next_cursor"] is None
    first = page["items"][0]
    assert (first["kind"], first["source"], first["quarantined"]) == ("token_refused", "203.0.113.9", False)
    assert first["at"] == "2026-09-21T14:13:59.500000Z"


@pytest.mark.parametrize(("query", "size"), [({}, 31), ({"kind": "token_refused"}, 30), ({"kind": "key_reused"}, 0)])
@pytest.mark.parametrize("limit", [1, 7, 30, 31, 100])
def test_pages_hold_each_event_once(told: World, query: dict[str, str], size: int, limit: int) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(size + 1):
        page = body_of(staff(told, "GET", EVENTS, day=DAY, limit=limit, **query, **cursor))
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == limit
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == size
    assert seen == sorted(seen, reverse=True)


def test_a_rare_kind_is_found_page_by_page(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page reads so much and no more; that it is empty does not mean that the day is over."""
    monkeypatch.setattr("commerce.security.store.MOST_READ", 10)
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        page = body_of(staff(told, "GET", EVENTS, day=DAY, kind="callback_unreadable", **cursor))
        found += page["items"]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [item["detail"] for item in found] == ["event 7"]
    assert pages == 4


def test_without_a_day_it_is_today(world: World) -> None:
    now = world.shop.clock.now()
    record(world, {"kind": "limit_reached", "at": now.timestamp(), "detail": "today"})
    record(world, {"kind": "limit_reached", "at": (now - timedelta(days=1)).timestamp(), "detail": "yesterday"})
    assert [item["detail"] for item in body_of(staff(world, "GET", EVENTS))["items"]] == ["today"]


@pytest.mark.parametrize(("days", "kept"), [(0, True), (29, True), (31, False)])
def test_one_event_with_its_body_while_it_is_kept(world: World, days: int, kept: bool) -> None:
    """What time to live has not cleared away yet is not shown any more either."""
    at = world.shop.clock.now() - timedelta(days=days, seconds=1)
    one = {"kind": "callback_unreadable", "detail": "STK callback", "body": BODY, "body_sha256": "5f" * 32}
    record(world, {**one, "at": at.timestamp(), "subject": "order/7K2M9QX4TD"})
    listed = body_of(staff(world, "GET", EVENTS, day=at.date().isoformat(), kind="callback_unreadable"))
    [item] = listed["items"]
    assert "body" not in item
    shown = body_of(staff(world, "GET", f"{EVENTS}/{item['id']}"))
    assert (shown["body"], shown["subject"]) == (BODY if kept else None, "order/7K2M9QX4TD")
    assert shown["quarantined"] == item["quarantined"] == kept


@pytest.mark.parametrize(
    "event",
    [
        "20260921T131320500000-059f36b4-87a3-44ab-83d2-001790000099",
        "20261399T131320500000-059f36b4-87a3-44ab-83d2-001790000007",
        "nothing",
        "%2E%2E",
        "20260921",
        "x" * 79,
    ],
)
def test_an_event_that_is_not_there(told: World, event: str) -> None:
    problem(staff(told, "GET", f"{EVENTS}/{event}"), 404, "not-found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"day": "yesterday"}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "٢٠٢٦-٠٩-٢١"}, "day"),
        ({"kind": "coffee"}, "kind"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"cursor": "made-up"}, "cursor"),
    ],
)
def test_what_is_asked_for_wrongly_is_named(told: World, query: dict[str, str], field: str) -> None:
    told_of = problem(staff(told, "GET", EVENTS, **query), 422, "invalid-request")
    assert [error["field"] for error in told_of["errors"]] == [field]


def test_a_cursor_of_another_day_or_kind_is_none(told: World) -> None:
    cursor = body_of(staff(told, "GET", EVENTS, day=DAY, limit=1))["next_cursor"]
    for other in ({"day": "2026-09-22"}, {"day": DAY, "kind": "token_refused"}):
        problem(staff(told, "GET", EVENTS, cursor=cursor, **other), 422, "invalid-request")


@pytest.mark.parametrize("role", ["customer", "vendor", "agent", "support", "finance"])
@pytest.mark.parametrize("path", [EVENTS, f"{EVENTS}/20260921T131327500000-059f36b4-87a3-44ab-83d2-001790000007"])
def test_it_is_for_admins(world: World, role: str, path: str) -> None:
    problem(staff(world, "GET", path, bearer=token(sub="other", roles=[role])), 403, "not-permitted")
    facts = world.told()
    assert [(one["kind"], one["who"]) for one in facts] == [("permission_refused", "other")]
