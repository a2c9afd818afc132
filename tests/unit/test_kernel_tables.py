"""Reading several tables' rows together, and goods coming in."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.inventory.receive_stock import receive_stock
from commerce.inventory.store import StockRow
from commerce.kernel.errors import InvalidRequest, TablesBusy
from commerce.kernel.tables import MOST_ROUNDS
from tests.support.interleave import READ, WRITE, interleaving, meeting, together
from tests.support.shop import Shop


def wanted(shop: Shop, *keys: str) -> list[tuple[type[StockRow], str, None]]:
    return [(shop.database.bind(StockRow, "stock"), key, None) for key in keys]


def unprocessed(shop: Shop, key: str) -> dict[str, Any]:
    """An answer that leaves one key for another time."""
    table = shop.database.bind(StockRow, "stock").Meta.table_name
    return {"Responses": {}, "UnprocessedKeys": {table: {"Keys": [{"pk": {"S": key}}], "ConsistentRead": True}}}


def test_what_does_not_exist_is_left_out(shop: Shop) -> None:
    shop.sell("A", stock=2, buckets=2)
    rows = shop.database.read_together(wanted(shop, "A#1", "A#7", "A#0", "A#1"))
    assert sorted(row.pk for row in rows if isinstance(row, StockRow)) == ["A#0", "A#1"]
    assert shop.database.read_together([]) == []


@pytest.mark.parametrize("rounds", [1, MOST_ROUNDS - 1])
def test_unprocessed_keys_are_asked_for_again(shop: Shop, rounds: int) -> None:
    shop.sell("A", stock=1)
    with interleaving(shop) as steps:
        for nth in range(1, rounds + 1):
            steps.answer(unprocessed(shop, "A#0"), name=READ, nth=nth)
        (row,) = shop.database.read_together(wanted(shop, "A#0"))
    assert isinstance(row, StockRow)
    assert len(steps.calls) == rounds + 1


def test_unprocessed_for_ever(shop: Shop) -> None:
    """Tries are bounded (promise 6)."""
    with interleaving(shop) as steps, pytest.raises(TimeoutError):
        steps.answer(unprocessed(shop, "A#0"), name=READ, nth=None)
        shop.database.read_together(wanted(shop, "A#0"))
    assert len(steps.calls) == MOST_ROUNDS


def test_pauses_grow_between_the_rounds(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks a throttled table again at once is throttled again."""
    pauses: list[float] = []
    monkeypatch.setattr(shop.database, "_pause", pauses.append)
    monkeypatch.setattr("commerce.kernel.tables.random.uniform", lambda least, most: most)
    with interleaving(shop) as steps, pytest.raises(TablesBusy):
        steps.answer(unprocessed(shop, "A#0"), name=READ, nth=None)
        shop.database.read_together(wanted(shop, "A#0"))
    assert pauses == [0.02, 0.04, 0.08, 0.16]


def test_delivery_counts_once(shop: Shop) -> None:
    """The same delivery twice, also at once, is one delivery."""
    shop.sell("A", stock=0, buckets=3)

    def receive(delivery: str) -> bool:
        return receive_stock(shop.database, shop.clock, sku="A", quantity=7, buckets=3, delivery=delivery)

    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        assert sorted(together(*[lambda: receive("one")] * 2)) == [False, True]
    assert receive("two")
    assert shop.stock("A") == {"available": 14, "reserved": 0, "sold": 0, "received": 14}
    assert shop.till.stock.by_bucket({"A": 3}) == {"A": {0: 6, 1: 4, 2: 4}}
    shop.assert_promises()


@pytest.mark.parametrize(("quantity", "buckets", "field"), [(-1, 1, "quantity"), (1, 0, "buckets")])
def test_impossible_delivery(shop: Shop, quantity: int, buckets: int, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        receive_stock(shop.database, shop.clock, sku="A", quantity=quantity, buckets=buckets, delivery="x")
    assert refused.value.field == field


def test_more_than_a_hundred_buckets(shop: Shop) -> None:
    """BatchGetItem takes a hundred keys: more are read in turns."""
    for sku in ("A", "B"):
        shop.sell(sku, stock=128, buckets=64)
    assert shop.till.stock.available({"A": 64, "B": 64}) == {"A": 128, "B": 128}
