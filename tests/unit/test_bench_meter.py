"""The benchmark's meter: a call's request units from the items before and after it."""

from __future__ import annotations

from typing import Any

from sandbox.bench.capacity import Index
from sandbox.bench.meter import UnitMeter

KEYS = {"orders": ("pk", "sk"), "guards": ("pk",)}
INDEXES = {"orders": [Index(("due_shard", "due_at"), whole=False)], "guards": []}
TABLES = {"t-orders": "orders", "t-guards": "guards"}
ORDER = {"pk": {"S": "1"}, "sk": {"S": "ORDER"}, "due_shard": {"S": "0"}, "due_at": {"S": "2026"}}
KEY = {"pk": {"S": "1"}, "sk": {"S": "ORDER"}}


class FakeTables:
    """One item, as it is now."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        self.item = item

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.item} if self.item else {}


def meter(tables: FakeTables) -> UnitMeter:
    return UnitMeter(tables, TABLES, KEYS, INDEXES)


def test_a_new_order_in_a_transaction_costs_twice_and_its_index_entry_once() -> None:
    tables = FakeTables(None)
    one = meter(tables)
    one.before("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t-orders", "Item": ORDER}}]})
    tables.item = ORDER
    one.after("TransactWriteItems", {"ConsumedCapacity": [{"CapacityUnits": 3.0}]})
    assert (one.units.write, one.units.engine_write) == (3, 3)
    assert [(row.name, row.units) for row in one.units.commits[0]] == [("orders ORDER", 2), ("orders index entry", 1)]


def test_an_update_that_leaves_the_index_alone() -> None:
    tables = FakeTables(ORDER)
    one = meter(tables)
    one.before("UpdateItem", {"TableName": "t-orders", "Key": KEY})
    tables.item = {**ORDER, "status": {"S": "x" * 1200}}
    one.after("UpdateItem", {})
    assert one.units.write == 2


def test_reads() -> None:
    one = meter(FakeTables(None))
    keys = [KEY, {"pk": {"S": "2"}, "sk": {"S": "ORDER"}}]
    one.before("BatchGetItem", {"RequestItems": {"t-orders": {"Keys": keys, "ConsistentRead": True}}})
    one.after("BatchGetItem", {"Responses": {"t-orders": [ORDER]}})
    assert one.units.read == 2
    one.before("Query", {"TableName": "t-orders"})
    one.after("Query", {"Items": []})
    assert one.units.read == 2.5
    assert one.units.write == 0


def test_the_engine_is_asked_for_its_own_count() -> None:
    parameters: dict[str, Any] = {"TableName": "t-guards", "Key": {"pk": {"S": "RATE#1"}}}
    meter(FakeTables(None)).before("GetItem", parameters)
    assert parameters["ReturnConsumedCapacity"] == "INDEXES"
