"""/admin/orders/{number}/audit and /admin/audit/days/{day}: whether the trail is as it was written."""

from __future__ import annotations

import pytest

from commerce.audit.archive import Archive
from tests.handlers.event_files import load
from tests.handlers.staff_calls import paid, problem, staff
from tests.handlers.test_anchor_audit import DAY, night
from tests.handlers.test_archive_events import archive
from tests.handlers.test_verify_audit import by_night, event_id, tamper
from tests.handlers.world import World, body_of
from tests.support.nights import Night
from tests.support.tokens import token

__all__ = ["archive", "event_id", "night"]


def test_an_order_is_proved(world: World) -> None:
    placed = paid(world)
    answer = staff(world, "GET", f"/admin/orders/{placed.order.number.lower()}/audit")
    assert answer["statusCode"] == 200
    count = len(world.shop.events(placed))
    told = {"subject": placed.order.subject, "checked": count, "sound": True, "unchained": 0, "faults": []}
    assert body_of(answer) == told


def test_what_was_done_to_an_order_is_named(world: World) -> None:
    placed = paid(world)
    tamper(world, f"{placed.order.subject}/00000002")
    told = body_of(staff(world, "GET", f"/admin/orders/{placed.order.number}/audit"))
    assert told["sound"] is False
    assert [(fault["event"], fault["fault"]) for fault in told["faults"]] == [
        (f"{placed.order.subject}/00000002", "changed")
    ]
    Night(world.shop, None, None).remove(f"{placed.order.subject}/00000002")  # type: ignore[arg-type]
    told = body_of(staff(world, "GET", f"/admin/orders/{placed.order.number}/audit"))
    assert [fault["fault"] for fault in told["faults"]] == ["missing"]


@pytest.mark.parametrize("number", ["0000000000", "7"])
def test_an_order_that_there_is_not_is_not_found(world: World, number: str) -> None:
    problem(staff(world, "GET", f"/admin/orders/{number}/audit"), 404, "not-found")


def test_a_day_is_shown_as_it_was_verified(world: World, archive: Archive, event_id: str) -> None:
    problem(staff(world, "GET", f"/admin/audit/days/{DAY}"), 404, "not-found")
    tamper(world, event_id)
    (report,) = by_night(world)["days"]
    told = body_of(staff(world, "GET", f"/admin/audit/days/{DAY}"))
    assert {name: report[name] for name in told} == told
    assert (told["sound"], told["signed"], told["complete"], told["found"]) == (False, True, True, 1)
    assert [(fault["event"], fault["fault"]) for fault in told["faults"]] == [(event_id, "changed")]


@pytest.mark.parametrize("day", ["2036-11-22", "2026-11-31", "yesterday", "x" * 21])
def test_a_day_that_is_not_over_is_refused(world: World, day: str) -> None:
    problem(staff(world, "GET", f"/admin/audit/days/{day}"), 422, "invalid-request")


@pytest.mark.parametrize("path", ["/admin/orders/0000000000/audit", f"/admin/audit/days/{DAY}"])
def test_who_may_not_read_the_audit_does_not(world: World, path: str) -> None:
    for role in ("vendor", "agent", "support", "customer"):
        answer = staff(world, "GET", path, bearer=token(sub="staff-2", roles=[role]))
        problem(answer, 403, "not-permitted")
    assert staff(world, "GET", path, bearer=token(sub="staff-3", roles=["finance"]))["statusCode"] in (200, 404)


def test_the_files_of_events(world: World, archive: Archive, event_id: str) -> None:
    by_night(world)
    assert (
        world.call("serve_staff", load("serve_staff", "prove_order", order_number=event_id.split("/")[1]))["statusCode"]
        == 200
    )
    assert world.play("serve_staff", "audit_day")["statusCode"] == 200
