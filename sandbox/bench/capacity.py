"""What DynamoDB bills, by its own published rules, from the items themselves.

Sizes follow AWS's "DynamoDB item sizes and formats": names and values in UTF-8 bytes, numbers one byte for every two
significant digits and one more, booleans one byte, lists and maps three bytes and one for each element.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WRITE_BYTES = 1024
READ_BYTES = 4096
#: Each item of a transaction is prepared and committed.
TRANSACTION = 2

#: An item as the API writes it: ``{"pk": {"S": "…"}}``.
Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its key, and whether it carries the whole item or only keys."""

    key: tuple[str, ...]
    whole: bool


def item_bytes(item: Item) -> int:
    """Return the size of an item."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None, *, transaction: bool) -> int:
    """Return the write units of one put, update or delete: the larger of the item before and after counts."""
    size = max(item_bytes(item) if item else 0 for item in (before, after))
    return _units(size, WRITE_BYTES) * (TRANSACTION if transaction else 1)


def index_units(index: Index, table_key: Iterable[str], before: Item | None, after: Item | None) -> int:
    """Return the write units that a change of an item costs in an index.

    An entry that comes or goes costs one write, one whose key changes two, one that stays as it was none. It is taken
    to be written plainly where the change was part of a transaction, as both local engines count it.
    """
    names = {*index.key, *table_key}
    old, new = (_entry(index, names, item) for item in (before, after))
    if old == new:
        return 0
    if old is not None and new is not None and all(old[name] == new[name] for name in names):
        return _units(max(item_bytes(old), item_bytes(new)), WRITE_BYTES)
    return sum(_units(item_bytes(entry), WRITE_BYTES) for entry in (old, new) if entry is not None)


def read_units(sizes: Iterable[int], *, consistent: bool, together: bool) -> float:
    """Return the read units of items of these sizes (0 for one that does not exist).

    A query adds its items up before it rounds (`together`); a batch rounds each. Nothing found costs as one item.
    """
    sizes = list(sizes)
    units = _units(sum(sizes), READ_BYTES) if together else sum(_units(size, READ_BYTES) for size in sizes)
    return units * (1.0 if consistent else 0.5)


def _entry(index: Index, names: set[str], item: Item | None) -> Item | None:
    if item is None or not all(name in item for name in index.key):
        return None
    return item if index.whole else {name: item[name] for name in names}


def _units(size: int, step: int) -> int:
    return max(1, -(-size // step))


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_bytes(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_bytes(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(element) for name, element in content.items())
        case "SS":
            return sum(len(element.encode()) for element in content)
        case "NS":
            return sum(_number_bytes(element) for element in content)
        case "BS":
            return sum(len(element) for element in content)
    raise ValueError(f"DynamoDB has no type {kind}")


def _number_bytes(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return -(-len(digits) // 2) + 1
