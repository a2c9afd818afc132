"""The orders table: an order is one row, changed only from the version that was read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from pynamodb.attributes import BinaryAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from commerce.inventory.model import Hold
from commerce.kernel.clock import from_text, to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.ids import spread
from commerce.kernel.tables import Database
from commerce.ordering.model import Order, OrderStatus, TimelineEntry
from commerce.ordering.terms_text import pack, unpack

#: What an order can have and lose again.
_MAY_END = ("live_attempt", "redemption", "credit_id", "dispute")
#: Due orders are spread over this many partitions of the index.
DUE_SHARDS = 4


class DueIndex(GlobalSecondaryIndex["OrderRow"]):  # type: ignore[no-untyped-call]
    """Orders that the sweep must look at, by time; sparse, so it holds only those."""

    class Meta:
        """Index name and projection."""

        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class OrderRow(Model):
    """An order. `terms` is one attribute, see `terms_text`: reading nested maps costs milliseconds."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="ORDER")
    id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    status = UnicodeAttribute()
    version = NumberAttribute()
    terms = BinaryAttribute(legacy_encoding=False)
    holds = UnicodeAttribute()
    reserved_until = UnicodeAttribute()
    attempts = NumberAttribute()
    live_attempt = NumberAttribute(null=True)
    paid = NumberAttribute()
    refunds = NumberAttribute(null=True)
    redemption = UnicodeAttribute(null=True)
    credit_id = UnicodeAttribute(null=True)
    credit_returned = NumberAttribute(null=True)
    dispute = UnicodeAttribute(null=True)
    timeline = ListAttribute[UnicodeAttribute](of=UnicodeAttribute)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    head = BinaryAttribute(null=True, legacy_encoding=False)
    due = DueIndex()


class OrderExists(Exception):
    """The order number is taken: a replay of the same request, or (once in ages) another order."""

    def __init__(self, stored: Order) -> None:
        super().__init__(stored.number)
        self.stored = stored


class Orders:
    """Keeps orders."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows = database.bind(OrderRow, "orders")

    def open(self, commit: Commit, order: Order) -> None:
        """Write a new order; fails the commit with OrderExists, which carries the stored one."""
        row = self.rows(
            order.number,
            "ORDER",
            id=order.id,
            fingerprint=order.fingerprint,
            status=order.status.value,
            version=order.version,
            terms=pack(order.terms),
            holds=_holds_text(order),
            reserved_until=to_text(order.reserved_until),
            attempts=order.attempts,
            live_attempt=order.live_attempt,
            paid=order.paid,
            redemption=order.redemption,
            credit_id=order.credit_id,
            timeline=[f"{entry.type} {entry.at}" for entry in order.timeline],
            due_shard=_shard(order.number) if order.due_at else None,
            due_at=to_text(order.due_at) if order.due_at else None,
            head=_head_bytes(order),
        )
        commit.put(row, when=self.rows.pk.does_not_exist(), otherwise=lambda stored: OrderExists(to_order(stored)))

    def change(self, commit: Commit, before: Order, after: Order) -> None:
        """Write what changed, if the order is still as `before`; else the commit fails with StaleWrite.

        This condition is where settlement and expiry meet: exactly one of them wins.
        """
        rows = self.rows
        actions: list[Action] = [
            rows.version.set(after.version),
            rows.timeline.set(
                rows.timeline.append([f"{entry.type} {entry.at}" for entry in after.timeline[len(before.timeline) :]])
            ),
        ]
        plain: dict[str, Any] = {
            "status": after.status.value if after.status is not before.status else None,
            "reserved_until": to_text(after.reserved_until) if after.reserved_until != before.reserved_until else None,
            "attempts": after.attempts if after.attempts != before.attempts else None,
            "paid": after.paid if after.paid != before.paid else None,
            "holds": _holds_text(after) if after.holds != before.holds else None,
            "refunds": after.refunds if after.refunds != before.refunds else None,
            "credit_returned": after.credit_returned if after.credit_returned != before.credit_returned else None,
            "head": _head_bytes(after) if after.head != before.head else None,
        }
        actions += [getattr(rows, name).set(value) for name, value in plain.items() if value is not None]
        for name in _MAY_END:
            value = getattr(after, name)
            if value != getattr(before, name):
                actions.append(getattr(rows, name).remove() if value is None else getattr(rows, name).set(value))
        if after.due_at != before.due_at:
            actions += (
                [rows.due_shard.remove(), rows.due_at.remove()]
                if after.due_at is None
                else [rows.due_shard.set(_shard(after.number)), rows.due_at.set(to_text(after.due_at))]
            )
        commit.update(
            rows(before.number, "ORDER"),
            actions=actions,
            when=(rows.version == before.version) & (rows.status == before.status.value),
            otherwise=lambda _: StaleWrite(before.number),
        )

    def end_of(self, number: str) -> tuple[int, str | None] | None:
        """Return an order's version and head, as committed now, or None when there is no such order.

        The version counts its events, and the head is the last one's hash; None from before there was a chain.
        """
        found = self.rows.query(
            number, self.rows.sk == "ORDER", consistent_read=True, attributes_to_get=["pk", "sk", "version", "head"]
        )
        for row in found:
            return int(row.version), row.head.hex() if row.head else None
        return None

    def read(self, numbers: Sequence[str]) -> list[Order]:
        """Return these orders as they stand, without what is beside them (one read for each hundred)."""
        found: list[Order] = []
        for start in range(0, len(numbers), 100):
            wanted = [(self.rows, number, "ORDER") for number in numbers[start : start + 100]]
            found += [to_order(row) for row in self._database.read_together(wanted) if isinstance(row, OrderRow)]
        return found

    def due(self, until: datetime, limit: int) -> Iterator[str]:
        """Yield the numbers of at most `limit` orders due by `until`, oldest first; the cost is what is due."""
        shards = [
            self.rows.due.query(str(shard), range_key_condition=self.rows.due_at <= to_text(until), limit=limit)
            for shard in range(DUE_SHARDS)
        ]
        for row in islice(merge(*shards, key=lambda row: str(row.due_at)), limit):
            yield row.pk


def to_order(row: OrderRow) -> Order:
    """Read an order from its row."""
    live = row.live_attempt
    holds = {sku: tuple(Hold(*hold) for hold in held) for sku, held in json.loads(row.holds).items()}
    return Order(
        id=row.id,
        number=row.pk,
        fingerprint=row.fingerprint,
        terms=unpack(row.terms),
        status=OrderStatus(row.status),
        version=int(row.version),
        holds=holds,
        reserved_until=from_text(row.reserved_until),
        due_at=from_text(row.due_at) if row.due_at else None,
        attempts=int(row.attempts),
        live_attempt=None if live is None else int(live),
        paid=int(row.paid),
        refunds=int(row.refunds or 0),
        redemption=row.redemption,
        credit_id=row.credit_id,
        credit_returned=int(row.credit_returned or 0),
        dispute=row.dispute,  # type: ignore[arg-type]  # pydantic checks it
        timeline=tuple(
            TimelineEntry(type=kind, at=at) for kind, at in (str(entry).split(" ", 1) for entry in row.timeline)
        ),
        head=row.head.hex() if row.head else None,
    )


def _holds_text(order: Order) -> str:
    return json.dumps(order.holds, separators=(",", ":"))


def _head_bytes(order: Order) -> bytes | None:
    return bytes.fromhex(order.head) if order.head else None


def _shard(number: str) -> str:
    return str(spread(number, DUE_SHARDS))
