"""Which buckets an order's units come from."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from commerce.inventory.model import Hold, allocate, first_choice, fits_one_commit, home_bucket

STOCK = st.integers(1, 12).flatmap(
    lambda count: st.fixed_dictionaries({bucket: st.integers(0, 9) for bucket in range(count)})
)


@given(st.text(), st.integers(1, 100), STOCK)
@example("order", 1, {0: 0})
def test_allocation_takes_what_is_there_and_no_more(order: str, quantity: int, available: dict[int, int]) -> None:
    holds = allocate(order, "SKU", quantity, available)
    if holds is None:
        assert sum(available.values()) < quantity
        return
    assert sum(hold.quantity for hold in holds) == quantity
    assert len({hold.bucket for hold in holds}) == len(holds), "DynamoDB takes an item once in a transaction"
    for hold in holds:
        assert 0 < hold.quantity <= available[hold.bucket]
    if any(left >= quantity for left in available.values()):
        assert len(holds) == 1
    else:
        smaller = sorted(available.values(), reverse=True)[: len(holds) - 1]
        assert sum(smaller) < quantity, "no fewer buckets would do"


@given(st.text(), st.integers(1, 100), STOCK)
def test_allocation_is_the_same_again(order: str, quantity: int, available: dict[int, int]) -> None:
    backwards = dict(reversed(available.items()))
    assert allocate(order, "SKU", quantity, available) == allocate(order, "SKU", quantity, backwards)


@given(st.text(), st.text(), st.integers(1, 9), st.integers(1, 64))
def test_first_choice_is_home(order: str, sku: str, quantity: int, buckets: int) -> None:
    (hold,) = first_choice(order, sku, quantity, buckets)
    assert hold == (home_bucket(order, sku, buckets), quantity)
    assert allocate(order, sku, quantity, dict.fromkeys(range(buckets), 9)) == (hold,)


def test_nothing_in_stock() -> None:
    assert allocate("order", "SKU", 1, {}) is None
    assert allocate("order", "SKU", 1, {0: 0, 1: 0}) is None


@given(st.text(), st.integers(1, 9), STOCK)
@example("order", 9, {0: 3, 1: 9, 2: 9})
def test_the_nearest_bucket_from_home_on_that_has_enough_serves_all(
    order: str, quantity: int, available: dict[int, int]
) -> None:
    """So orders spread over the buckets as they do without reading, and a retry comes to the same one."""
    buckets = len(available)
    home = home_bucket(order, "SKU", buckets)
    ring = [(home + step) % buckets for step in range(buckets)]
    enough = next((bucket for bucket in ring if available[bucket] >= quantity), None)
    if enough is not None:
        assert allocate(order, "SKU", quantity, available) == (Hold(enough, quantity),)


@given(st.text(), st.integers(1, 100), STOCK)
def test_the_fullest_serve_together_and_of_equally_full_the_nearest(
    order: str, quantity: int, available: dict[int, int]
) -> None:
    holds = allocate(order, "SKU", quantity, available)
    if holds is None or len(holds) < 2:
        return
    home = home_bucket(order, "SKU", len(available))
    places = [(-available[hold.bucket], (hold.bucket - home) % len(available)) for hold in holds]
    assert places == sorted(places)
    assert [hold.quantity for hold in holds[:-1]] == [available[hold.bucket] for hold in holds[:-1]]


def test_a_commit_has_room_for_85_holds_beside_its_other_writes() -> None:
    """DynamoDB takes 100 writes at once."""
    most = tuple(Hold(bucket, 1) for bucket in range(45))
    assert fits_one_commit({"A": most, "B": most[:40]})
    assert not fits_one_commit({"A": most, "B": most[:41]})
    assert fits_one_commit({})
