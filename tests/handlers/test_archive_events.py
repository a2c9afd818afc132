"""The archive of the events table's stream."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from commerce.audit.archive import Archive
from commerce.checkout.place_order import Placement
from commerce.runtime import aws
from functions.archive_events import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Calls, World
from tests.support.nights import Night, night_of

FINE: dict[str, Any] = {"batchItemFailures": []}
DAY = "2026-11-22"


@pytest.fixture
def archive(world: World) -> Iterator[Archive]:
    """Return the archive; what is in it afterwards is taken out."""
    bucket = world.variables["ARCHIVE_BUCKET"]
    aws.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    yield Archive(aws.client("s3"), bucket)
    for version in aws.client("s3").list_object_versions(Bucket=bucket).get("Versions", ()):
        aws.client("s3").delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def versions(archive: Archive) -> list[str]:
    found = archive.client.list_object_versions(Bucket=archive.bucket).get("Versions", ())
    return [version["Key"] for version in found]


def stream(world: World, placed: Placement) -> Event:
    """Return what the stream says of the events that an order has in the table: bytes in base 64."""
    [pattern] = load("archive_events", "order_placed", order_number=placed.order.number)["Records"]
    records = []
    for place, item in enumerate(Night(world.shop, None, None).raw()):  # type: ignore[arg-type]
        if item["pk"]["S"] == placed.order.subject:
            record = copy.deepcopy(pattern)
            record["dynamodb"] |= {
                "NewImage": json.loads(json.dumps(item, default=_base64)),
                "SequenceNumber": str(place),
            }
            records.append(record)
    return {"Records": records}


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def test_events_are_archived_as_they_are(world: World, archive: Archive) -> None:
    placed = world.order()
    assert world.call("archive_events", stream(world, placed)) == FINE
    (key,) = archive.segments_of(DAY)
    assert archive.read(key) == world.shop.events(placed)
    assert key.startswith(f"events/{DAY}/090000000000-")


def test_the_event_file_is_one_segment(world: World, archive: Archive, calls: Calls) -> None:
    event = load("archive_events", "order_placed", order_number="0123456789")
    assert world.call("archive_events", event) == FINE
    assert calls.operations == ["s3:PutObject"]
    (key,) = archive.segments_of(DAY)
    assert key.startswith(f"events/{DAY}/090000000000-495903382716008000000001-")
    (found,) = archive.read(key)
    assert found.id == "order/0123456789/00000001"
    assert found.hash == "8f2c63c4ac2ac6d3e5e7c5c4c31bd26cdd8b43b45eb5d34b0a6b1ad1dcb7f0aa"
    assert found.correlation_id == "5f0c3c3e-0a5a-4c57-9a38-0a3f3f1f6f0e"


def test_a_batch_that_comes_again_is_left_as_it_is(world: World, archive: Archive) -> None:
    placed = world.order()
    event = stream(world, placed)
    for _ in range(3):
        assert world.call("archive_events", event) == FINE
    assert len(versions(archive)) == 1


def test_a_worker_that_dies_after_writing_writes_nothing_twice(
    world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = stream(world, world.order())

    class Dying:
        def put_object(self, **request: Any) -> None:
            archive.client.put_object(**request)
            raise TimeoutError("nobody heard the answer")

    with monkeypatch.context() as patch:
        patch.setattr(app, "client", lambda _: Dying())
        with pytest.raises(TimeoutError):
            world.call("archive_events", event)
    assert world.call("archive_events", event) == FINE
    assert len(versions(archive)) == 1


def test_a_batch_that_is_cut_otherwise_overwrites_nothing(world: World, archive: Archive) -> None:
    records = stream(world, world.order())["Records"]
    assert len(records) == 2
    for part in (records, records[:1], records[1:]):
        assert world.call("archive_events", {"Records": part}) == FINE
    assert len(versions(archive)) == len(set(versions(archive))) == 3
    found = [event.id for key in archive.segments_of(DAY) for event in archive.read(key)]
    assert len(found) == 4
    assert len(set(found)) == 2


def test_a_change_or_removal_in_the_table_is_told_at_once(world: World, archive: Archive) -> None:
    event = load("archive_events", "inserted_changed_removed", order_number="0123456789")
    assert world.call("archive_events", event) == FINE
    told = world.told()
    assert [(fact["kind"], fact["subject"]) for fact in told] == [("audit_broken", "order/0123456789")] * 2
    assert "modify" in told[0]["detail"]
    assert "remove" in told[1]["detail"]
    (key,) = archive.segments_of(DAY)
    assert [found.sequence for found in archive.read(key)] == ["00000001", "00000002"]


def test_where_nothing_was_inserted_nothing_is_written(world: World, archive: Archive) -> None:
    event = load("archive_events", "inserted_changed_removed", order_number="0123456789")
    assert world.call("archive_events", {"Records": event["Records"][1:3]}) == FINE
    assert versions(archive) == []


@pytest.mark.parametrize(
    "broken",
    [{"data": {"S": "{"}}, {"data": {"N": "1"}}, {"version": {"N": "x"}}, {"type": None}, {"hash": {"B": "?"}}],
)
def test_what_is_no_event_fails_the_batch(world: World, archive: Archive, broken: dict[str, Any]) -> None:
    """The stream halves the batch until the poison is alone, and that becomes a dead letter."""
    event = load("archive_events", "order_placed", order_number="0123456789")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    image |= broken
    event["Records"][0]["dynamodb"]["NewImage"] = {name: value for name, value in image.items() if value}
    with pytest.raises((LookupError, TypeError, ValueError)):
        world.call("archive_events", event)
    assert versions(archive) == []


def test_an_archive_that_is_down_fails_the_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def put_object(self, **request: Any) -> None:
            raise ConnectionError("no S3")

    monkeypatch.setattr(app, "client", lambda _: Down())
    with pytest.raises(ConnectionError):
        world.call("archive_events", load("archive_events", "order_placed", order_number="0123456789"))


def test_segments_come_in_the_order_of_time(world: World, archive: Archive) -> None:
    moments = [datetime(2026, 11, day, hour, tzinfo=UTC) for day in (21, 22) for hour in (0, 9, 23)]
    keys = [archive.put([{"of": place}], str(place), moment) for place, moment in enumerate(moments)]
    assert list(archive.segments(None, datetime(2027, 1, 1, tzinfo=UTC))) == keys
    assert list(archive.segments(keys[1], moments[4])) == keys[2:4]
    assert archive.segments_of("2026-11-21") == keys[:3]
    with pytest.raises(LookupError):
        archive.read("events/none")


def test_many_keys_come_page_by_page(world: World, archive: Archive) -> None:
    class Paged:
        def list_objects_v2(self, **where: Any) -> Any:
            return archive.client.list_objects_v2(**where, MaxKeys=2)

    keys = [archive.put([{"of": place}], str(place), datetime(2026, 11, 22, tzinfo=UTC)) for place in range(5)]
    assert Archive(Paged(), archive.bucket).segments_of(DAY) == sorted(keys)


def test_ministack_is_as_strict_as_s3_about_what_is_there(ministack_url: str, world: World) -> None:
    night = night_of(world.shop, ministack_url)
    assert night.archive.keep("digests/x", b"one", "text/plain")
    assert not night.archive.keep("digests/x", b"two", "text/plain")
    assert night.archive.body("digests/x") == b"one"
