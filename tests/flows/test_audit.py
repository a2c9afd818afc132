"""A shop's trail proves itself, and names what somebody with the keys to the tables did to it (promise 5)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from commerce.audit.anchor_days import BrokenAnchor, anchor_days, digest_key
from commerce.audit.archive import Archive
from commerce.audit.archive_events import archive_events
from commerce.audit.chain import genesis, hash_of
from commerce.audit.digest import DayDigest, sign_day
from commerce.audit.report import DayReport, report_key
from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import cancel_order
from commerce.kernel.context import Context, working
from commerce.payments.port import Paid
from tests.support.happenings import everything_happens
from tests.support.nights import DAY, Night, ids, night_of, record_of, refuse
from tests.support.shop import Shop

NEXT = "2026-11-23"
ZERO = "00" * 32


@pytest.fixture
def night(shop: Shop, ministack_url: str) -> Night:
    shop.provider.on_look_up = lambda _: Paid()
    shop.sell("LAP-1", stock=9)
    return night_of(shop, ministack_url)


@pytest.fixture
def placed(night: Night) -> Placement:
    """Return an order with four events, which happened while the day's clock went on."""
    clock = night.shop.clock
    clock.forward(timedelta(seconds=1))
    with working(Context("the click", None)):
        placed = night.shop.order("key", ("LAP-1", 1))
    clock.forward(timedelta(seconds=20))
    night.shop.verify(placed)
    clock.forward(timedelta(seconds=20))
    night.shop.order("other", ("LAP-1", 2))
    return placed


def over(night: Night) -> None:
    """Let the day end: all is archived, and signed for."""
    night.archive_all()
    night.pass_over()
    night.anchor()


def event(placed: Placement, sequence: int) -> str:
    return f"{placed.order.subject}/{sequence:08d}"


def test_everything_that_can_happen_verifies_as_sound(shop: Shop, ministack_url: str) -> None:
    night = night_of(shop, ministack_url)
    everything_happens(shop)
    last = max(item["at"]["S"][:10] for item in night.raw())
    keys = night.archive_all(batch=50)
    night.pass_over()
    days = night.anchor(last)
    reports = [night.verify(day) for day in days]
    assert [(report.sound, report.signed, report.faults) for report in reports] == [(True, True, ())] * len(days)
    assert sum(report.events for report in reports) == night.archived == len(night.raw())
    assert len(keys) == -(-night.archived // 50)
    subjects = {item["pk"]["S"] for item in night.raw()}
    for subject in subjects:
        proof, records = night.desk.trails.prove(subject)
        assert proof.sound
        assert proof.unchained == 0
        assert all(stored.event and stored.event.hash for stored in records)
        assert all(bool(stored.event.prev) is subject.startswith("order/") for stored in records if stored.event)


def test_a_day_without_tampering_is_sound(night: Night, placed: Placement) -> None:
    over(night)
    report = night.verify()
    assert (report.sound, report.signed, report.complete, report.found) == (True, True, True, 0)
    assert report.events == night.archived
    assert DayReport.read(night.archive, DAY) == report


def test_the_trail_carries_the_click_it_comes_from(night: Night, placed: Placement) -> None:
    events = night.shop.events(placed)
    assert [each.correlation_id for each in events] == ["the click"] * 3
    assert [each.prev for each in events] == [genesis(placed.order.subject), *(each.hash for each in events[:-1])]


def test_changed_data_is_named(night: Night, placed: Placement) -> None:
    over(night)
    night.overwrite(event(placed, 1), data={"S": '{"total":1}'})
    assert night.faults() == {event(placed, 1): "changed"}


@pytest.mark.parametrize("member", ["type", "at", "correlation_id", "request", "prev", "hash"])
def test_any_changed_member_is_named(night: Night, placed: Placement, member: str) -> None:
    over(night)
    value = {"B": bytes(32)} if member in ("prev", "hash") else {"S": "2026-11-22T23:00:00.000Z"}
    night.overwrite(event(placed, 2), **{member: value})
    assert night.faults() == {event(placed, 2): "changed"}


def test_an_event_that_cannot_be_read_any_more_is_named(night: Night, placed: Placement) -> None:
    over(night)
    night.overwrite(event(placed, 2), data={"S": "{"})
    assert night.faults() == {event(placed, 2): "changed"}


@pytest.mark.parametrize("sequence", [1, 2, 3])
def test_a_removed_event_is_named(night: Night, placed: Placement, sequence: int) -> None:
    over(night)
    night.remove(event(placed, sequence))
    assert night.faults() == {event(placed, sequence): "missing"}


def test_events_that_changed_places_are_named(night: Night, placed: Placement) -> None:
    over(night)
    first, second = night.item(event(placed, 1)), night.item(event(placed, 2))
    for one, other in ((first, second), (second, first)):
        night.overwrite(ids([one])[0], **{name: other[name] for name in ("type", "at", "data")})
    assert night.faults() == {event(placed, 1): "reordered", event(placed, 2): "reordered"}


def test_a_forged_event_is_named(night: Night, placed: Placement) -> None:
    over(night)
    night.overwrite(event(placed, 3), sk={"S": "00000004"})
    assert night.faults() == {event(placed, 4): "unknown"}


def test_a_changed_head_is_named(night: Night, placed: Placement) -> None:
    over(night)
    key = {"pk": {"S": placed.order.number}, "sk": {"S": "ORDER"}}
    set_head = {"UpdateExpression": "SET head = :head", "ExpressionAttributeValues": {":head": {"B": bytes(32)}}}
    night.write("orders", "UpdateItem", Key=key, **set_head)
    assert night.faults() == {placed.order.subject: "changed"}


def test_a_removed_order_is_named(night: Night, placed: Placement) -> None:
    over(night)
    night.write("orders", "DeleteItem", Key={"pk": {"S": placed.order.number}, "sk": {"S": "ORDER"}})
    assert night.faults() == {placed.order.subject: "missing"}


def test_a_trail_written_anew_with_all_its_hashes_is_named_by_the_archive(night: Night, placed: Placement) -> None:
    """Whoever may write events and orders can make a chain that holds; what was archived before says otherwise."""
    over(night)
    found = night.shop.events(placed)
    prev = found[0].prev
    for each in found:
        forged = each.model_copy(update={"prev": prev, "data": each.data | {"amount": 1}})
        prev = hash_of(forged, prev)
        hashes = {"hash": {"B": bytes.fromhex(prev)}, "prev": {"B": bytes.fromhex(str(forged.prev))}}
        night.overwrite(each.id, data={"S": json.dumps(forged.data, separators=(",", ":"))}, **hashes)
    key = {"pk": {"S": placed.order.number}, "sk": {"S": "ORDER"}}
    head = {":head": {"B": bytes.fromhex(str(prev))}}
    night.write("orders", "UpdateItem", Key=key, UpdateExpression="SET head = :head", ExpressionAttributeValues=head)
    assert night.desk.trails.prove(placed.order.subject)[0].sound
    assert night.faults() == {each.id: "changed" for each in found}


def test_the_last_event_written_anew_is_named_and_not_the_head(night: Night, placed: Placement) -> None:
    over(night)
    last = night.shop.events(placed)[-1]
    forged = last.model_copy(update={"data": last.data | {"amount": 1}})
    data, own = json.dumps(forged.data, separators=(",", ":")), bytes.fromhex(hash_of(forged, forged.prev))
    night.overwrite(last.id, data={"S": data}, hash={"B": own})
    assert night.faults() == {last.id: "changed"}


def test_events_of_other_subjects_are_proved_too(night: Night, placed: Placement) -> None:
    over(night)
    receipt = next(each for each in ids(night.raw()) if each.startswith("sku/"))
    night.overwrite(receipt, data={"S": '{"quantity":1}'})
    assert night.faults() == {receipt: "changed"}
    night.remove(receipt)
    assert night.faults() == {receipt: "missing"}


def test_what_the_archive_never_got_is_named(night: Night, placed: Placement) -> None:
    records = [record_of(item, place) for place, item in enumerate(night.raw())]
    kept = [each for each in records if each["dynamodb"]["Keys"]["sk"]["S"] != "00000003"]
    archive_events(kept, night.archive, refuse)
    night.pass_over()
    night.anchor()
    assert night.faults() == {event(placed, 3): "unknown"}


def test_a_changed_object_of_the_archive_is_named(night: Night, placed: Placement) -> None:
    over(night)
    key = night.archive.segments_of(DAY)[0]
    body = night.archive.body(key) or b""
    night.replace_object(key, body.replace(b"2026-11-22", b"2026-11-21"))
    assert night.faults() == {key: "changed"}
    night.replace_object(key, b"what")
    assert night.faults() == {key: "changed"}


def test_a_removed_object_of_the_archive_is_named(night: Night, placed: Placement) -> None:
    over(night)
    key = night.archive.segments_of(DAY)[-1]
    night.s3.delete_object(Bucket=night.archive.bucket, Key=key)
    assert night.faults() == {key: "missing"}


def test_a_forged_object_of_the_archive_is_named(night: Night, placed: Placement) -> None:
    over(night)
    stolen = night.archive.read(night.archive.segments_of(DAY)[0])[0].model_copy(update={"data": {"amount": 1}})
    key = night.archive.put([stolen.model_dump(exclude_none=True)], "9", night.shop.clock.now() - timedelta(days=1))
    assert night.faults()[stolen.id] == "changed"
    night.replace_object(digest_key(NEXT), night.archive.body(digest_key(DAY)) or b"")
    assert night.faults() == {stolen.id: "changed", key: "unknown"}


def test_a_changed_digest_is_named(night: Night, placed: Placement) -> None:
    over(night)
    digest = json.loads(night.archive.body(digest_key(DAY)) or b"")
    for wrong in (
        {**digest, "segments": digest["segments"][1:]},
        {**digest, "digest": ZERO},
        {**digest, "previous": ZERO},
        {**digest, "signature": "bm9uZQ=="},
        {**digest, "signature": "?"},
        {"day": DAY},
    ):
        night.replace_object(digest_key(DAY), json.dumps(wrong).encode())
        report = night.verify()
        assert ({each.event: each.fault for each in report.faults}, report.signed, report.sound) == (
            {digest_key(DAY): "changed"},
            False,
            False,
        ), wrong


def test_a_missing_digest_is_named(night: Night, placed: Placement) -> None:
    night.archive_all()
    night.pass_over()
    report = night.verify()
    assert {each.event: each.fault for each in report.faults} == {digest_key(DAY): "missing"}
    assert (report.signed, report.sound, report.complete) == (False, False, True)


def test_days_follow_one_another(night: Night, placed: Placement) -> None:
    over(night)
    night.shop.order("next day", ("LAP-1", 1))
    night.archive_all()
    night.pass_over()
    assert night.anchor(NEXT) == [NEXT]
    assert night.faults(NEXT) == {}
    night.s3.delete_object(Bucket=night.archive.bucket, Key=digest_key(DAY))
    assert night.faults(NEXT) == {digest_key(DAY): "missing"}
    # Somebody who may sign, and would begin anew.
    night.replace_object(digest_key("2026-11-21"), b"{}")
    assert night.faults(NEXT) == {digest_key(DAY): "missing"}


def test_a_digest_that_was_signed_anew_is_named_by_the_day_after(night: Night, placed: Placement) -> None:
    """Whoever came to sign a second digest for a day, with objects left out, would have to sign all days since."""
    over(night)
    night.pass_over()
    night.anchor(NEXT)
    digest = DayDigest.model_validate_json(night.archive.body(digest_key(DAY)) or b"")
    forged = sign_day(DAY, None, digest.segments[1:], (), night.desk.key)
    night.replace_object(digest_key(DAY), forged.model_dump_json().encode())
    assert night.faults(NEXT) == {digest_key(DAY): "changed"}
    assert night.faults(DAY) == {digest.segments[0].key: "unknown"}


def test_missed_days_are_made_up_for_oldest_first(night: Night, placed: Placement) -> None:
    night.archive_all()
    night.pass_over(days=4)
    assert night.anchor("2026-11-25", most=2) == [DAY, NEXT]
    assert night.anchor("2026-11-25", most=9) == ["2026-11-24", "2026-11-25"]
    assert night.anchor("2026-11-25") == []
    assert [night.verify(day).sound for day in (DAY, NEXT, "2026-11-24", "2026-11-25")] == [True] * 4


def test_a_digest_that_is_there_is_verified_and_never_replaced(night: Night, placed: Placement) -> None:
    over(night)
    before = night.archive.body(digest_key(DAY))
    night.anchor()
    assert night.archive.body(digest_key(DAY)) == before
    night.replace_object(digest_key(DAY), (before or b"").replace(DAY.encode(), b"2026-11-20"))
    with pytest.raises(BrokenAnchor):
        night.anchor(NEXT)
    assert night.archive.body(digest_key(NEXT)) is None


def test_two_runs_at_once_sign_one_digest(night: Night, placed: Placement) -> None:
    night.archive_all()
    night.pass_over()

    class Meeting:
        """S3, in whose last moment before a digest is written another run writes it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(night.s3, name)

        def put_object(self, **request: Any) -> Any:
            night.anchor()
            return night.s3.put_object(**request)

    meeting = Archive(Meeting(), night.archive.bucket)
    assert anchor_days(meeting, night.desk.key, DAY, most=1, more_time=lambda: True) == [DAY]
    assert night.verify().sound
    versions = night.s3.list_object_versions(Bucket=night.archive.bucket, Prefix=digest_key(DAY))["Versions"]
    assert len(versions) == 1


def test_what_is_archived_late_is_signed_for_the_day_after(night: Night, placed: Placement) -> None:
    items = night.raw()
    night.archive_all()
    missing = night.archive.segments_of(DAY)[-1]
    body = night.archive.body(missing) or b""
    night.s3.delete_object(Bucket=night.archive.bucket, Key=missing)
    night.pass_over()
    night.anchor()
    night.archive.keep(missing, body, "application/x-ndjson")
    assert night.faults() == {}, "it is compared, and the next digest will name it"
    night.pass_over()
    night.anchor(NEXT)
    assert night.faults() == {}
    assert night.faults(NEXT) == {}
    assert night.verify(NEXT).events == len(body.splitlines())
    assert night.verify().events == len(items)


def test_a_segment_that_no_digest_names_is_told(night: Night, placed: Placement) -> None:
    over(night)
    night.pass_over()
    night.anchor(NEXT)
    night.replace_object(f"events/{DAY}/120000000000-forged.jsonl", b"")
    assert night.faults() == {f"events/{DAY}/120000000000-forged.jsonl": "unknown"}


def test_a_long_day_is_gone_on_with_and_never_said_to_be_whole(night: Night, placed: Placement) -> None:
    night.archive_all(batch=2)
    night.pass_over()
    night.anchor()
    night.overwrite(event(placed, 1), data={"S": '{"total":1}'})
    runs: list[DayReport] = []
    while not runs or not runs[-1].complete:
        runs.append(night.verify(more_time=lambda: False))
        assert DayReport.read(night.archive, DAY) == runs[-1]
        assert len(runs) < 30
    subjects = {item["pk"]["S"] for item in night.raw()}
    assert len(runs) == len(night.archive.segments_of(DAY)) + len(subjects)
    assert not any(report.sound for report in runs)
    assert {each.event: each.fault for each in runs[-1].faults} == {event(placed, 1): "changed"}
    assert Counter(report.complete for report in runs)[True] == 1


def test_a_report_that_is_none_is_written_anew(night: Night, placed: Placement) -> None:
    over(night)
    night.replace_object(report_key(DAY), b"nothing")
    assert night.verify().sound


def test_a_batch_that_is_delivered_again_is_the_same_object(night: Night, placed: Placement) -> None:
    first = night.archive_all()
    assert night.archive_all() == first
    cut_otherwise = night.archive_all(batch=3)
    assert cut_otherwise != first
    night.pass_over()
    night.anchor()
    assert night.faults() == {}, "events that the archive has twice are the same"


def test_around_midnight_an_event_may_be_archived_with_the_day_beside(night: Night, placed: Placement) -> None:
    clock = night.shop.clock
    clock.moment = clock.moment.replace(hour=23, minute=59, second=59)
    before = night.shop.order("just before", ("LAP-1", 1))
    clock.forward(timedelta(seconds=2))
    night.shop.verify(before)
    records = {each: record_of(night.item(each), place) for place, each in enumerate(ids(night.raw()))}
    first, second, third = (records.pop(f"{before.order.subject}/0000000{place}") for place in (1, 2, 3))
    archive_events(records.values(), night.archive, refuse)
    # One batch began before midnight and ends after it; of another event the stream was later than the shop's clock.
    archive_events([first, third], night.archive, refuse)
    second["dynamodb"]["ApproximateCreationDateTime"] = clock.moment.timestamp()
    archive_events([second], night.archive, refuse)
    clock.forward(timedelta(days=1))
    night.anchor(NEXT)
    assert (night.faults(), night.faults(NEXT)) == ({}, {})


def test_orders_from_before_the_chain_are_unchained(night: Night, placed: Placement) -> None:
    for sequence in (1, 2, 3):
        item = night.item(event(placed, sequence))
        night.write("events", "PutItem", Item={name: item[name] for name in item if name not in ("hash", "prev")})
    key = {"pk": {"S": placed.order.number}, "sk": {"S": "ORDER"}}
    night.write("orders", "UpdateItem", Key=key, UpdateExpression="REMOVE head")
    proof, _ = night.desk.trails.prove(placed.order.subject)
    assert (proof.sound, proof.unchained) == (True, 3)
    night.shop.clock.forward(timedelta(seconds=5))
    cancel_order(night.shop.till, placed.order.number, by="achieng", reason="Changed their mind")
    proof, records = night.desk.trails.prove(placed.order.subject)
    assert (proof.sound, proof.unchained, len(records)) == (True, 3, 4)
