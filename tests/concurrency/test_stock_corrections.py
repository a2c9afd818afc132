"""Staff correct stock while buyers order: nothing that is held is taken, and one press of a button counts once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.catalog.model import MAX_STOCK_BUCKETS
from commerce.checkout.place_order import Placement
from commerce.inventory.adjust_stock import adjust_stock
from commerce.inventory.store import Counters, OutOfStock
from commerce.kernel.errors import InvalidRequest, KeyReused, NotFound
from tests.support import engines
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.shop import Shop


def correct(shop: Shop, change: int, key: str, *, sku: str = "HOT", reason: str = "counted") -> Counters:
    return adjust_stock(shop.database, shop.clock, sku=sku, change=change, reason=reason, by="staff-1", key=key)


def adjusted(shop: Shop, sku: str = "HOT") -> list[int]:
    trail = shop.till.log.trail(f"sku/{sku}")
    return [int(event.data["change"]) for event in trail if event.type == "StockAdjusted"]


@pytest.mark.parametrize("buckets", [1, 3])
def test_buyers_and_staff_race_for_the_last_units(shop: Shop, buckets: int) -> None:
    """Five units, five buyers and five corrections of one: as many of them all succeed as there are units."""
    shop.sell("HOT", stock=5, buckets=buckets)
    calls: list[Callable[[], object]] = []
    for number in range(5):
        calls.append(lambda number=number: shop.order(f"buyer {number}", ("HOT", 1)))  # type: ignore[misc]
        calls.append(lambda number=number: correct(shop, -1, f"press {number}"))  # type: ignore[misc]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(len(calls)), nth=1)
        results = together(*calls)

    bought = sum(isinstance(result, Placement) for result in results)
    taken = sum(isinstance(result, Counters) for result in results)
    assert bought + taken == 5, results
    assert all(isinstance(result, (Placement, Counters, OutOfStock)) for result in results), results
    assert shop.stock("HOT") == {"available": 0, "reserved": bought, "sold": 0, "received": 5 - taken}
    assert adjusted(shop) == [-1] * taken
    shop.assert_promises()


def test_goods_fill_and_leave_as_many_buckets_as_there_may_be(shop: Shop) -> None:
    """One commit takes a hundred writes; each bucket is one, and the event is one more."""
    shop.sell("HOT", stock=2 * MAX_STOCK_BUCKETS, buckets=MAX_STOCK_BUCKETS)
    left = correct(shop, -2 * MAX_STOCK_BUCKETS, "all of it")
    assert left == Counters(available=0, reserved=0, sold=0, received=0)
    assert correct(shop, MAX_STOCK_BUCKETS, "found again").available == MAX_STOCK_BUCKETS
    shop.assert_promises()


def test_one_key_pressed_by_many_threads_counts_once(shop: Shop) -> None:
    shop.sell("HOT", stock=9, buckets=2)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(6), nth=1)
        results = together(*(lambda: correct(shop, -3, "the press") for _ in range(6)))
    assert all(isinstance(result, Counters) for result in results), results
    assert shop.stock("HOT") == {"available": 6, "reserved": 0, "sold": 0, "received": 6}
    assert adjusted(shop) == [-3]


def test_a_repeat_is_known_on_the_shelf_it_emptied(shop: Shop) -> None:
    shop.sell("HOT", stock=3)
    first = correct(shop, -3, "press")
    assert correct(shop, -3, "press") == first == Counters(0, 0, 0, 0)
    for change, reason in ((-2, "counted"), (-3, "broken"), (3, "counted")):
        with pytest.raises(KeyReused):
            correct(shop, change, "press", reason=reason)
    with pytest.raises(OutOfStock):
        correct(shop, -3, "another press")
    assert adjusted(shop) == [-3]


def test_what_cannot_be_corrected(shop: Shop) -> None:
    shop.sell("HOT", stock=3)
    for change in (0, 10**6 + 1, -(10**6) - 1):
        with pytest.raises(InvalidRequest) as refused:
            correct(shop, change, "press")
        assert refused.value.field == "change"
    with pytest.raises(NotFound):
        correct(shop, 1, "press", sku="COLD")
    assert adjusted(shop) == []


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue("ministack_url")
    return address


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    stock=st.integers(0, 12),
    buckets=st.integers(1, 4),
    steps=st.lists(
        st.tuples(st.sampled_from(["order", "correct"]), st.integers(-6, 6), st.integers(0, 3)), max_size=12
    ),
)
def test_any_corrections_among_orders_add_up(
    url: str, stock: int, buckets: int, steps: list[tuple[str, int, int]]
) -> None:
    shop = Shop(engines.fresh_database(url))
    shop.sell("HOT", stock=stock, buckets=buckets)
    received, keys = stock, set[int]()
    for number, (what, change, key) in enumerate(steps):
        before = shop.stock("HOT")
        try:
            if what == "order":
                shop.order(f"order {number}", ("HOT", abs(change) + 1))
            elif change:
                correct(shop, change, f"press {key}")
                received += 0 if key in keys else change
                keys.add(key)
        except OutOfStock:
            wanted = abs(change) + (what == "order")
            assert before["available"] < wanted
        except KeyReused:
            assert key in keys
        assert shop.stock("HOT")["received"] == received
        shop.assert_promises()
