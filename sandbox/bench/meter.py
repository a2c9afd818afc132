"""Works out a call's request units from the items it touches, as they are before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.bench.capacity import Index, Item, index_units, item_bytes, read_units, write_units

_SINGLE_WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


@dataclass(frozen=True, slots=True)
class Row:
    """One written row: what it is, its bytes, and its write units; an index entry is a row of its own."""

    name: str
    size: int
    units: int


@dataclass
class Units:
    """Request units: worked out by DynamoDB's rules, and as the engine says."""

    write: float = 0
    read: float = 0
    engine_write: float = 0
    engine_read: float = 0
    #: The rows of each writing call, in order.
    commits: list[list[Row]] = field(default_factory=list)


@dataclass
class UnitMeter:
    """Meters one flow; `client` is one that nobody counts, `tables` the shop's names by the physical ones."""

    client: Any
    tables: Mapping[str, str]
    keys: Mapping[str, tuple[str, ...]]
    indexes: Mapping[str, list[Index]]
    units: Units = field(default_factory=Units)
    _parameters: dict[str, Any] = field(default_factory=dict)
    _before: list[Item | None] = field(default_factory=list)

    def before(self, operation: str, parameters: dict[str, Any]) -> None:
        """Ask for the engine's own count, and see what is about to be overwritten."""
        parameters["ReturnConsumedCapacity"] = "INDEXES"
        self._parameters = parameters
        self._before = [self._stored(table, key) for table, key in self._written(operation)]

    def after(self, operation: str, answer: dict[str, Any]) -> None:
        """Add what the call cost."""
        consumed = answer.get("ConsumedCapacity") or []
        engine = sum(float(one["CapacityUnits"]) for one in (consumed if isinstance(consumed, list) else [consumed]))
        written = list(self._written(operation))
        if written:
            self.units.engine_write += engine
            transaction = operation == "TransactWriteItems"
            self.units.commits.append([])
            for (table, key), old in zip(written, self._before, strict=True):
                self._add_write(self.tables[table], old, self._stored(table, key), transaction=transaction)
        else:
            self.units.engine_read += engine
            self.units.read += self._read(operation, answer)

    def _add_write(self, table: str, old: Item | None, new: Item | None, *, transaction: bool) -> None:
        units = write_units(old, new, transaction=transaction)
        present = new or old or {}
        self._note(Row(_kind(table, present), item_bytes(present), units))
        for index in self.indexes[table]:
            extra = index_units(index, self.keys[table], old, new)
            if extra:
                self._note(Row(f"{table} index entry", 0, extra))

    def _note(self, row: Row) -> None:
        self.units.commits[-1].append(row)
        self.units.write += row.units

    def _read(self, operation: str, answer: dict[str, Any]) -> float:
        asked = self._parameters
        if operation == "BatchGetItem":
            return sum(self._batch(table, part, answer) for table, part in asked["RequestItems"].items())
        consistent = bool(asked.get("ConsistentRead"))
        found = [answer["Item"]] if "Item" in answer else answer.get("Items", [])
        return read_units([item_bytes(item) for item in found] or [0], consistent=consistent, together=True)

    def _batch(self, table: str, part: dict[str, Any], answer: dict[str, Any]) -> float:
        sizes = [item_bytes(item) for item in answer["Responses"].get(table, [])]
        missing = [0] * (len(part["Keys"]) - len(sizes))
        return read_units([*sizes, *missing], consistent=bool(part.get("ConsistentRead")), together=False)

    def _written(self, operation: str) -> Iterator[tuple[str, Item]]:
        asked = self._parameters
        if operation == "TransactWriteItems":
            for part in asked["TransactItems"]:
                ((kind, write),) = part.items()
                yield write["TableName"], self._key(kind, write)
        elif operation in _SINGLE_WRITES:
            yield asked["TableName"], self._key(_SINGLE_WRITES[operation], asked)

    def _key(self, kind: str, write: dict[str, Any]) -> Item:
        if kind != "Put":
            key: Item = write["Key"]
            return key
        return {name: write["Item"][name] for name in self.keys[self.tables[write["TableName"]]]}

    def _stored(self, table: str, key: Item) -> Item | None:
        item: Item | None = self.client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return item


def _kind(table: str, item: Item) -> str:
    """Name a row by its table and what it is: the part of its key before the first ``#``."""
    if table == "vouchers":
        return " ".join([table, *(item[name]["S"].partition("#")[0] for name in ("pk", "sk") if name in item)])
    name = item.get("sk", item.get("pk", {"S": ""}))["S"] if table in ("orders", "guards") else ""
    return f"{table} {name.partition('#')[0]}".strip()
