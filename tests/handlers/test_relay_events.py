"""The relay from the events table's stream to the bus."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from commerce.audit.store import EventRow
from commerce.checkout.place_order import Placement
from commerce.kernel.commit import Commit
from commerce.kernel.context import Context as Work
from commerce.kernel.context import correlated, working
from commerce.kernel.events import Event as ShopEvent
from commerce.payments.messages import CheckMessage
from commerce.returns.events import ReturnRejected
from commerce.runtime import aws
from functions.relay_events import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Log, World

CLICK = "5f0c3c3e-0a5a-4c57-9a38-0a3f3f1f6f0e"
FINE: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def heard(world: World) -> Iterator[str]:
    """Let a queue hear everything on the bus."""
    bus = aws.client("events")
    account = world.queues["notify"].split("/")[-2]
    arn = f"arn:aws:sqs:{aws.client('sqs').meta.region_name}:{account}:{world.queues['notify'].split('/')[-1]}"
    bus.put_rule(Name="all", EventBusName=world.bus, EventPattern=json.dumps({"source": ["salama"]}))
    bus.put_targets(Rule="all", EventBusName=world.bus, Targets=[{"Id": "queue", "Arn": arn}])
    yield "notify"
    bus.remove_targets(Rule="all", EventBusName=world.bus, Ids=["queue"])
    bus.delete_rule(Name="all", EventBusName=world.bus)


def stream(world: World, placed: Placement) -> Event:
    """Return what the stream says of the events that an order has in the table."""
    [pattern] = load("relay_events", "order_placed", order_number=placed.order.number)["Records"]
    rows = list(world.shop.database.bind(EventRow, "events").query(placed.order.subject))
    records = []
    for place, row in enumerate(rows):
        record = copy.deepcopy(pattern)
        record["dynamodb"] |= {"NewImage": row.to_dynamodb_dict(), "SequenceNumber": str(1000 + place)}
        records.append(record)
    return {"Records": records}


def repeated(count: int) -> Event:
    """Return a batch of `count` inserts, numbered from 0."""
    [pattern] = load("relay_events", "order_placed", order_number="0123456789")["Records"]
    records = []
    for place in range(count):
        record = copy.deepcopy(pattern)
        record["dynamodb"]["SequenceNumber"] = f"s{place}"
        record["dynamodb"]["NewImage"]["sk"]["S"] = f"{place:08d}"
        records.append(record)
    return {"Records": records}


class Bus:
    """A bus that does not take the entries it is told not to, by their sequence."""

    def __init__(self, *refused: int, error: Exception | None = None) -> None:
        self.taken: list[str] = []
        self._refused = {f"{place:08d}" for place in refused}
        self._error = error

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        if self._error:
            raise self._error
        results = []
        for entry in Entries:
            sequence = json.loads(entry["Detail"])["sequence"]
            if sequence in self._refused:
                results.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"})
            else:
                self.taken.append(sequence)
                results.append({"EventId": f"e-{sequence}"})
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def relay(world: World, bus: Bus, event: Event, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(app, "client", lambda _: bus)
    return world.call("relay_events", event)


def test_events_in_the_table_reach_the_bus_as_they_are(world: World, heard: str) -> None:
    placed = world.order()
    assert world.call("relay_events", stream(world, placed)) == FINE
    envelopes = [json.loads(body) for body in world.receive(heard)]
    assert [envelope["detail-type"] for envelope in envelopes] == ["OrderPlaced", "PaymentPrompted"]
    assert {envelope["source"] for envelope in envelopes} == {"salama"}
    events = [ShopEvent.model_validate(envelope["detail"]) for envelope in envelopes]
    written = world.shop.events(placed)
    assert all(event.hash and event.prev for event in written)
    assert events == [event.model_copy(update={"prev": None}) for event in written]


def test_the_event_files_look_like_what_the_bus_sends(world: World, heard: str) -> None:
    with correlated(CLICK):
        placed = world.order()
    world.call("relay_events", stream(world, placed))
    [real, _] = world.receive(heard)
    written = load("verify_payment", "order_placed", order_number=placed.order.number)["Records"][0]["body"]
    assert shape(json.loads(real)) == shape(json.loads(written))
    asked = CheckMessage(placed.order.number, 1, correlation_id=CLICK)
    assert CheckMessage.from_json(real) == CheckMessage.from_json(written) == asked


def test_the_mark_of_a_request_stays_in_the_table(world: World, heard: str) -> None:
    placed = world.order()
    order = world.shop.account(placed).order
    fact = ReturnRejected(order_number=order.number, return_number=1, by="staff-1", reason="Too late")
    with working(Work(request="who-and-key.what")):
        commit = Commit(world.shop.database)
        world.shop.till.change_order(commit, order, fact)
        commit.send()
    assert world.shop.events(placed)[-1].request == "who-and-key.what"
    world.call("relay_events", stream(world, placed))
    told = [json.loads(body)["detail"] for body in world.receive(heard)]
    assert [event["type"] for event in told] == world.shop.event_types(placed)
    assert not any({"request", "prev"} & event.keys() for event in told)
    assert "who-and-key" not in json.dumps(told)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return [shape(member) for member in value] if isinstance(value, list) else type(value).__name__


def test_no_event_names_a_person(world: World, heard: str) -> None:
    placed = world.order()
    world.call("relay_events", stream(world, placed))
    attempt = world.shop.account(placed).attempts[1]
    text = "".join(world.receive(heard))
    for private in ("Wanjiku", "wanjiku@", "712345678", "Moi Avenue", attempt.key, str(attempt.payment_id)):
        assert private not in text


def test_only_what_was_inserted_is_an_event(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    event = load("relay_events", "inserted_changed_removed", order_number="0123456789")
    assert relay(world, bus, event, monkeypatch) == FINE
    assert bus.taken == ["00000001", "00000002"]
    assert relay(world, Bus(), {"Records": event["Records"][1:3]}, monkeypatch) == FINE


@pytest.mark.parametrize("count", [1, 10, 11, 50])
def test_a_batch_goes_in_tens_and_in_order(world: World, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    bus = Bus()
    assert relay(world, bus, repeated(count), monkeypatch) == FINE
    assert bus.taken == [f"{place:08d}" for place in range(count)]


@pytest.mark.parametrize(("refused", "first"), [([0], "s0"), ([3, 7], "s3"), ([9], "s9"), ([10], "s10"), ([24], "s24")])
def test_the_stream_comes_again_from_the_first_event_not_taken(
    world: World, monkeypatch: pytest.MonkeyPatch, log: Log, refused: list[int], first: str
) -> None:
    bus = Bus(*refused)
    answer = relay(world, bus, repeated(25), monkeypatch)
    assert answer == {"batchItemFailures": [{"itemIdentifier": first}]}
    assert first in log.text
    missing = {f"{place:08d}" for place in range(25)} - set(bus.taken)
    assert min(missing) == f"{refused[0]:08d}", "everything before it was taken"


def test_failures_that_are_counted_and_not_named_lose_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Vague(Bus):
        def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:
            return super().put_events(Entries) | {"FailedEntryCount": 1}

    answer = relay(world, Vague(), repeated(3), monkeypatch)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "s0"}]}


def test_a_bus_that_is_down_fails_the_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionError):
        relay(world, Bus(error=ConnectionError("no bus")), repeated(3), monkeypatch)
