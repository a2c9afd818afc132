"""Look through the stock table, a page at a time: does each bucket add up, and is what is reserved held by orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from commerce.healing.desk import HealingDesk
from commerce.healing.holds import TooManyHolds, compared, held_units
from commerce.healing.model import Finding, Kind
from commerce.healing.open_case import open_case
from commerce.inventory.store import Bucket

#: Buckets of one run.
PAGE = 500
#: Between two comparisons of what is reserved with what orders hold.
EVERY = timedelta(hours=1)
_PLACE, _LOOKS = "STOCK#place", "STOCK#looks"


def check_stock(desk: HealingDesk, still: Callable[[], bool]) -> int:
    """Look at the next page of buckets; return how many do not add up (promise 1)."""
    page = list(desk.till.stock.buckets(desk.cases.note(_PLACE) or None, PAGE))
    faults = [bucket for bucket in page if not bucket.sound]
    for bucket in faults:
        open_case(desk, does_not_add_up(bucket))
    desk.cases.keep(_PLACE, page[-1].name if len(page) == PAGE else "")
    return len(faults)


def compare_holds(desk: HealingDesk, still: Callable[[], bool]) -> int:
    """Once an hour, compare what buckets reserve with what unpaid orders hold; return how many differ.

    Orders come and go while they are read, so only what is found the same in two looks counts. All buckets are read
    before the orders and again after: one that moved meanwhile says nothing.
    """
    now = desk.clock.now()
    if not desk.cases.reserve("STOCK#hour", f"{now:%Y-%m-%dT%H:%M}", now, EVERY):
        return 0
    before = {bucket.name: bucket for bucket in _all(desk, still)}
    try:
        held = held_units(desk)
    except TooManyHolds:
        return 0
    after = {bucket.name: bucket for bucket in _all(desk, still)}
    found = {
        name: finding
        for name, bucket in after.items()
        if before.get(name) == bucket and (finding := compared(bucket, held[bucket.sku, bucket.number])) is not None
    }
    earlier = json.loads(desk.cases.note(_LOOKS) or "{}")
    for name, finding in found.items():
        if earlier.get(name) == finding.facts["surplus"]:
            open_case(desk, finding)
    looks = {name: finding.facts["surplus"] for name, finding in found.items()}
    desk.cases.keep(_LOOKS, json.dumps(looks, sort_keys=True, separators=(",", ":")))
    return len(found)


def does_not_add_up(bucket: Bucket) -> Finding:
    """Return what it is that a bucket's units are not all accounted for."""
    counts = ", ".join(f"{name} {count}" for name, count in bucket.counters._asdict().items())
    return Finding(
        kind=Kind.STOCK_MISMATCH,
        sign="does_not_add_up",
        about=f"sku/{bucket.name}/sum",
        title="Stock does not add up",
        detail=f"{bucket.sku}, bucket {bucket.number}: {counts}. Available, reserved and sold must make received.",
        facts={"sku": bucket.sku, "bucket": bucket.number},
    )


def _all(desk: HealingDesk, still: Callable[[], bool]) -> list[Bucket]:
    found: list[Bucket] = []
    place: str | None = None
    while still():
        page = list(desk.till.stock.buckets(place, PAGE))
        found += page
        if len(page) < PAGE:
            return found
        place = page[-1].name
    return []
