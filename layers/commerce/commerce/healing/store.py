"""The healing table: cases, orders to look at again, counts of a day, and what only one run may have at a time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import cast

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection
from pynamodb.models import Model

from commerce.audit.store import EventLog
from commerce.healing.model import KEPT, Case, Entry, Finding, State
from commerce.kernel.clock import from_text, to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.events import Event, EventData
from commerce.kernel.ids import spread
from commerce.kernel.tables import Database, answered_code

#: What is due is spread over this many partitions of the index.
DUE_SHARDS = 4
#: Counts of a day are kept a little longer than the day.
_COUNT_KEPT = timedelta(days=3)
#: Bytes of a packed message; SQS takes no message of more than this, and a row holds 400 KB.
LARGEST_BODY = 300 * 1024
_CASE, _WATCH = "CASE#", "WATCH#"


class DueIndex(GlobalSecondaryIndex["HealingRow"]):  # type: ignore[no-untyped-call]
    """What must be looked at, by time; sparse, so it holds only that."""

    class Meta:
        """Index name and projection."""

        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    look_at = UnicodeAttribute(range_key=True)


class StateIndex(GlobalSecondaryIndex["HealingRow"]):  # type: ignore[no-untyped-call]
    """Cases by how they stand, oldest first."""

    class Meta:
        """Index name and projection."""

        index_name = "by_state"
        projection = IncludeProjection(["kind"])

    state = UnicodeAttribute(hash_key=True)
    opened_at = UnicodeAttribute(range_key=True)


class HealingRow(Model):
    """A case (``CASE#…``), an order to look at again (``WATCH#…``), or something of the runs' own."""

    pk = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    opened_at = UnicodeAttribute(null=True)
    document = BinaryAttribute(null=True, legacy_encoding=False)
    due_shard = UnicodeAttribute(null=True)
    look_at = UnicodeAttribute(null=True)
    value = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    used = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    due = DueIndex()
    by_state = StateIndex()


@dataclass(frozen=True, slots=True)
class Due:
    """Something to look at: a case by its id, or an order by its number."""

    case: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A case as the index lists it."""

    id: str
    kind: str
    opened_at: str


class Cases:
    """Keeps cases and everything else that healing remembers."""

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log
        self._rows = database.bind(HealingRow, "healing")

    # -- cases

    def read(self, case_id: str) -> Case | None:
        """Read a case; None when there is none."""
        try:
            return _to_case(self._rows.get(_CASE + case_id, consistent_read=True))
        except self._rows.DoesNotExist:
            return None

    def read_many(self, ids: list[str]) -> list[Case]:
        """Read cases, in the order of their ids; what is gone is left out."""
        found: dict[str, Case] = {}
        for start in range(0, len(ids), 100):
            wanted = [(self._rows, _CASE + name, None) for name in ids[start : start + 100]]
            for row in self._database.read_together(wanted):
                case = _to_case(cast(HealingRow, row))
                found[case.id] = case
        return [found[name] for name in ids if name in found]

    def write(self, before: Case | None, after: Case, fact: EventData, now: datetime) -> None:
        """Write one change of a case with the event that tells of it (promise 5).

        Raises
        ------
        StaleWrite
            When somebody else changed the case, or opened it, first.
        CommitBusy
            When the tables stay contended.
        """
        self.finish(Commit(self._database), before, after, fact, now)

    def finish(self, commit: Commit, before: Case | None, after: Case, fact: EventData, now: datetime) -> None:
        """The same, with writes of others that belong to it."""
        when = self._rows.pk.does_not_exist() if before is None else self._rows.version == before.version
        event = Event.of(fact, subject=after.subject, sequence=f"{after.version:08d}", at=now)
        commit.put(self._row(after, now), when=when, otherwise=lambda _: StaleWrite(after.id))
        self._log.record(commit, event)
        commit.send()

    def put_off(self, case: Case, until: datetime) -> None:
        """Look at an unchanged case later. It says nothing of the case, so there is no event."""
        document = _pack(case.model_copy(update={"look_at": until}))
        self._update(
            _CASE + case.id,
            [self._rows.look_at.set(to_text(until)), self._rows.document.set(document)],
            self._rows.version == case.version,
        )

    def listed(self, state: State, *, after: tuple[str, str] | None, limit: int, newest: bool) -> list[Listed]:
        """List cases of one state by when they were opened, from the place after one on."""
        start = None
        if after is not None:
            start = {"pk": {"S": _CASE + after[1]}, "state": {"S": state.value}, "opened_at": {"S": after[0]}}
        found = self._rows.by_state.query(
            state.value, scan_index_forward=not newest, limit=limit, page_size=limit, last_evaluated_key=start
        )
        return [Listed(row.pk.removeprefix(_CASE), str(row.kind), str(row.opened_at)) for row in found]

    # -- what is due

    def due(self, until: datetime, limit: int) -> Iterator[Due]:
        """Yield at most `limit` things that are due, the most overdue first; the cost is what is due."""
        shards = [
            self._rows.due.query(str(shard), range_key_condition=self._rows.look_at <= to_text(until), limit=limit)
            for shard in range(DUE_SHARDS)
        ]
        for row in islice(merge(*shards, key=lambda row: str(row.look_at)), limit):
            if row.pk.startswith(_CASE):
                yield Due(case=row.pk.removeprefix(_CASE))
            else:
                yield Due(order=row.pk.removeprefix(_WATCH))

    def watched(self, number: str) -> list[Event]:
        """Return the events of an order whose e-mail was not sent when it was looked at last."""
        try:
            row = self._rows.get(_WATCH + number, consistent_read=True)
        except self._rows.DoesNotExist:
            return []
        return [Event.model_validate(each) for each in json.loads(row.value or "[]")]

    def watch(self, number: str, look_at: datetime, mails: list[Event]) -> None:
        """Look at an order again then, and at these events' e-mails."""
        kept = [event.model_dump(exclude_none=True, exclude={"request"}) for event in mails]
        actions: list[Action] = [
            self._rows.due_shard.set(str(spread(number, DUE_SHARDS))),
            self._rows.look_at.set(to_text(look_at)),
            self._rows.value.set(json.dumps(kept, separators=(",", ":"))),
            self._rows.expires_at.remove(),
        ]
        self._rows(_WATCH + number).update(actions=actions)

    def unwatch(self, number: str, now: datetime) -> None:
        """An order has nothing unfinished any more; where it was not watched nothing is written."""
        rows = self._rows
        self._update(
            _WATCH + number,
            [rows.due_shard.remove(), rows.look_at.remove(), rows.value.remove(), rows.expires_at.set(_expiry(now))],
            rows.due_shard.exists(),
        )

    # -- what the runs share

    def reserve(self, name: str, holder: str, now: datetime, length: timedelta) -> bool:
        """Take something for a while that one worker may have at a time; False while another has it."""
        rows = self._rows
        return self._update(
            name,
            [rows.until.set(to_text(now + length)), rows.value.set(holder)],
            rows.until.does_not_exist() | (rows.until <= to_text(now)) | (rows.value == holder),
        )

    def give_up(self, name: str, holder: str, now: datetime) -> None:
        """Let others have it."""
        self._update(name, [self._rows.until.set(to_text(now))], self._rows.value == holder)

    def spend(self, what: str, day: str, limit: int, now: datetime) -> bool:
        """Count one more of a day, up to a limit; False when the limit is reached (one conditional write)."""
        rows = self._rows
        return self._update(
            f"COUNT#{day}#{what}",
            [rows.used.add(1), rows.expires_at.set(int((now + _COUNT_KEPT).timestamp()))],
            rows.used.does_not_exist() | (rows.used < limit),
        )

    def note(self, name: str) -> str | None:
        """Read what was kept under a name."""
        try:
            return self._rows.get(name, consistent_read=True).value
        except self._rows.DoesNotExist:
            return None

    def keep(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        self._rows(name).update(actions=[self._rows.value.set(value)])

    def _row(self, case: Case, now: datetime) -> HealingRow:
        row = self._rows(
            _CASE + case.id,
            version=case.version,
            state=case.state.value,
            kind=case.kind.value,
            opened_at=to_text(case.opened_at),
            document=_pack(case),
        )
        if case.waiting and case.look_at is not None:
            row.due_shard, row.look_at = str(spread(case.id, DUE_SHARDS)), to_text(case.look_at)
        if not case.waiting:
            row.expires_at = _expiry(now)
        return row

    def _update(self, name: str, actions: list[Action], condition: Condition) -> bool:
        try:
            self._rows(name).update(actions=actions, condition=condition)
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True


def fits(finding: Finding) -> bool:
    """Tell whether a finding's message fits into a row."""
    return finding.body is None or len(zlib.compress(finding.body.encode())) <= LARGEST_BODY


def _expiry(now: datetime) -> int:
    return int((now + KEPT).timestamp())


def _pack(case: Case) -> bytes:
    """Write a case as one attribute: nobody searches in it, and a letter's body is much of it."""
    return zlib.compress(case.model_dump_json(exclude={"version"}).encode())


def _to_case(row: HealingRow) -> Case:
    known = json.loads(zlib.decompress(row.document))
    known["finding"] = Finding.model_validate(known["finding"])
    known["history"] = tuple(Entry.model_validate(each) for each in known["history"])
    for name in ("opened_at", "look_at", "busy_until"):
        known[name] = from_text(known[name]) if known[name] else None
    return Case.model_validate({**known, "version": int(row.version or 1)})
