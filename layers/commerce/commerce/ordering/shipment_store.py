"""Shipments as rows beside their order. Each change goes with a change of the order, whose version guards both."""

from __future__ import annotations

import json
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from commerce.kernel.clock import from_text, to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.tables import Database
from commerce.ordering.shipments import Shipment, ShipmentState

PREFIX = "SHIPMENT#"


class ShipmentRow(Model):
    """A shipment (sk ``SHIPMENT#01``) of the order in its partition; `notes` counts what `seen` holds."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    notes = NumberAttribute()
    key = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    carrier = UnicodeAttribute()
    tracking = UnicodeAttribute()
    lines = UnicodeAttribute()
    shipped_at = UnicodeAttribute()
    in_transit_at = UnicodeAttribute(null=True)
    delivered_at = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    noted_at = UnicodeAttribute(null=True)
    seen = UnicodeAttribute(null=True)


class Shipments:
    """Keeps shipments."""

    def __init__(self, database: Database) -> None:
        self.rows = database.bind(ShipmentRow, "orders")

    def open(self, commit: Commit, shipment: Shipment) -> None:
        """Write a new shipment; fails the commit with StaleWrite when its number is taken."""
        commit.put(self._row(shipment), when=self.rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(shipment.id))

    def change(self, commit: Commit, before: Shipment, after: Shipment) -> None:
        """Write a shipment anew if it is still in the state that was read; else the commit fails with StaleWrite."""
        commit.put(
            self._row(after),
            when=(self.rows.state == before.state.value) & (self.rows.notes == len(before.seen)),
            otherwise=lambda _: StaleWrite(before.id),
        )

    def _row(self, shipment: Shipment) -> ShipmentRow:
        return self.rows(shipment.order_number, shipment_key(shipment.number), **_values(shipment))


def shipment_key(number: int) -> str:
    """Return the sort key of a shipment."""
    return f"{PREFIX}{number:02d}"


def to_shipment(row: ShipmentRow) -> Shipment:
    """Read a shipment from its row."""
    return Shipment(
        order_number=row.pk,
        number=int(row.sk.removeprefix(PREFIX)),
        key=row.key,
        fingerprint=row.fingerprint,
        carrier=row.carrier,
        tracking=row.tracking,
        lines=json.loads(row.lines),
        state=ShipmentState(row.state),
        shipped_at=from_text(row.shipped_at),
        in_transit_at=from_text(row.in_transit_at) if row.in_transit_at else None,
        delivered_at=from_text(row.delivered_at) if row.delivered_at else None,
        note=row.note,
        noted_at=from_text(row.noted_at) if row.noted_at else None,
        seen=tuple(json.loads(row.seen)) if row.seen else (),
    )


def _values(shipment: Shipment) -> dict[str, Any]:
    values = shipment.model_dump(exclude={"order_number", "number"})
    moments = {name: to_text(at) for name in _MOMENTS if (at := values[name]) is not None}
    return (
        values
        | dict.fromkeys(_MOMENTS)
        | moments
        | {
            "state": shipment.state.value,
            "notes": len(shipment.seen),
            "lines": json.dumps(shipment.lines, separators=(",", ":")),
            "seen": json.dumps(shipment.seen, separators=(",", ":")) if shipment.seen else None,
        }
    )


_MOMENTS = ("shipped_at", "in_transit_at", "delivered_at", "noted_at")
