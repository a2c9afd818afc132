"""The run that the schedule calls every five minutes, on real queues, a real archive and a real bus."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from commerce.healing.model import State, case_id
from commerce.healing.store import Cases
from commerce.kernel.clock import to_text
from commerce.payments.messages import CheckMessage
from commerce.payments.port import Paid, Refused
from commerce.runtime import aws, wiring
from tests.handlers.event_files import load
from tests.handlers.world import Context, Log, World


def heal(world: World, seconds_left: float = 240.0) -> Any:
    return world.call("heal_failures", load("heal_failures", "every_five_minutes"), Context(seconds_left))


def cases(world: World) -> Cases:
    return Cases(world.shop.database, world.shop.till.log)


def lay(world: World, letters: str, body: str, **attributes: str) -> None:
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    aws.client("sqs").send_message(QueueUrl=world.queues[f"dead {letters}"], MessageBody=body, MessageAttributes=told)


@pytest.fixture(autouse=True)
def _settled(world: World) -> None:
    world.shop.provider.on_look_up = lambda _: Refused("1037", "no_answer")
    heal(world)
    world.purge()


def test_a_dead_letter_goes_back_to_its_queue_and_nothing_of_it_is_logged(world: World, log: Log) -> None:
    placed = world.order()
    body = CheckMessage(placed.order.number, 1, event_id="evt_secret").to_json()
    lay(world, "payment", body)
    assert heal(world)["letters"] == 1
    assert world.receive("verify") == [body]
    assert world.waiting("dead payment") == 0
    assert "evt_secret" not in log.text


def test_what_was_archived_is_looked_at_and_put_in_order(world: World) -> None:
    placed = world.order()
    shop = world.shop
    heal(world)
    for event in shop.till.log.trail(placed.order.subject):
        stored = event.model_dump(exclude_none=True)
        wiring.archive().put([stored], "1", shop.clock.now() + timedelta(seconds=1))
    shop.provider.on_look_up = lambda _: Paid()
    shop.clock.forward(timedelta(hours=3))
    done = heal(world)
    assert done["orders"] >= 1
    assert shop.account(placed).order.status == "processing"
    case = cases(world).read(case_id(f"order/{placed.order.number}/attempt/1/outcome"))
    assert case is not None
    assert case.state is State.HEALED


def test_events_that_never_reached_the_bus_are_put_on_it_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = world.order()
    shop = world.shop
    (event,) = [one for one in shop.till.log.trail(placed.order.subject) if one.type == "OrderPlaced"]
    wiring.archive().put([event.model_dump(exclude_none=True)], "2", shop.clock.now())
    arrived = to_text(shop.clock.now())
    batch = {
        "approximateArrivalOfFirstRecord": arrived,
        "approximateArrivalOfLastRecord": arrived,
        "batchSize": 1,
        "startSequenceNumber": f"9{shop.clock.now():%H%M%S%f}",
        "shardId": "shardId-1",
    }
    lay(world, "relay", json.dumps({"version": "1.0", "DDBStreamBatchInfo": batch}))
    put: list[dict[str, Any]] = []
    real = aws.client("events").put_events

    def noted(**what: Any) -> Any:
        put.extend(what["Entries"])
        return real(**what)

    monkeypatch.setattr(aws.client("events"), "put_events", noted)
    heal(world)
    told = [json.loads(entry["Detail"]) for entry in put]
    assert event.id in [one["id"] for one in told]
    assert all("prev" not in one and "request" not in one for one in told)


def test_what_the_bus_could_not_deliver_goes_to_the_queue_it_was_for(world: World) -> None:
    body = json.dumps({"source": "salama", "detail-type": "OrderPlaced", "detail": {"id": "x", "data": {}}})
    name = world.queues["notify"].rsplit("/", 1)[1]
    lay(
        world, "schedule", body, TARGET_ARN=f"arn:aws:sqs:af-south-1:000000000000:{name}", ERROR_CODE="NO_PERMISSIONS"
    )  # fmt: skip
    heal(world)
    assert world.receive("notify") == [body]


def test_a_run_that_failed_is_told_by_its_name(world: World) -> None:
    record = {
        "requestContext": {
            "functionArn": "arn:aws:lambda:af-south-1:1:function:salama-ExpireReservations-X:live",
            "condition": "RetriesExhausted",
        }
    }
    lay(world, "schedule", json.dumps(record))
    heal(world)
    case = cases(world).read(case_id("letter/schedule/salama-ExpireReservations-X"))
    assert case is not None
    assert (case.state, case.finding.facts["function"]) == (State.FOR_PERSON, "salama-ExpireReservations-X")


def test_levels_are_told_for_the_alarms(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    lay(world, "payment", "nobody's")
    heal(world)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    told = {name for line in lines for name in line}
    levels = {"CasesWaiting", "OldestCaseSeconds", "UnknownOutcomes", "OldestUnknownOutcomeSeconds", "StockFaults"}
    assert levels <= told
    assert [line for line in lines if "CasesWaiting" in line and line.get("kind") == "dead_letter"]


def test_a_run_stops_in_time(world: World) -> None:
    placed = world.order()
    lay(world, "payment", CheckMessage(placed.order.number, 1).to_json())
    assert heal(world, seconds_left=1.0)["skipped"] is None
