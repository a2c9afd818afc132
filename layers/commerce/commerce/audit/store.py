"""The event log's table: events are appended, never changed (promise 5; no role may update or delete them)."""

from __future__ import annotations

import json

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.events import Event
from commerce.kernel.tables import Database


class EventRow(Model):
    """One event: partition = its subject, sort key = its sequence."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    version = NumberAttribute(default=1)
    at = UnicodeAttribute()
    data = UnicodeAttribute()


class EventLog:
    """Appends events to commits, and reads a subject's trail."""

    def __init__(self, database: Database) -> None:
        self._rows = database.bind(EventRow, "events")

    def record(self, commit: Commit, event: Event) -> None:
        """Append `event` in the commit whose change it tells of.

        The commit fails with StaleWrite when the subject already has an event of this sequence: somebody else's
        change came first.
        """
        row = self._rows(
            event.subject,
            event.sequence,
            type=event.type,
            version=event.version,
            at=event.at,
            data=json.dumps(event.data, separators=(",", ":")),
        )
        commit.record(row, when=self._rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(event.subject))

    def trail(self, subject: str) -> list[Event]:
        """Return all events of a subject, oldest first."""
        return [to_event(row) for row in self._rows.query(subject, consistent_read=True)]


def to_event(row: EventRow) -> Event:
    """Read an event from its row, as queried or as the table's stream delivers it."""
    return Event(
        id=f"{row.pk}/{row.sk}",
        type=row.type,
        version=int(row.version),
        subject=row.pk,
        sequence=row.sk,
        at=row.at,
        data=json.loads(row.data),
    )
