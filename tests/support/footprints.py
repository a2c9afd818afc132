"""What a call of the shop touches: rows read and rows written, which tell whether two calls are independent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

_EQUALS = re.compile(r"([#\w]+) = (:\w+)")
_WRITES = ("Put", "Update", "Delete")
#: Questions to a provider that change nothing there.
_QUESTIONS = frozenset({"look_up", "statement", "ask_for_record"})


class Row(NamedTuple):
    """A row by its table and key. Without `sk` it is a whole partition (or a row whose key has no second part),
    without `pk` a whole table.
    """

    table: str
    pk: str | None = None
    sk: str | None = None

    def overlaps(self, other: Row) -> bool:
        """Whether some row is part of both."""
        return all(mine is None or its is None or mine == its for mine, its in zip(self, other, strict=True))


@dataclass(frozen=True)
class Call:
    """One call that is about to be made."""

    name: str
    reads: frozenset[Row] = frozenset()
    writes: frozenset[Row] = frozenset()

    def independent(self, other: Call) -> bool:
        """Whether nobody can tell which of the two calls came first: neither writes what the other reads or writes."""
        return not (
            _meet(self.writes, other.writes) or _meet(self.writes, other.reads) or _meet(self.reads, other.writes)
        )


def of_provider(name: str, provider: object) -> Call:
    """Return a call of a payment provider, which touches all that this provider knows, and no table."""
    known = frozenset({Row(f"what {type(provider).__name__} knows")})
    return Call(name, reads=known) if name in _QUESTIONS else Call(name, writes=known)


def of_request(name: str, body: str | bytes) -> Call:
    """Return a call of DynamoDB from its operation and the body that is sent. What is not understood touches all."""
    told = json.loads(body)
    match name:
        case "TransactWriteItems":
            changes = [(kind, change) for item in told["TransactItems"] for kind, change in item.items()]
            written = frozenset(_row(change) for kind, change in changes if kind in _WRITES)
            return Call(name, frozenset(_row(change) for _, change in changes) - written, written)
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return Call(name, writes=frozenset({_row(told)}))
        case "GetItem":
            return Call(name, reads=frozenset({_row(told)}))
        case "BatchGetItem":
            wanted = [(table, key) for table, asked in told["RequestItems"].items() for key in asked["Keys"]]
            return Call(name, reads=frozenset(_keyed(table, key) for table, key in wanted))
        case "Query" if "IndexName" not in told:
            return Call(name, reads=frozenset({Row(told["TableName"], _partition(told))}))
        case "Query" | "Scan":
            return Call(name, reads=frozenset({Row(told["TableName"])}))
    raise AssertionError(f"{name}: nobody said what it touches")


def _row(change: Mapping[str, Any]) -> Row:
    return _keyed(change["TableName"], change.get("Key") or change["Item"])


def _keyed(table: str, key: Mapping[str, Mapping[str, str]]) -> Row:
    return Row(table, key["pk"]["S"], key["sk"]["S"] if "sk" in key else None)


def _partition(query: Mapping[str, Any]) -> str | None:
    names: Mapping[str, str] = query.get("ExpressionAttributeNames", {})
    for name, value in _EQUALS.findall(query["KeyConditionExpression"]):
        if names.get(name, name) == "pk":
            return str(query["ExpressionAttributeValues"][value]["S"])
    return None


def _meet(some: Iterable[Row], others: Iterable[Row]) -> bool:
    others = list(others)
    return any(row.overlaps(other) for row in some for other in others)
