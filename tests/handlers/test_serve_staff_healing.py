"""Staff and cases: the queue, one case, decisions, a dry run, and the bounds."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.healing.model import Action, Case, Kind, State
from commerce.healing.open_case import open_case
from commerce.healing.store import Cases
from commerce.payments.messages import CheckMessage
from commerce.runtime import wiring
from tests.handlers.staff_calls import problem, staff
from tests.handlers.world import World, body_of
from tests.support.healing import finding
from tests.support.tokens import token

REASON = {"reason": "looked at it"}


@pytest.fixture(autouse=True)
def _no_second_factor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_FACTOR", "off")
    wiring.staff_dependencies.cache_clear()


def letter(world: World) -> tuple[Case, str]:
    """Open the case of a dead letter."""
    placed = world.order()
    body = CheckMessage(placed.order.number, 1).to_json()
    found = finding(
        f"letter/payment/{placed.order.number}", Kind.DEAD_LETTER, "readable", body=body, queue="verify", letter="m-1",
        received_at="2026-11-22T09:00:00.000Z", order_number=placed.order.number,
    )  # fmt: skip
    open_case(desk(world), found)
    case = Cases(world.shop.database, world.shop.till.log).read(found.case_id)
    assert case is not None
    return case, body


def desk(world: World) -> Any:
    return wiring.staff_dependencies().healing_desk


def test_the_queue_and_one_case(world: World) -> None:
    case, body = letter(world)
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = body_of(staff(world, "GET", "/admin/healing/cases", limit=1, **({"cursor": cursor} if cursor else {})))
        found += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    (shown,) = [one for one in found if one["id"] == case.id]
    assert shown["state"] == "open"
    assert shown["action"] == "requeue"
    assert shown["dead_letter"] == {"queue": "verify", "received_at": "2026-11-22T09:00:00.000Z"}
    assert any("verify" in effect for effect in shown["effects"])
    answer = staff(world, "GET", f"/admin/healing/cases/{case.id}")
    assert body_of(answer) == shown
    assert body not in answer["body"], "what a letter says may be personal"


def test_approve_acts_once_for_a_key(world: World) -> None:
    case, body = letter(world)
    path = f"/admin/healing/cases/{case.id}/approve"
    first = staff(world, "POST", path, {**REASON, "action": "requeue"}, key="approve-1")
    assert body_of(first)["state"] == "healed"
    assert body_of(first)["history"][-2]["by"] == "staff-1"
    again = staff(world, "POST", path, {**REASON, "action": "requeue"}, key="approve-1")
    assert again["headers"].get("idempotent-replayed") == "true"
    assert world.receive("verify") == [body]
    problem(
        staff(world, "POST", path, {**REASON, "action": "hand_over"}, key="approve-1"), 422, "idempotency-key-reused"
    )
    problem(staff(world, "POST", path, REASON), 409, "case-closed")


def test_a_letter_is_sent_back_also_after_it_was_dismissed(world: World) -> None:
    case, body = letter(world)
    dismissed = staff(world, "POST", f"/admin/healing/cases/{case.id}/dismiss", REASON)
    assert body_of(dismissed)["state"] == "dismissed"
    assert body_of(dismissed)["look_at"] is None
    replayed = staff(world, "POST", f"/admin/healing/cases/{case.id}/replay", REASON)
    assert body_of(replayed)["state"] == "healed"
    assert world.receive("verify") == [body]
    events = [event.type for event in world.shop.till.log.trail(case.subject)]
    assert events == ["CaseOpened", "CaseDismissed", "CaseActing", "CaseHealed"]


@pytest.mark.parametrize(
    ("path", "body", "status", "slug"),
    [
        ("0" * 20 + "/approve", REASON, 404, "not-found"),
        ("nonsense/approve", REASON, 422, "invalid-request"),
        ("0" * 20 + "/dismiss", {}, 422, "invalid-request"),
        ("0" * 20 + "/approve", {**REASON, "action": "make_money"}, 422, "invalid-request"),
        ("0" * 20 + "/approve", {**REASON, "actoin": "refund"}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_decided_is_told(world: World, path: str, body: Any, status: int, slug: str) -> None:
    problem(staff(world, "POST", f"/admin/healing/cases/{path}", body), status, slug)


def test_a_forbidden_action_is_refused_by_name(world: World) -> None:
    case, _ = letter(world)
    answer = staff(world, "POST", f"/admin/healing/cases/{case.id}/approve", {**REASON, "action": "refund"})
    told = problem(answer, 422, "invalid-request")
    assert told["errors"][0]["field"] == "action"


def test_settings_are_replaced_by_version_and_read_again(world: World) -> None:
    path = "/admin/healing/settings"
    before = body_of(staff(world, "GET", path))
    assert set(before["actions"]) == set(Action)
    wanted = {**before, "dry_run": True, **REASON}
    answer = staff(world, "PUT", path, wanted, key="set-1")
    assert body_of(answer)["version"] == before["version"] + 1
    assert body_of(staff(world, "PUT", path, wanted, key="set-1"))["version"] == before["version"] + 1
    told = problem(staff(world, "PUT", path, wanted), 409, "settings-changed")
    assert told["version"] == before["version"] + 1
    case, _ = letter(world)
    problem(staff(world, "POST", f"/admin/healing/cases/{case.id}/approve", REASON), 409, "healing-off")
    back = {**body_of(staff(world, "GET", path, version=before["version"])), "version": before["version"] + 1, **REASON}
    assert body_of(staff(world, "PUT", path, back))["dry_run"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": {}},
        {"actions": {"refund": {"mode": "auto"}}},
        {"enabled": "yes"},
        {"unknown": 1},
        {"per_item": 11},
        {"per_item": "3"},
        {"hand_over": "off"},
    ],
)
def test_settings_that_make_no_sense_are_refused(world: World, changes: dict[str, Any]) -> None:
    wanted = {**body_of(staff(world, "GET", "/admin/healing/settings")), **REASON}
    if "per_item" in changes:
        wanted["actions"]["refund"]["per_item"] = changes["per_item"]
    elif "hand_over" in changes:
        wanted["actions"]["hand_over"]["mode"] = "off"
    else:
        wanted |= changes
    problem(staff(world, "PUT", "/admin/healing/settings", wanted), 422, "invalid-request")


def test_a_preview_says_what_would_be_done(world: World) -> None:
    case, _ = letter(world)
    shown = body_of(staff(world, "POST", "/admin/healing/preview", None, key=None))["cases"]
    assert (case.id, "open", "requeue") in [(one["id"], one["state"], one["action"]) for one in shown]
    assert world.receive("verify") == []


def test_who_may_read_may_not_decide(world: World) -> None:
    case, _ = letter(world)
    support = token(sub="staff-2", roles=["support"])
    assert staff(world, "GET", "/admin/healing/cases", bearer=support)["statusCode"] == 200
    for method, path, body in (
        ("POST", f"/admin/healing/cases/{case.id}/approve", REASON),
        ("PUT", "/admin/healing/settings", REASON),
    ):
        problem(staff(world, method, path, body, bearer=support), 403, "not-permitted")


def test_lists_are_told_apart(world: World) -> None:
    letter(world)
    page = body_of(staff(world, "GET", "/admin/healing/cases", state=State.OPEN.value, limit=1))
    if page["next_cursor"]:
        answer = staff(world, "GET", "/admin/healing/cases", state="healed", cursor=page["next_cursor"])
        problem(answer, 422, "invalid-request")
    problem(staff(world, "GET", "/admin/healing/cases", state="nonsense"), 422, "invalid-request")
