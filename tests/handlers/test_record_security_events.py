"""Security events from the queue are kept, each once, and none of them is ever changed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pynamodb.models import Model

from commerce.kernel.tables import Database
from commerce.security.kinds import SecurityKind
from commerce.security.store import BodyRow, KeptEvent, SecurityLog, SecurityRow
from tests.handlers.event_files import load
from tests.handlers.world import Calls, World

DAY = date(2026, 11, 22)
MOMENT = "20261122T090000123456"
FINE: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture(autouse=True)
def _empty(world: World) -> None:
    """Each test finds an empty table."""
    for kind in (SecurityRow, BodyRow):
        for row in rows(world.shop.database, kind):
            row.delete()


def rows(database: Database, kind: type[Model]) -> list[Model]:
    """Every row of one kind, as it is stored."""
    bound = database.bind(kind, "security")
    wanted = "DAY#" if kind is SecurityRow else "BODY#"
    return list(bound.scan(filter_condition=bound.pk.startswith(wanted)))  # type: ignore[attr-defined]


def kept(world: World, kind: SecurityKind | None = None) -> list[KeptEvent]:
    return list(SecurityLog(world.shop.database).page(DAY, kind=kind, limit=50, after=None).events)


def test_what_was_told_is_kept(world: World) -> None:
    assert world.play("record_security_events", "refusals") == FINE
    staff, token = kept(world)
    assert token.id == f"{MOMENT}-059f36b4-87a3-44ab-83d2-661975875001"
    fact = token.fact
    assert (fact.kind, fact.suppressed, fact.source) == (SecurityKind.TOKEN_REFUSED, 4, "203.0.113.9")
    assert (fact.route, fact.who, fact.subject) == ("GET /me/cart", None, None)
    assert fact.happened_at == datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
    assert (staff.fact.kind, staff.fact.who) == (SecurityKind.STAFF_ACTED, "staff-1")


def test_a_message_that_comes_again_writes_nothing_new(world: World) -> None:
    world.play("record_security_events", "unreadable_callback")
    before = [row.attribute_values for kind in (SecurityRow, BodyRow) for row in rows(world.shop.database, kind)]
    event = load("record_security_events", "unreadable_callback")
    told = json.loads(event["Records"][0]["body"])
    event["Records"][0]["body"] = json.dumps({**told, "detail": "rewritten", "body": "rewritten"})
    assert world.call("record_security_events", event) == FINE
    after = [row.attribute_values for kind in (SecurityRow, BodyRow) for row in rows(world.shop.database, kind)]
    assert before == after


def test_a_body_is_kept_apart_and_not_as_long(world: World) -> None:
    world.play("record_security_events", "unreadable_callback")
    [event] = rows(world.shop.database, SecurityRow)
    [body] = rows(world.shop.database, BodyRow)
    assert "body" not in event.attribute_values
    assert body.attribute_values["body"] == '{"Body":{"stkCallback":{"ResultCode":0'
    days = [int(row.attribute_values["expires_at"] - 1_795_338_001) // 86_400 for row in (event, body)]
    assert days == [400, 30]


def test_how_long_is_a_setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURITY_RETENTION_DAYS", "731")
    world.play("record_security_events", "refusals")
    ends = {row.attribute_values["expires_at"] for row in rows(world.shop.database, SecurityRow)}
    assert ends == {1_795_338_000 + 731 * 86_400, 1_795_338_002 + 731 * 86_400}


def test_an_empty_body_is_a_body(world: World) -> None:
    event = load("record_security_events", "unreadable_callback")
    told = json.loads(event["Records"][0]["body"])
    event["Records"][0]["body"] = json.dumps({**told, "body": ""})
    assert world.call("record_security_events", event) == FINE
    assert [row.attribute_values.get("body") for row in rows(world.shop.database, BodyRow)] == [""]


def test_poison_fails_alone(world: World) -> None:
    answer = world.play("record_security_events", "poison_among_others")
    assert [failure["itemIdentifier"][-1] for failure in answer["batchItemFailures"]] == ["1", "3", "4", "5"]
    assert [event.fact.kind for event in kept(world)] == [SecurityKind.STAFF_ACTED, SecurityKind.TOKEN_REFUSED]


def test_an_event_costs_one_write(world: World, calls: Calls) -> None:
    world.play("record_security_events", "refusals")
    assert calls.operations == ["dynamodb:PutItem"] * 2


def test_each_is_counted_by_its_kind(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.play("record_security_events", "refusals")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted = {line["kind"]: line["SecurityEvents"] for line in lines if "kind" in line}
    assert counted == {"token_refused": [5.0], "staff_acted": [1.0]}, "those that were left out happened too"
    world.play("record_security_events", "refusals")
    assert '"_aws"' not in capsys.readouterr().out, "what comes again is not counted again"
