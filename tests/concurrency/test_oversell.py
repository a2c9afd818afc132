"""Many buyers, few units: exactly as many orders as units, and nothing left behind by the others (promise 1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commerce.audit.store import EventRow
from commerce.checkout.place_order import Placement
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import CommitBusy
from tests.support.interleave import READ, WRITE, Interleaving, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop

BUYERS = 24
UNITS = 5


def buyer(shop: Shop, number: int, *lines: tuple[str, int]) -> Callable[[], Placement]:
    return lambda: shop.order(f"buyer {number}", *lines)


def order_events(shop: Shop) -> int:
    rows = shop.database.bind(EventRow, "events")
    return sum(1 for row in rows.scan(EventRow.type == "OrderPlaced", consistent_read=True) if row.pk)


@pytest.mark.parametrize("buckets", [1, 4])
def test_race_for_the_last_units(shop: Shop, mpesa: Mpesa, buckets: int) -> None:
    """Case 1: every buyer has read the shop before the first of them writes."""
    shop.sell("HOT", stock=UNITS, buckets=buckets)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(BUYERS), nth=1)
        results = together(*(buyer(shop, number, ("HOT", 1)) for number in range(BUYERS)))

    placed = [result for result in results if isinstance(result, Placement)]
    refused = [result for result in results if isinstance(result, OutOfStock)]
    assert (len(placed), len(refused)) == (UNITS, BUYERS - UNITS), results
    assert {(error.sku, error.available, error.field) for error in refused} == {("HOT", 0, "items.0.quantity")}
    assert shop.stock("HOT") == {"available": 0, "reserved": UNITS, "sold": 0, "received": UNITS}
    assert len(assert_kept(shop)) == UNITS
    assert order_events(shop) == UNITS
    assert sorted(name for name, _ in mpesa.prompts) == sorted(result.order.number for result in placed)


def test_race_for_units_spread_thinly(shop: Shop) -> None:
    """Case 1: orders of two units find them in two buckets; one unit left serves nobody who wants two."""
    shop.sell("HOT", stock=7, buckets=4)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(8), nth=1)
        results = together(*(buyer(shop, number, ("HOT", 2)) for number in range(8)))

    assert sum(isinstance(result, Placement) for result in results) == 3, results
    assert {error.available for error in results if isinstance(error, OutOfStock)} == {1}
    assert shop.stock("HOT") == {"available": 1, "reserved": 6, "sold": 0, "received": 7}
    assert_kept(shop)


def test_one_of_two_skus_runs_out(shop: Shop, mpesa: Mpesa) -> None:
    """Case 2: the other SKU's reservation is undone with it, and neither order, event, hold nor prompt is left."""
    shop.sell("PLENTY", stock=50, buckets=2)
    shop.sell("RARE", stock=2)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(8), nth=1)
        results = together(*(buyer(shop, number, ("PLENTY", 2), ("RARE", 1)) for number in range(8)))

    refused = [result for result in results if isinstance(result, OutOfStock)]
    assert len(refused) == 6, results
    assert {(error.sku, error.available, error.field) for error in refused} == {("RARE", 0, "items.1.quantity")}
    assert shop.stock("PLENTY") == {"available": 46, "reserved": 4, "sold": 0, "received": 50}
    assert len(assert_kept(shop)) == order_events(shop) == len(mpesa.started) == 2


def test_opposite_baskets(shop: Shop) -> None:
    """Two SKUs wanted in opposite orders by many at once: nobody deadlocks, nothing is sold twice."""
    shop.sell("A", stock=3)
    shop.sell("B", stock=3)
    lines = [("A", 1), ("B", 1)]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(8), nth=1)
        results = together(*(buyer(shop, number, *lines[:: 1 if number % 2 else -1]) for number in range(8)))

    assert sum(isinstance(result, Placement) for result in results) == 3, results
    assert shop.stock("A")["available"] == shop.stock("B")["available"] == 0
    assert_kept(shop)


def test_stock_taken_between_read_and_write(shop: Shop) -> None:
    """Case 1: the home bucket is emptied just before the write; the other bucket serves the order."""
    shop.sell("HOT", stock=2, buckets=2)
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: shop.order("quicker", ("HOT", 1)), nth=1)
        shop.order("slower", ("HOT", 1))

    assert shop.stock("HOT") == {"available": 0, "reserved": 2, "sold": 0, "received": 2}
    assert_kept(shop)


def test_chosen_bucket_is_emptied_every_time(shop: Shop, mpesa: Mpesa) -> None:
    """Tries are bounded: who loses each race is told to come again, and has left nothing behind (promise 6)."""
    shop.sell("HOT", stock=60, buckets=3)
    quick: list[Placement] = []

    def take_everything_seen(steps: Interleaving) -> None:
        writes = steps.calls.count(WRITE)
        for _ in range(3):
            quick.append(shop.order(f"quick {writes} {len(quick)}", ("HOT", 1)))

    with interleaving(shop) as steps:
        steps.cancel("None", "None", "None", "ConditionalCheckFailed", "None", nth=None)
        steps.before(READ, lambda: take_everything_seen(steps), nth=None)
        with pytest.raises(CommitBusy):
            shop.order("unlucky", ("HOT", 1))
        assert steps.calls.count(WRITE) == 8

    assert len(mpesa.started) == len(quick)
    assert len(assert_kept(shop)) == len(quick)


def test_hold_of_an_expired_order_goes_to_the_next_buyer(shop: Shop) -> None:
    """Case 2: what an unpaid order held is for sale again, once."""
    shop.sell("HOT", stock=1)
    first = shop.order("first", ("HOT", 1))
    with pytest.raises(OutOfStock):
        shop.order("second", ("HOT", 1))
    shop.expire(first)
    assert shop.order("third", ("HOT", 1)).order.number != first.order.number
    with pytest.raises(OutOfStock):
        shop.order("fourth", ("HOT", 1))
    assert_kept(shop)
