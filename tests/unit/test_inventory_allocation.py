"""Which buckets an order's units come from."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from commerce.inventory.model import allocate, first_choice, home_bucket

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
