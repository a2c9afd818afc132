"""The security table: a partition for each day's events, one for each day's quarantined bodies. Nothing is changed.

Both fade by DynamoDB's time to live, which only tidies up: what is past its time may still lie there for two days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

from commerce.kernel.tables import Database, answered_code
from commerce.security.kinds import SecurityKind
from commerce.security.model import QUARANTINE, SecurityFact, day_of

#: How many events of a day one page reads at most, where it looks for one kind.
MOST_READ = 1000


class SecurityRow(Model):
    """One event: partition = its day, sort key = its id, which begins with its moment."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    at = NumberAttribute()
    detail = UnicodeAttribute()
    who = UnicodeAttribute(null=True)
    subject = UnicodeAttribute(null=True)
    route = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    request = UnicodeAttribute(null=True)
    suppressed = NumberAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)
    body_sha256 = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class BodyRow(Model):
    """A body that could not be read, apart from its event, so that reading a day reads none of them."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    expires_at = NumberAttribute()


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event with the id it is kept under."""

    id: str
    fact: SecurityFact


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first, and the id after which the next page goes on; None at the end of the day."""

    events: tuple[KeptEvent, ...]
    last: str | None


class SecurityLog:
    """Adds to the stream of security events, and reads it."""

    def __init__(self, database: Database) -> None:
        self._rows = database.bind(SecurityRow, "security")
        self._bodies = database.bind(BodyRow, "security")

    def add(self, event_id: str, fact: SecurityFact, retention: timedelta) -> bool:
        """Keep an event, and its body where it has one; False when it was kept before, and nothing was written."""
        day = day_of(event_id)
        if fact.body is not None:
            # First: an event that says it has a body has one, whatever fails in between.
            _put(
                self._bodies(
                    _bodies_of(day), event_id, body=fact.body, expires_at=_end(fact, min(QUARANTINE, retention))
                )
            )
        told = fact.model_dump(mode="json", exclude={"body"}, exclude_none=True)
        return _put(self._rows(_events_of(day), event_id, **told, expires_at=_end(fact, retention)))

    def page(self, day: date, *, kind: SecurityKind | None, limit: int, after: str | None) -> Page:
        """Return a day's events, newest first.

        Of one `kind` a page may hold fewer than `limit`, even none, before the end: it reads `MOST_READ` at most.
        """
        found: list[KeptEvent] = []
        read, last = 0, None
        for row in self._newest(day, after, limit + 1 if kind is None else MOST_READ):
            if kind is None or row.kind == kind:
                if len(found) == limit:
                    return Page(tuple(found), found[-1].id)
                found.append(_event(row))
            read, last = read + 1, row.sk
        return Page(tuple(found), last if kind is not None and read == MOST_READ else None)

    def find(self, event_id: str, now: datetime) -> tuple[KeptEvent, str | None] | None:
        """Return an event and the body that is in quarantine for it; None when there is no such event."""
        day = day_of(event_id)
        row = next(iter(self._rows.query(_events_of(day), self._rows.sk == event_id, consistent_read=True)), None)
        if row is None or row.expires_at <= now.timestamp():
            return None
        event = _event(row)
        if event.fact.body_sha256 is None:
            return event, None
        body = next(iter(self._bodies.query(_bodies_of(day), self._bodies.sk == event_id)), None)
        return event, body.body if body and body.expires_at > now.timestamp() else None

    def _newest(self, day: date, after: str | None, most: int) -> Iterator[SecurityRow]:
        older = self._rows.sk < after if after is not None else None
        return self._rows.query(_events_of(day), older, scan_index_forward=False, limit=most, page_size=most)


def is_quarantined(fact: SecurityFact, now: datetime) -> bool:
    """Tell whether the body of an event is still kept."""
    return fact.body_sha256 is not None and now < datetime.fromtimestamp(fact.at, UTC) + QUARANTINE


def _put(row: Model) -> bool:
    try:
        row.save(condition=type(row).pk.does_not_exist())  # type: ignore[attr-defined]
    except PutError as error:
        if answered_code(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _event(row: SecurityRow) -> KeptEvent:
    kept = {name: value for name, value in row.attribute_values.items() if name in SecurityFact.model_fields}
    kept |= {"kind": SecurityKind(row.kind), "at": float(row.at)}
    return KeptEvent(row.sk, SecurityFact(**kept))


def _end(fact: SecurityFact, after: timedelta) -> int:
    return int(fact.at + after.total_seconds())


def _events_of(day: date) -> str:
    return f"DAY#{day.isoformat()}"


def _bodies_of(day: date) -> str:
    return f"BODY#{day.isoformat()}"
