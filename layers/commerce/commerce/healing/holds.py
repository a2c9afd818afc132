"""Reserved units against the orders that hold them: a hold of no order keeps goods from everybody for good."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from commerce.healing.desk import HealingDesk
from commerce.healing.model import Finding, Kind, State
from commerce.inventory.store import Bucket
from commerce.ordering.model import OrderStatus

#: Unpaid orders that are compared; a shop with more at a time is not compared, and says so.
MOST_ORDERS = 5_000
#: Longer than any order may hold its goods.
_AHEAD = timedelta(days=1)


class TooManyHolds(Exception):
    """There are more unpaid orders than are compared."""


def held_units(desk: HealingDesk) -> Counter[tuple[str, int]]:
    """Return the units that unpaid orders hold, by SKU and bucket.

    Unpaid orders stand in the sweep's own index; those whose money is under review do not, but each has its case.

    Raises
    ------
    TooManyHolds
        When there are more than `MOST_ORDERS`.
    """
    numbers = set(desk.till.orders.due(desk.clock.now() + _AHEAD, MOST_ORDERS + 1))
    if len(numbers) > MOST_ORDERS:
        raise TooManyHolds
    for state in (State.OPEN, State.PROPOSED, State.FOR_PERSON):
        listed = desk.cases.listed(state, after=None, limit=MOST_ORDERS, newest=False)
        reviews = [each.id for each in listed if each.kind == Kind.PAYMENT_UNDER_REVIEW]
        numbers.update(case.finding.order_number for case in desk.cases.read_many(reviews) if case.finding.order_number)
    held: Counter[tuple[str, int]] = Counter()
    for order in desk.till.orders.read(sorted(numbers)):
        if order.status is OrderStatus.PENDING_PAYMENT:
            for sku, holds in order.holds.items():
                for hold in holds:
                    held[sku, hold.bucket] += hold.quantity
    return held


def compared(bucket: Bucket, held: int) -> Finding | None:
    """Return what is wrong when a bucket reserves other than orders hold."""
    surplus = bucket.counters.reserved - held
    if surplus == 0:
        return None
    facts: dict[str, str | int] = {"sku": bucket.sku, "bucket": bucket.number, "surplus": surplus}
    if surplus < 0:
        return Finding(
            kind=Kind.STOCK_MISMATCH,
            sign="less_than_held",
            about=f"sku/{bucket.name}/held",
            title="Orders hold more than is reserved",
            detail=f"{bucket.sku}, bucket {bucket.number}: {-surplus} units are held by orders and not reserved.",
            facts=facts,
        )
    return Finding(
        kind=Kind.ORPHANED_HOLD,
        sign="surplus",
        about=f"sku/{bucket.name}/surplus",
        title="Units are reserved for no order",
        detail=f"{bucket.sku}, bucket {bucket.number}: {surplus} units are reserved and no order holds them.",
        facts=facts,
    )


def hold_finding(desk: HealingDesk, bucket: Bucket) -> Finding | None:
    """Compare one bucket now; what moved while orders were read says nothing and is taken for sound."""
    held = held_units(desk)[bucket.sku, bucket.number]
    again = desk.till.stock.bucket(bucket.sku, bucket.number)
    return compared(bucket, held) if again == bucket else None
