"""The proof of the trail, by night and by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commerce.audit.archive import Archive
from commerce.kernel.errors import InvalidRequest
from tests.handlers.event_files import load
from tests.handlers.test_anchor_audit import DAY, night
from tests.handlers.test_archive_events import archive
from tests.handlers.world import Context, Log, World
from tests.support.nights import Night

__all__ = ["archive", "night"]


@pytest.fixture
def event_id(world: World, archive: Archive, night: str) -> str:
    """Return an event of a day that is signed for."""
    world.play("anchor_audit", "every_night")
    return archive.read(night)[0].id


def by_night(world: World, seconds_left: float = 900) -> dict[str, Any]:
    answer: dict[str, Any] = world.call("verify_audit", load("verify_audit", "every_night"), Context(seconds_left))
    return answer


def tamper(world: World, event_id: str) -> None:
    Night(world.shop, None, None).overwrite(event_id, data={"S": '{"total":1}'})  # type: ignore[arg-type]


def test_a_sound_day(world: World, archive: Archive, event_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = by_night(world)["days"]
    assert (report["day"], report["sound"], report["complete"], report["faults"]) == (DAY, True, True, [])
    assert json.loads(archive.body(f"reports/{DAY}.json") or b"") == report
    assert world.told() == []
    assert faults_measured(capsys) == [0]


def test_a_day_is_verified_once_by_night_and_anew_by_hand(world: World, event_id: str) -> None:
    by_night(world)
    assert by_night(world) == {"days": []}
    tamper(world, event_id)
    assert by_night(world) == {"days": []}
    (report,) = world.call("verify_audit", load("verify_audit", "a_day"), Context(seconds_left=900))["days"]
    assert [(fault["event"], fault["fault"]) for fault in report["faults"]] == [(event_id, "changed")]


def test_a_fault_is_told_and_measured_and_is_no_error(
    world: World, event_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(world, event_id)
    (report,) = by_night(world)["days"]
    assert (report["sound"], report["found"]) == (False, 1)
    (told,) = world.told()
    assert (told["kind"], told["subject"]) == ("audit_broken", event_id)
    assert told["detail"] == f"{DAY}: 1 faults; the first: {event_id} is changed."
    assert faults_measured(capsys) == [1]


def test_a_run_without_time_is_gone_on_with_by_the_next(world: World, event_id: str) -> None:
    (first,) = by_night(world, seconds_left=30)["days"]
    assert (first["complete"], first["sound"]) == (False, False)
    (second,) = by_night(world, seconds_left=30)["days"]
    assert (second["complete"], second["sound"]) == (True, True)


def test_missed_days_are_made_up_for_oldest_first(world: World, event_id: str) -> None:
    world.shop.clock.moment = world.shop.clock.moment.replace(day=25)
    world.call("anchor_audit", load("anchor_audit", "every_night"), Context(seconds_left=900))
    days = by_night(world)["days"]
    assert [(each["day"], each["sound"]) for each in days] == [(f"2026-11-{day}", True) for day in (22, 23, 24)]


def test_before_the_first_night_nothing_is_missing(world: World, archive: Archive) -> None:
    world.shop.clock.moment = world.shop.clock.moment.replace(day=22, hour=1)
    assert world.play("anchor_audit", "every_night") == by_night(world) == {"days": []}


def test_an_order_by_hand(world: World, event_id: str) -> None:
    number = event_id.split("/")[1]
    report = world.play("verify_audit", "an_order", order_number=number)
    assert report == {"subject": f"order/{number}", "checked": 2, "sound": True, "unchained": 0, "faults": []}
    assert world.told() == []
    tamper(world, event_id)
    report = world.play("verify_audit", "an_order", order_number=number)
    assert [(fault["event"], fault["fault"]) for fault in report["faults"]] == [(event_id, "changed")]
    assert [fact["kind"] for fact in world.told()] == ["audit_broken"]


@pytest.mark.parametrize(
    "event", [{"day": "2026-11-23"}, {"day": "yesterday"}, {"day": "20261122"}, {"day": ""}, {"order": "?"}]
)
def test_what_is_no_day_that_is_over_and_no_order_is_refused(
    world: World, event_id: str, event: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest):
        world.call("verify_audit", event)


def test_nothing_of_a_person_is_logged(world: World, event_id: str, log: Log) -> None:
    tamper(world, event_id)
    by_night(world)
    assert "Wanjiku" not in log.text
    assert "712345678" not in log.text


def faults_measured(capsys: pytest.CaptureFixture[str]) -> list[float]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"')]
    return [value for line in lines for value in _values(line.get("AuditFaults"))]


def _values(value: object) -> list[float]:
    if value is None:
        return []
    return [float(each) for each in value] if isinstance(value, list) else [float(str(value))]
