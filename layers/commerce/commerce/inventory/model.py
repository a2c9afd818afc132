"""Stock as numbers in buckets. For every bucket, always: available + reserved + sold = received (promise 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from commerce.kernel.ids import spread

#: A transaction takes 100 writes; this many holds leave room for the order, its attempt, event, receipt and refund, and
#: for what it uses of a voucher and of store credit.
MOST_HOLDS = 85


class Hold(NamedTuple):
    """Units of one SKU taken from one bucket."""

    bucket: int
    quantity: int


def home_bucket(order_id: str, sku: str, buckets: int) -> int:
    """Return the bucket an order tries first: orders spread evenly, a retry comes to the same one."""
    return spread(f"{order_id}/{sku}", buckets)


def first_choice(order_id: str, sku: str, quantity: int, buckets: int) -> tuple[Hold, ...]:
    """Return the hold to try without reading any stock: everything from the home bucket."""
    return (Hold(home_bucket(order_id, sku, buckets), quantity),)


def allocate(order_id: str, sku: str, quantity: int, available: Mapping[int, int]) -> tuple[Hold, ...] | None:
    """Choose buckets for a quantity from what each had when it was read; None when all together have too little.

    The first bucket from the home bucket on that has enough serves it whole; else the fullest serve it together.
    """
    if sum(available.values()) < quantity:
        return None
    home = home_bucket(order_id, sku, max(available) + 1)
    ring = sorted(available, key=lambda bucket: (bucket - home) % (max(available) + 1))
    for bucket in ring:
        if available[bucket] >= quantity:
            return (Hold(bucket, quantity),)
    holds: list[Hold] = []
    for bucket in sorted(ring, key=lambda bucket: -available[bucket]):
        take = min(available[bucket], quantity)
        holds.append(Hold(bucket, take))
        quantity -= take
        if quantity == 0:
            break
    return tuple(holds)


def fits_one_commit(holds: Mapping[str, tuple[Hold, ...]]) -> bool:
    """Tell whether an order's holds can be moved in one transaction."""
    return sum(len(held) for held in holds.values()) <= MOST_HOLDS


def take_from(holds: tuple[Hold, ...], quantity: int) -> tuple[tuple[Hold, ...], tuple[Hold, ...]]:
    """Split holds into those of `quantity` units, from the first on, and the rest.

    Raises
    ------
    ValueError
        When all together have fewer units.
    """
    taken: list[Hold] = []
    rest: list[Hold] = []
    for hold in holds:
        units = min(hold.quantity, quantity)
        quantity -= units
        if units:
            taken.append(Hold(hold.bucket, units))
        if units < hold.quantity:
            rest.append(Hold(hold.bucket, hold.quantity - units))
    if quantity:
        raise ValueError("the holds have fewer units")
    return tuple(taken), tuple(rest)
