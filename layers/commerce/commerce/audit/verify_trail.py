"""Prove a trail of events, or say which of them was changed, taken out, put in or moved. Pure.

What a chain alone cannot show is a trail that was written anew from some event to the end, its head included. The
archive of the day shows that (`verify_day`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from commerce.audit.chain import Stored, genesis, hash_of
from commerce.kernel.events import Event


class Kind(StrEnum):
    """What is wrong with an event, or with an object that vouches for events."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is not as it was written.

    Parameters
    ----------
    event
        The event's id; the subject where its head is meant; the object's key where that is meant.
    detail
        One line for people.
    """

    event: str
    fault: Kind
    detail: str


@dataclass(frozen=True, slots=True)
class Head:
    """What an order's row says of its chain: how many events there are, and the last one's hash."""

    version: int
    hash: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of looking at a trail; of a sound one, `unchained` events are from before there was a chain."""

    checked: int
    faults: tuple[Fault, ...]
    unchained: int = 0

    @property
    def sound(self) -> bool:
        """Whether all is as it was written."""
        return not self.faults


def verify_alone(records: Iterable[Stored], subject: str) -> Proof:
    """Prove events that follow nothing, each by its own hash; one without a hash is from before there was one."""
    faults, checked = [], 0
    for stored in records:
        checked += 1
        event = stored.event
        if event is None:
            faults.append(_fault(subject, stored.sequence, Kind.CHANGED, UNREADABLE))
        elif event.hash is not None and (event.prev is not None or hash_of(event, None) != event.hash):
            faults.append(_fault(subject, stored.sequence, Kind.CHANGED, NOT_ITS_HASH))
    return Proof(checked, tuple(faults))


def verify_chain(records: Sequence[Stored], subject: str, head: Head | None) -> Proof:
    """Prove the trail of an order against the head that its row keeps.

    An order's events are numbered from 1 to its version without a gap. Whoever changes one event breaks its own hash,
    or the link to its neighbour; both neighbours tell whose fault a broken link is.
    """
    if head is None:
        return Proof(len(records), (Fault(subject, Kind.MISSING, "There are events of an order that is not there."),))
    return _Chain(records, subject, head).verify()


UNREADABLE = "It cannot be read as an event."
NOT_ITS_HASH = "It is not what its hash was made of."
NO_HASH = "Its hash was taken away."
REWRITTEN = "It has another hash than its neighbour follows."


class _Chain:
    def __init__(self, records: Sequence[Stored], subject: str, head: Head) -> None:
        self._subject = subject
        self._head = head
        self._records = records
        self._places = [f"{number:08d}" for number in range(1, head.version + 1)]
        self._known: Mapping[str, Stored] = {stored.sequence: stored for stored in records}
        self._faults: dict[str, Fault] = {}

    def verify(self) -> Proof:
        expected = set(self._places)
        for stored in self._records:
            if stored.sequence not in expected:
                self._blame(stored.sequence, Kind.UNKNOWN, "The order never had an event of this sequence.")
        for place in self._places:
            if place not in self._known:
                self._blame(place, Kind.MISSING, "The order's version counts it, and it is not in the table.")
        unchained = self._unchained()
        for place in self._places:
            if place in self._known and self._event(place) is None:
                self._blame(place, Kind.CHANGED, UNREADABLE)
        for place in self._places[unchained:]:
            self._judge_alone(place)
        self._judge_links(unchained)
        faults = tuple(self._faults[sequence] for sequence in sorted(self._faults))
        return Proof(len(self._records), faults, 0 if faults else unchained)

    def _unchained(self) -> int:
        """Return how many events at the beginning have no hash, missing ones among them included."""
        for count, place in enumerate(self._places):
            event = self._event(place)
            if event is not None and event.hash is not None:
                return count
        return len(self._places) if self._head.hash is None else 0

    def _judge_alone(self, place: str) -> None:
        event = self._event(place)
        if event is None or _holds(event):
            return
        if event.hash is None:
            self._blame(place, Kind.CHANGED, NO_HASH)
        else:
            origin = self._origin(event)
            if origin is None:
                self._blame(place, Kind.CHANGED, NOT_ITS_HASH)
            else:
                self._blame(place, Kind.REORDERED, f"It is what stood at {origin}.")

    def _origin(self, event: Event) -> str | None:
        """Return the place whose event this is: as a whole, or with the hashes of the place it stands in now."""
        for place in self._places:
            if place == event.sequence:
                continue
            there = self._event(place)
            moved = event.model_copy(update={"sequence": place})
            if _holds(moved) or (there is not None and hash_of(moved, there.prev) == there.hash):
                return place
        return None

    def _judge_links(self, unchained: int) -> None:
        """Find events that were written anew together with their hash: their neighbours do not follow from them."""
        hashed = self._places[unchained:]
        for index, place in enumerate(hashed):
            event = self._whole(place)
            if event is None:
                continue
            before = hashed[index - 1] if index else None
            follows = self._whole(before) if before else None
            if index == 0:
                self._judge_first(event, self._places[unchained - 1] if unchained else None)
            elif follows is not None and event.prev != follows.hash:
                self._blame(place if self._left_by_the_next(index, hashed) else str(before), Kind.CHANGED, REWRITTEN)
        last = self._places[-1] if self._places else None
        if last is None or unchained == len(self._places):
            return
        end = self._whole(last)
        if end is not None and end.hash != self._head.hash:
            detail = f"The order's head is not the hash of event {last}: one of the two was changed."
            self._faults[""] = Fault(self._subject, Kind.CHANGED, detail)

    def _judge_first(self, event: Event, before: str | None) -> None:
        if event.prev == genesis(self._subject):
            return
        if before is None:
            self._blame(event.sequence, Kind.CHANGED, REWRITTEN)
        elif before in self._known:
            self._blame(before, Kind.CHANGED, NO_HASH)

    def _left_by_the_next(self, index: int, hashed: Sequence[str]) -> bool:
        """Tell whether what follows an event does not follow from it either."""
        own = self._whole(hashed[index])
        assert own is not None
        if index + 1 == len(hashed):
            return own.hash != self._head.hash
        after = self._whole(hashed[index + 1])
        return after is not None and after.prev != own.hash

    def _event(self, place: str) -> Event | None:
        stored = self._known.get(place)
        return stored.event if stored else None

    def _whole(self, place: str) -> Event | None:
        """Return the event of a place when nothing is known against it."""
        return None if place in self._faults else self._event(place)

    def _blame(self, place: str, kind: Kind, detail: str) -> None:
        self._faults.setdefault(place, _fault(self._subject, place, kind, detail))


def _holds(event: Event) -> bool:
    return event.prev is not None and hash_of(event, event.prev) == event.hash


def _fault(subject: str, sequence: str, kind: Kind, detail: str) -> Fault:
    return Fault(f"{subject}/{sequence}", kind, detail)
