"""Returns as rows beside their order. Each change goes with a change of the order, whose version guards both."""

from __future__ import annotations

import json
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from commerce.kernel.clock import from_text, to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.tables import Database
from commerce.ordering.returns import ReceivedLine, Return, ReturnState

PREFIX = "RETURN#"


class ReturnRow(Model):
    """A return (sk ``RETURN#01``) of the order in its partition; `lines` and `received` are JSON."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    key = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    lines = UnicodeAttribute()
    reason = UnicodeAttribute()
    resolution = UnicodeAttribute()
    requested_at = UnicodeAttribute()
    note = UnicodeAttribute(null=True)
    decided_at = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    decision = UnicodeAttribute(null=True)
    received_at = UnicodeAttribute(null=True)
    received = UnicodeAttribute(null=True)


class Returns:
    """Keeps returns."""

    def __init__(self, database: Database) -> None:
        self.rows = database.bind(ReturnRow, "orders")

    def open(self, commit: Commit, asked: Return) -> None:
        """Write a new return; fails the commit with StaleWrite when its number is taken."""
        commit.put(self._row(asked), when=self.rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(asked.id))

    def change(self, commit: Commit, before: Return, after: Return) -> None:
        """Write a return anew if it is still in the state that was read; else the commit fails with StaleWrite."""
        commit.put(
            self._row(after), when=self.rows.state == before.state.value, otherwise=lambda _: StaleWrite(before.id)
        )

    def _row(self, one: Return) -> ReturnRow:
        return self.rows(one.order_number, return_key(one.number), **_values(one))


def return_key(number: int) -> str:
    """Return the sort key of a return."""
    return f"{PREFIX}{number:02d}"


def to_return(row: ReturnRow) -> Return:
    """Read a return from its row."""
    return Return(
        order_number=row.pk,
        number=int(row.sk.removeprefix(PREFIX)),
        key=row.key,
        fingerprint=row.fingerprint,
        lines=json.loads(row.lines),
        reason=row.reason,  # type: ignore[arg-type]  # pydantic checks it
        resolution=row.resolution,  # type: ignore[arg-type]
        requested_at=from_text(row.requested_at),
        note=row.note,
        state=ReturnState(row.state),
        decided_at=from_text(row.decided_at) if row.decided_at else None,
        decided_by=row.decided_by,
        decision=row.decision,
        received_at=from_text(row.received_at) if row.received_at else None,
        received=tuple(ReceivedLine(**line) for line in json.loads(row.received)) if row.received else (),
    )


def _values(one: Return) -> dict[str, Any]:
    values = one.model_dump(exclude={"order_number", "number"})
    received = values["received"]
    return values | {
        "state": one.state.value,
        "lines": json.dumps(one.lines, separators=(",", ":")),
        "requested_at": to_text(one.requested_at),
        "decided_at": to_text(one.decided_at) if one.decided_at else None,
        "received_at": to_text(one.received_at) if one.received_at else None,
        "received": json.dumps(received, separators=(",", ":")) if received else None,
    }
