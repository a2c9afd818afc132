"""Verify a day: what vouches for it, each archived event in the table, and the trails that they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from commerce.audit.anchor_days import first_day
from commerce.audit.archive import day_after, day_before, day_prefix, yesterday
from commerce.audit.day_digest import Vouched, read_day
from commerce.audit.desk import AuditDesk
from commerce.audit.digest import Segment
from commerce.audit.report import DayReport
from commerce.audit.verify_trail import Fault, Kind
from commerce.kernel.clock import to_text
from commerce.kernel.events import Event

#: Keys in one BatchGetItem.
MOST_AT_ONCE = 100
#: Days that are made up for, should earlier runs have failed.
MOST_DAYS = 7
#: Clocks of a function and of the stream differ a little, and a batch that begins before midnight ends after it: what
#: happened within ten minutes of midnight may be archived with the day beside. Beginnings of a segment's key.
_EVENING, _MORNING = "235", "001"


def verify_day(desk: AuditDesk, day: str, *, more_time: Callable[[], bool]) -> DayReport:
    """Compare a day's archive with the table, and write a report of it; return the report.

    A run that has no more time says so in the report, and the next one goes on from there; a day that was looked at
    as a whole is looked at anew.

    Parameters
    ----------
    day
        As ``2026-11-21``.
    more_time
        Whether there is time left for another few hundred events or another trail.
    """
    earlier = DayReport.read(desk.archive, day)
    begun = earlier if earlier is not None and not earlier.complete else None
    run = _Day(desk, day, read_day(desk.archive, desk.key, day))
    run.go_on(begun, more_time)
    report = run.report()
    report.write(desk.archive)
    return report


def days_to_verify(desk: AuditDesk) -> list[str]:
    """Return the days of the last week that have no complete report, since the archive's first; oldest first."""
    first, day = first_day(desk.archive), yesterday(desk.clock.now())
    days: list[str] = []
    for _ in range(MOST_DAYS):
        if first is None or day < first:
            break
        report = DayReport.read(desk.archive, day)
        if report is None or not report.complete:
            days.insert(0, day)
        day = day_before(day)
    return days


@dataclass
class _Day:
    desk: AuditDesk
    day: str
    vouched: Vouched
    faults: dict[str, Fault] = field(default_factory=dict)
    archived: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    events: int = 0
    readable: bool = True
    segments_done: int = 0
    subject_done: str = ""
    complete: bool = False
    _edges: set[str] | None = None

    def go_on(self, begun: DayReport | None, more_time: Callable[[], bool]) -> None:
        """Do what is left; every run does at least one piece."""
        for known in begun.faults if begun else ():
            self.blame(known.to_fault())
        for fault in self.vouched.faults:
            self.blame(fault)
        first_segment, first_subject = (begun.segments, begun.subject) if begun else (0, "")
        self.segments_done, self.subject_done = first_segment, first_subject
        worked = False
        for place, (key, expected) in enumerate(self._objects()):
            events = self._read(key, expected)
            if place < first_segment:
                continue
            if worked and not more_time():
                return
            self._compare(events)
            self.segments_done, worked = place + 1, True
        for subject in sorted(self.archived):
            if subject <= first_subject:
                continue
            if worked and not more_time():
                return
            self._prove(subject)
            self.subject_done, worked = subject, True
        self.complete = True

    def report(self) -> DayReport:
        """Return what there is to say so far."""
        digest = self.vouched.digest
        return DayReport(
            day=self.day,
            digest=digest.digest if digest else None,
            signed=self.vouched.signed,
            sound=self.complete and not self.faults,
            events=self.events,
            found=len(self.faults),
            faults=DayReport.listing(self.faults.values()),
            complete=self.complete,
            checked_at=to_text(self.desk.clock.now()),
            segments=self.segments_done,
            subject=self.subject_done,
        )

    def blame(self, fault: Fault) -> None:
        """Note a fault: one for each event, and what a chain says of its order says more than that it changed."""
        if fault.event not in self.faults or fault.fault is Kind.REORDERED:
            self.faults[fault.event] = fault

    def _objects(self) -> Iterator[tuple[str, Segment | None]]:
        yield from ((segment.key, segment) for segment in self.vouched.segments)
        yield from ((key, None) for key in self.vouched.others)

    def _read(self, key: str, expected: Segment | None) -> list[Event]:
        """Return the events of an object; of one that is not what was vouched for, none can be relied on."""
        body = self.desk.archive.body(key)
        if body is None:
            self.readable = False
            self.blame(Fault(key, Kind.MISSING, "The digest names it, and it is not in the archive."))
            return []
        if expected is not None and Segment.of(key, body) != expected:
            self.readable = False
            self.blame(Fault(key, Kind.CHANGED, "It is not what the digest vouches for."))
            return []
        events = _events_in(body)
        if events is None:
            self.readable = False
            self.blame(Fault(key, Kind.CHANGED, "It holds something that is no event."))
            return []
        for event in events:
            self.archived[event.subject].add(event.sequence)
        self.events += len(events)
        return events

    def _compare(self, events: list[Event]) -> None:
        for start in range(0, len(events), MOST_AT_ONCE):
            some = events[start : start + MOST_AT_ONCE]
            found = self.desk.trails.log.look_up(dict.fromkeys((event.subject, event.sequence) for event in some))
            for event in some:
                stored = found.get(event.id)
                if stored is None:
                    self.blame(Fault(event.id, Kind.MISSING, "The archive has it, and it is not in the table."))
                elif stored.event != event:
                    self.blame(
                        Fault(event.id, Kind.CHANGED, f"The archive has another {_differences(event, stored.event)}.")
                    )

    def _prove(self, subject: str) -> None:
        proof, records = self.desk.trails.prove(subject)
        last = f"{subject}/{records[-1].sequence}" if records else ""
        for fault in proof.faults:
            # An order's head that does not fit its last event says no more than that one of the two was changed.
            if fault.event != subject or last not in self.faults:
                self.blame(fault)
        if not self.readable:
            return
        for stored in records:
            event = stored.event
            if event is None or not event.at.startswith(self.day) or stored.sequence in self.archived[subject]:
                continue
            if event.id not in self._beside():
                self.blame(Fault(event.id, Kind.UNKNOWN, "The table has it, and the archive of its day has not."))

    def _beside(self) -> set[str]:
        """Return the ids of what was archived just before and just after the day."""
        if self._edges is None:
            archive, before, after = (
                self.desk.archive,
                day_prefix(day_before(self.day)),
                day_prefix(day_after(self.day)),
            )
            keys = list(archive.keys(before, before + _EVENING))
            for key in archive.keys(after, None):
                if key >= after + _MORNING:
                    break
                keys.append(key)
            self._edges = {event.id for key in keys for event in _events_in(archive.body(key) or b"") or ()}
        return self._edges


def _events_in(body: bytes) -> list[Event] | None:
    try:
        return [Event.model_validate_json(line) for line in body.splitlines()]
    except ValidationError:
        return None


def _differences(archived: Event, stored: Event | None) -> str:
    if stored is None:
        return "content"
    names = [name for name in Event.model_fields if getattr(archived, name) != getattr(stored, name)]
    return " and ".join(names)
