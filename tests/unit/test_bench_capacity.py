"""The benchmark's arithmetic of DynamoDB: sizes and request units by AWS's published rules."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.bench.capacity import Index, index_units, item_bytes, read_units, write_units

DUE = Index(("due_shard", "due_at"), whole=False)
KEY = ("pk", "sk")


def text(size: int) -> dict[str, Any]:
    """An item of exactly this many bytes."""
    return {"pk": {"S": "x" * (size - 2)}}


def order(**more: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"pk": "1", "sk": "ORDER", **more}.items()}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é€"}, 5),
        ({"S": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "100"}, 2),
        ({"N": "-12.5"}, 3),
        ({"N": "10130000"}, 3),
        ({"B": b"\x00\x01\x02"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"ab": {"S": "c"}}}, 3 + 1 + 2 + 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["12", "3"]}, 4),
        ({"BS": [b"ab", b"c"]}, 3),
    ],
)
def test_the_size_of_a_value(value: dict[str, Any], size: int) -> None:
    assert item_bytes({"name": value}) == 4 + size


def test_an_unknown_type_is_no_zero() -> None:
    with pytest.raises(ValueError, match="X"):
        item_bytes({"name": {"X": "?"}})


@pytest.mark.parametrize(("size", "units"), [(2, 1), (1024, 1), (1025, 2), (2049, 3)])
def test_a_write_costs_by_the_kilobyte_and_twice_in_a_transaction(size: int, units: int) -> None:
    assert write_units(None, text(size), transaction=False) == units
    assert write_units(None, text(size), transaction=True) == 2 * units


def test_an_update_costs_the_larger_of_before_and_after() -> None:
    assert write_units(text(3000), text(10), transaction=False) == 3
    assert write_units(text(10), text(3000), transaction=False) == 3
    assert write_units(text(1500), None, transaction=False) == 2


def test_an_index_costs_only_when_its_entry_changes() -> None:
    due = order(due_shard="1", due_at="2026")
    assert index_units(DUE, KEY, None, order()) == 0
    assert index_units(DUE, KEY, None, due) == 1
    assert index_units(DUE, KEY, due, {**due, "status": {"S": "processing"}}) == 0
    assert index_units(DUE, KEY, due, order()) == 1
    assert index_units(DUE, KEY, due, order(due_shard="1", due_at="2027")) == 2


def test_an_index_that_carries_the_whole_item_is_written_with_it() -> None:
    whole = Index(("due_shard", "due_at"), whole=True)
    due = order(due_shard="1", due_at="2026")
    assert index_units(whole, KEY, due, {**due, "status": {"S": "x" * 1500}}) == 2


def test_reads_cost_by_four_kilobytes() -> None:
    assert read_units([4096], consistent=True, together=False) == 1
    assert read_units([4097], consistent=True, together=False) == 2
    assert read_units([300, 300, 300], consistent=True, together=False) == 3
    assert read_units([300, 300, 300], consistent=True, together=True) == 1
    assert read_units([300], consistent=False, together=True) == 0.5


def test_reading_what_is_not_there_costs_too() -> None:
    assert read_units([0], consistent=True, together=False) == 1
    assert read_units([], consistent=False, together=True) == 0.5
