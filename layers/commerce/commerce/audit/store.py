"""The event log's table: events are appended, never changed (promise 5; no role may update or delete them)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from commerce.audit.chain import Stored, data_text, seal
from commerce.audit.stream import event_of
from commerce.kernel.commit import Commit
from commerce.kernel.errors import Conflict, KeyReused, StaleWrite, TablesBusy
from commerce.kernel.events import Event
from commerce.kernel.tables import MOST_ROUNDS, Database


class EventRow(Model):
    """One event: partition = its subject, sort key = its sequence."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    version = NumberAttribute(default=1)
    at = UnicodeAttribute()
    data = UnicodeAttribute()
    hash = BinaryAttribute(null=True, legacy_encoding=False)
    prev = BinaryAttribute(null=True, legacy_encoding=False)
    correlation_id = UnicodeAttribute(null=True)
    request = UnicodeAttribute(null=True)


class RequestDone(Conflict):
    """The very request was carried out before. Nothing was written."""


class EventLog:
    """Appends events to commits, and reads a subject's trail."""

    def __init__(self, database: Database) -> None:
        self._rows = database.bind(EventRow, "events")
        self._database = database

    def record(self, commit: Commit, event: Event) -> None:
        """Append `event` in the commit whose change it tells of, sealed; what was not sealed before follows nothing.

        The commit fails with StaleWrite when the subject already has an event of this sequence: somebody else's
        change came first.

        What somebody asked for under an Idempotency-Key is looked for first. The change was read before and is written
        on condition that it was not changed since, so of two equal requests at once one finds the other, here or by
        its StaleWrite.

        Raises
        ------
        RequestDone, KeyReused
            When the key that `event` answers stands in the trail already, for this request or for another.
        """
        sealed = event if event.hash else seal(event, None)
        if sealed.request is not None and self.request_done(sealed.subject, sealed.request):
            raise RequestDone("This request was carried out before.")
        row = self._rows(
            sealed.subject,
            sealed.sequence,
            type=sealed.type,
            version=sealed.version,
            at=sealed.at,
            data=data_text(sealed.data),
            hash=_bytes(sealed.hash),
            prev=_bytes(sealed.prev),
            correlation_id=sealed.correlation_id,
            request=sealed.request,
        )
        commit.record(row, when=self._rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(event.subject))

    def trail(self, subject: str) -> list[Event]:
        """Return all events of a subject, oldest first."""
        return [to_event(row) for row in self._rows.query(subject, consistent_read=True)]

    def stored(self, subject: str) -> list[Stored]:
        """Return what the table holds of a subject, in the order of its sequences, readable as events or not."""
        wanted: dict[str, Any] = {
            "TableName": self._rows.Meta.table_name,
            "KeyConditionExpression": "pk = :subject",
            "ExpressionAttributeValues": {":subject": {"S": subject}},
            "ConsistentRead": True,
        }
        found: list[Stored] = []
        while True:
            answer = self._database.connection.dispatch("Query", wanted)
            found += [Stored(item["sk"]["S"], _readable(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            wanted["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def look_up(self, places: Iterable[tuple[str, str]]) -> dict[str, Stored]:
        """Return what the table holds at subjects and sequences (at most 100), by event id.

        Raises
        ------
        TablesBusy
            When DynamoDB leaves some of them unread.
        """
        keys = [{"pk": {"S": subject}, "sk": {"S": sequence}} for subject, sequence in places]
        found: dict[str, Stored] = {}
        for _ in range(MOST_ROUNDS):
            if not keys:
                return found
            request = {self._rows.Meta.table_name: {"Keys": keys, "ConsistentRead": True}}
            answer = self._database.connection.dispatch("BatchGetItem", {"RequestItems": request})
            for item in answer["Responses"].get(self._rows.Meta.table_name, ()):
                found[f"{item['pk']['S']}/{item['sk']['S']}"] = Stored(item["sk"]["S"], _readable(item))
            keys = (answer.get("UnprocessedKeys") or {}).get(self._rows.Meta.table_name, {}).get("Keys", [])
        raise TablesBusy("DynamoDB left events unread")

    def request_done(self, subject: str, mark: str) -> bool:
        """Tell whether a request was carried out before: its mark stands in an event of the subject.

        Parameters
        ----------
        mark
            The request's mark (`Context.request`): what the caller and the key come to, a dot, and what was asked for.

        Raises
        ------
        KeyReused
            When the same caller's key stands for something else that was asked for.
        """
        own = mark.partition(".")[0] + "."
        found = self._rows.query(subject, consistent_read=True, filter_condition=self._rows.request.startswith(own))
        marks = {row.request for row in found}
        if marks and mark not in marks:
            raise KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key")
        return bool(marks)


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
        hash=row.hash.hex() if row.hash else None,
        prev=row.prev.hex() if row.prev else None,
        correlation_id=row.correlation_id,
        request=row.request,
    )


def _readable(item: dict[str, Any]) -> Event | None:
    try:
        return Event.model_validate(event_of(item))
    except (LookupError, TypeError, ValueError, ValidationError):
        return None


def _bytes(hexadecimal: str | None) -> bytes | None:
    return bytes.fromhex(hexadecimal) if hexadecimal else None
