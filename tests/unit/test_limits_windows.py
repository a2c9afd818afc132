"""Rate windows: so many uses, each for one write, and then the rest of the window to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pynamodb.exceptions import UpdateError

from commerce.kernel.errors import TooManyRequests
from commerce.kernel.tables import Database
from commerce.limits.store import RateLimits, WindowRow
from tests.support.interleave import calls_of, interleaving, meeting, together
from tests.support.shop import MovableClock, Shop

START = datetime(2026, 11, 22, 9, 0, 10, tzinfo=UTC)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def limits(database: Database, clock: MovableClock) -> RateLimits:
    return RateLimits(database, clock)


def spend(limits: RateLimits, what: str = "buyer") -> None:
    limits.spend(what, limit=3, window_seconds=60)


def test_window(limits: RateLimits, clock: MovableClock) -> None:
    for _ in range(3):
        spend(limits)
    with pytest.raises(TooManyRequests) as refused:
        spend(limits)
    assert refused.value.retry_after == 50
    spend(limits, "another buyer")
    clock.forward(timedelta(seconds=49))
    with pytest.raises(TooManyRequests):
        spend(limits)
    clock.forward(timedelta(seconds=1))
    spend(limits)


def test_judging_counts_nothing(limits: RateLimits, clock: MovableClock) -> None:
    window = limits.window("buyer", limit=3, window_seconds=60)
    for used in range(3):
        window.judge(used)
        spend(limits)
    with pytest.raises(TooManyRequests) as judged:
        window.judge(int(limits.rows.get(window.key).used))
    with pytest.raises(TooManyRequests) as spent:
        spend(limits)
    assert judged.value.retry_after == spent.value.retry_after == 50
    clock.forward(timedelta(seconds=60))
    assert limits.window("buyer", limit=3, window_seconds=60).key != window.key


def test_many_at_once(shop: Shop) -> None:
    """The condition counts, not the reader: of eight at once three get in."""
    limits = RateLimits(shop.database, shop.clock)
    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(8), nth=1)
        results = together(*[lambda: spend(limits)] * 8)
    assert sum(isinstance(result, TooManyRequests) for result in results) == 5


def test_costs_one_write_and_expires(shop: Shop) -> None:
    limits = RateLimits(shop.database, shop.clock)
    assert calls_of(shop, lambda: spend(limits)) == ["UpdateItem"]
    (row,) = shop.database.bind(WindowRow, "guards").scan()
    now = int(shop.clock.now().timestamp())
    assert now + 60 < int(row.expires_at) <= now + 180


@pytest.mark.parametrize("how", ["refused", "lost"])
def test_other_trouble_is_no_limit(shop: Shop, how: str) -> None:
    """A table that cannot be written to does not tell the buyer to wait."""
    limits = RateLimits(shop.database, shop.clock)
    with interleaving(shop) as steps, pytest.raises(UpdateError):
        if how == "refused":
            steps.refuse("AccessDeniedException", name="UpdateItem")
        else:
            steps.lose_answer("UpdateItem")
        spend(limits)
