"""The chain of an order's events: whatever one changes in it is found, and called by its name."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commerce.audit.chain import Stored, canonical, genesis, hash_of, seal
from commerce.audit.verify_trail import Fault, Head, Kind, Proof, verify_alone, verify_chain
from commerce.kernel.context import Context, working
from commerce.kernel.events import Event

SUBJECT = "order/7K2M9QX4TD"
TEXT = st.text(max_size=12)
DATA = st.dictionaries(st.sampled_from(["by", "amount", "order_number", "reason"]), TEXT | st.integers(), max_size=3)
#: What somebody may write over a member of an event, beside its hashes.
OTHER = {
    "type": st.just("OrderDoubled"),
    "version": st.just(2),
    "at": st.just("2026-11-22T09:00:00.001Z"),
    "data": st.just({"amount": -1}),
    "correlation_id": st.just("another click"),
    "request": st.just("another.request"),
    "hash": st.sampled_from([None, "00" * 32]),
    "prev": st.sampled_from([None, "00" * 32]),
}


@st.composite
def chains(draw: st.DrawFn, least: int = 1) -> tuple[list[Event], Head]:
    """Return an order's trail, and the head that its row keeps."""
    facts = draw(st.lists(DATA, min_size=least, max_size=7))
    prev, events = genesis(SUBJECT), []
    for number, data in enumerate(facts, start=1):
        event = event_of(number, data | {"of": number})
        with working(Context(correlation_id=draw(st.none() | TEXT), request=draw(st.none() | TEXT))):
            events.append(seal(event, prev))
        prev = events[-1].hash or ""
    return events, Head(len(events), prev)


def event_of(number: int, data: dict[str, Any], **members: Any) -> Event:
    sequence = members.pop("sequence", f"{number:08d}")
    whole = {"type": "OrderChanged", "at": f"2026-11-22T09:{number:02d}:00.000Z", **members}
    return Event(id=f"{SUBJECT}/{sequence}", subject=SUBJECT, sequence=sequence, data=data, **whole)


def verify(events: list[Event], head: Head | None) -> Proof:
    return verify_chain([Stored(event.sequence, event) for event in events], SUBJECT, head)


def named(proof: Proof) -> dict[str, Kind]:
    return {fault.event: fault.fault for fault in proof.faults}


@given(chains())
def test_a_trail_as_it_was_written_is_sound(chain: tuple[list[Event], Head]) -> None:
    events, head = chain
    assert verify(events, head) == Proof(len(events), ())


@given(chains(), st.data())
def test_any_change_of_any_event_is_found_and_named(chain: tuple[list[Event], Head], data: st.DataObject) -> None:
    events, head = chain
    place = data.draw(st.integers(0, len(events) - 1))
    member = data.draw(st.sampled_from(sorted(OTHER)))
    value = data.draw(OTHER[member])
    assume(getattr(events[place], member) != value)
    events[place] = events[place].model_copy(update={member: value})
    assert named(verify(events, head)) == {events[place].id: Kind.CHANGED}


SINGLE: dict[str, tuple[Any, ...]] = {
    "type": ("OrderDoubled",),
    "version": (2,),
    "at": ("2026-11-22T09:00:00.001Z",),
    "data": ({}, {"amount": -1}),
    "correlation_id": (None, "another"),
    "request": (None, "another"),
    "hash": (None, "00" * 32),
    "prev": (None, "00" * 32),
}


@pytest.mark.parametrize("length", [1, 2, 4])
def test_every_single_change_of_a_trail_is_named(length: int) -> None:
    trail, prev = [], genesis(SUBJECT)
    for number in range(1, length + 1):
        with working(Context("click", "who.what")):
            trail.append(seal(event_of(number, {"by": "achieng", "of": number}), prev))
        prev = str(trail[-1].hash)
    for place, event in enumerate(trail):
        for member, values in SINGLE.items():
            for value in values:
                changed = [*trail[:place], event.model_copy(update={member: value}), *trail[place + 1 :]]
                assert named(verify(changed, Head(length, prev))) == {event.id: Kind.CHANGED}, (place, member, value)


def test_a_trail_of_another_order_proves_nothing() -> None:
    """Whoever copies a whole chain to another order's name cannot take its hashes along."""
    own = seal(event_of(1, {"amount": 5}), genesis("order/0000000000"))
    assert named(verify([own], Head(1, own.hash))) == {own.id: Kind.CHANGED}


@given(chains(least=2), st.data())
def test_an_event_written_anew_with_its_hash_is_named(chain: tuple[list[Event], Head], data: st.DataObject) -> None:
    """Whoever knows how hashes are made can make an event that holds by itself; its neighbours do not follow it."""
    events, head = chain
    place = data.draw(st.integers(0, len(events) - 2))
    prev = data.draw(st.sampled_from([events[place].prev, "00" * 32]))
    forged = events[place].model_copy(update={"data": {"amount": -1}})
    events[place] = forged.model_copy(update={"prev": prev, "hash": hash_of(forged, prev)})
    assert named(verify(events, head)) == {forged.id: Kind.CHANGED}


@given(chains())
def test_the_last_event_written_anew_does_not_fit_the_head(chain: tuple[list[Event], Head]) -> None:
    events, head = chain
    forged = events[-1].model_copy(update={"data": {"amount": -1}})
    events[-1] = forged.model_copy(update={"hash": hash_of(forged, forged.prev)})
    (fault,) = verify(events, head).faults
    assert (fault.event, fault.fault) == (SUBJECT, Kind.CHANGED)
    assert events[-1].sequence in fault.detail


@given(chains(), st.data())
def test_a_removed_event_is_named(chain: tuple[list[Event], Head], data: st.DataObject) -> None:
    events, head = chain
    gone = events.pop(data.draw(st.integers(0, len(events) - 1)))
    assert named(verify(events, head)) == {gone.id: Kind.MISSING}


@given(chains(), st.data())
def test_an_inserted_event_is_named(chain: tuple[list[Event], Head], data: st.DataObject) -> None:
    events, head = chain
    sequence = data.draw(st.sampled_from([f"{len(events) + 1:08d}", "00000000", "00000001a", "forged"]))
    prev = data.draw(st.sampled_from([None, *(event.hash for event in events)]))
    forged = event_of(1, {"amount": -1}, sequence=sequence)
    sealed = seal(forged, prev)
    assert named(verify([*events, sealed], head)) == {forged.id: Kind.UNKNOWN}


@given(chains(least=2), st.data())
def test_two_events_that_changed_places_are_named(chain: tuple[list[Event], Head], data: st.DataObject) -> None:
    events, head = chain
    first, second = sorted(data.draw(st.sets(st.integers(0, len(events) - 1), min_size=2, max_size=2)))
    one, other = events[first], events[second]
    members = data.draw(st.sampled_from([WHAT_IT_SAYS, (*WHAT_IT_SAYS, "hash", "prev")]))
    events[first] = one.model_copy(update={name: getattr(other, name) for name in members})
    events[second] = other.model_copy(update={name: getattr(one, name) for name in members})
    assert named(verify(events, head)) == {one.id: Kind.REORDERED, other.id: Kind.REORDERED}


WHAT_IT_SAYS = ("type", "version", "at", "data", "correlation_id", "request")


@given(chains(), st.sampled_from([None, "00" * 32]))
def test_another_head_is_named(chain: tuple[list[Event], Head], other: str | None) -> None:
    events, head = chain
    assert named(verify(events, Head(head.version, other))) == {SUBJECT: Kind.CHANGED}


@given(chains(), st.data())
def test_what_cannot_be_read_is_named(chain: tuple[list[Event], Head], data: st.DataObject) -> None:
    events, head = chain
    place = data.draw(st.integers(0, len(events) - 1))
    records = [Stored(each.sequence, None if at == place else each) for at, each in enumerate(events)]
    assert named(verify_chain(records, SUBJECT, head)) == {events[place].id: Kind.CHANGED}


@given(chains(least=2), st.data())
def test_an_order_from_before_the_chain_is_unchained_and_not_broken(
    chain: tuple[list[Event], Head], data: st.DataObject
) -> None:
    events, _ = chain
    old = data.draw(st.integers(1, len(events)))
    prev: str | None = None
    for place, event in enumerate(events):
        if place < old:
            events[place] = event.model_copy(update={"hash": None, "prev": None})
        else:
            follows = prev or genesis(SUBJECT)
            linked = event.model_copy(update={"prev": follows})
            events[place] = linked.model_copy(update={"hash": hash_of(linked, follows)})
            prev = events[place].hash
    assert verify(events, Head(len(events), prev)) == Proof(len(events), (), unchained=old)


def test_events_without_their_order_are_told_of() -> None:
    (fault,) = verify([seal(event_of(1, {}), genesis(SUBJECT))], None).faults
    assert (fault.event, fault.fault) == (SUBJECT, Kind.MISSING)


def test_an_order_without_its_events_misses_each() -> None:
    assert named(verify([], Head(2, "00" * 32))) == dict.fromkeys(
        (f"{SUBJECT}/00000001", f"{SUBJECT}/00000002"), Kind.MISSING
    )


EVENTS = st.builds(
    event_of, st.integers(1, 3), DATA, type=TEXT, at=TEXT, version=st.integers(1, 3), correlation_id=st.none() | TEXT,
    request=st.none() | TEXT,
)  # fmt: skip


@given(EVENTS, EVENTS)
def test_two_events_are_written_alike_only_when_they_are_alike(one: Event, other: Event) -> None:
    assert (canonical(one) == canonical(other)) == (one == other and list(one.data) == list(other.data))


@given(TEXT, TEXT, TEXT)
def test_nothing_moves_from_one_member_into_the_next(first: str, moved: str, last: str) -> None:
    assume(moved)
    one = event_of(1, {}, type=first + moved, at=last)
    other = event_of(1, {}, type=first, at=moved + last)
    assert canonical(one) != canonical(other)


def test_what_a_hash_is_over_is_settled() -> None:
    """Events are kept for years: the form may never change."""
    event = event_of(3, {"amount": 5, "by": "achieng"}, correlation_id="click", request=None)
    text = (
        '["order/7K2M9QX4TD","00000003","OrderChanged",1,"2026-11-22T09:03:00.000Z",'
        '"{\\"amount\\":5,\\"by\\":\\"achieng\\"}","click",null]'
    )
    assert canonical(event) == text.encode()
    prev = hashlib.sha256(b"order/7K2M9QX4TD").digest()
    assert genesis(SUBJECT) == prev.hex()
    assert hash_of(event, prev.hex()) == hashlib.sha256(prev + text.encode()).hexdigest()
    assert hash_of(event, None) == hashlib.sha256(text.encode()).hexdigest()


@given(DATA)
def test_data_is_hashed_as_it_is_read_again(data: dict[str, Any]) -> None:
    event = event_of(1, data)
    assert canonical(event_of(1, json.loads(json.dumps(data)))) == canonical(event)


def test_the_mark_of_a_request_stands_on_what_somebody_decided_only() -> None:
    with working(Context("click", "who.what")):
        assert seal(event_of(1, {"by": "achieng"}), None).request == "who.what"
        assert seal(event_of(1, {"amount": 5}), None).request is None
        assert seal(event_of(1, {"amount": 5}), None).correlation_id == "click"


ALONE = "sku/LAP-1"


def alone(**changes: Any) -> Event:
    event = Event(id=f"{ALONE}/d-1", type="StockReceived", subject=ALONE, sequence="d-1", at="2026-11-22", data={})
    return seal(event, None).model_copy(update=changes)


def test_events_of_other_subjects_hold_by_themselves() -> None:
    old = alone(hash=None)
    records = [Stored(event.sequence, event) for event in (alone(), old)]
    assert verify_alone(records, ALONE) == Proof(2, ())


@pytest.mark.parametrize("changes", [{"data": {"quantity": 1}}, {"prev": "00" * 32}, {"hash": "00" * 32}])
def test_and_a_changed_one_does_not(changes: dict[str, Any]) -> None:
    (fault,) = verify_alone([Stored("d-1", alone(**changes))], ALONE).faults
    assert fault == Fault(f"{ALONE}/d-1", Kind.CHANGED, fault.detail)


def test_nor_does_one_that_cannot_be_read() -> None:
    (fault,) = verify_alone([Stored("d-1", None)], ALONE).faults
    assert (fault.event, fault.fault) == (f"{ALONE}/d-1", Kind.CHANGED)
