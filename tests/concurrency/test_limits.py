"""Limits under pressure: whatever meets at one row, no more is let through than the limit says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from commerce.checkout.place_order import Placement, place_order
from commerce.kernel.errors import CommitBusy, LookupMissed, TooManyRequests
from commerce.limits.leases import Leases
from commerce.limits.nonces import Nonces
from commerce.limits.order_lookups import OrderLookups
from commerce.limits.store import RateLimits, WindowRow
from tests.support.interleave import interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop, checkout_request

RACERS = 8


def test_a_nonce_that_is_sent_many_times_at_once_is_spent_once(shop: Shop) -> None:
    nonces = Nonces(shop.database, shop.clock)
    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(RACERS), nth=1)
        results = together(*[lambda: nonces.spend("erp", "the-same-nonce-01", seconds=900)] * RACERS)
    assert sorted(results) == [False] * (RACERS - 1) + [True]


@pytest.mark.parametrize("limit", [5, 61, 90, 600])
def test_processes_never_give_out_more_than_the_limit_together(shop: Shop, limit: int) -> None:
    """All meet at their first lot, and go on until the limit is used up: it is given out to the last use."""

    def process() -> int:
        leases, used = Leases(RateLimits(shop.database, shop.clock), shop.clock), 0
        try:
            while True:
                leases.spend("client/web", limit=limit, window_seconds=60)
                used += 1
        except TooManyRequests:
            return used

    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(RACERS), nth=1)
        used = together(*[process] * RACERS)
    assert sum(used) == limit, used


def test_a_phone_is_asked_no_more_often_than_the_limit(shop: Shop) -> None:
    """Eight checkouts with one phone meet at their commit; three prompts go out, and the rest leaves no trace."""
    allow(shop, 3)
    shop.sell("LAPTOP", stock=50, buckets=10)
    with interleaving(shop) as steps:
        steps.before("TransactWriteItems", meeting(RACERS), nth=1)
        results = together(*[order(shop, f"buyer {place}") for place in range(RACERS)])
    again = [retried(shop, f"buyer {place}", result) for place, result in enumerate(results)]

    kinds = Counter(type(result) for result in again)
    assert kinds == {Placement: 3, TooManyRequests: RACERS - 3}
    assert len(shop.provider.started) == 3
    assert shop.stock("LAPTOP")["reserved"] == 3
    (window,) = shop.database.bind(WindowRow, "guards").scan(WindowRow.pk.contains("phone/"))
    assert int(window.used) == 3
    shop.assert_promises()


def test_checkouts_and_retries_share_a_phones_limit(shop: Shop, mpesa: Mpesa) -> None:
    allow(shop, 3)
    shop.sell("LAPTOP", stock=50, buckets=10)
    mpesa.push_answers = "refused"
    first, second = shop.order("first", ("LAPTOP", 1)), shop.order("second", ("LAPTOP", 1))
    mpesa.push_answers = "ok"
    with interleaving(shop) as steps:
        steps.before("TransactWriteItems", meeting(3), nth=1)
        results = together(
            lambda: shop.pay_again(first, "again"), lambda: shop.pay_again(second, "again"), order(shop, "third")
        )
    assert sum(isinstance(result, Placement) for result in results) <= 1, "two prompts had gone out before"
    assert len(shop.provider.started) <= 3
    (window,) = shop.database.bind(WindowRow, "guards").scan(WindowRow.pk.contains("phone/"))
    assert int(window.used) == len(shop.provider.started) <= 3


def test_a_replay_counts_nothing_however_many_come(shop: Shop) -> None:
    allow(shop, 1)
    shop.sell("LAPTOP", stock=50)
    with interleaving(shop) as steps:
        steps.before("TransactWriteItems", meeting(4), nth=1)
        results = together(*[order(shop, "one buyer")] * 4)
    numbers = {result.order.number for result in results if isinstance(result, Placement)}
    assert len(numbers) == 1
    assert not any(isinstance(result, TooManyRequests) for result in results)
    assert len(shop.provider.started) == 1


def test_wrong_answers_that_meet_lock_the_number(shop: Shop) -> None:
    lookups = [OrderLookups(shop.database, shop.clock, per_minute=12) for _ in range(24)]

    def guess(place: int) -> object:
        with lookups[place].asking("7K2M9QX4TD", f"192.0.2.{place}"):
            raise LookupMissed("No order has this number and e-mail address.")

    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(24), nth=1)
        results = together(*[lambda place=place: guess(place) for place in range(24)])
    kinds = Counter(type(result) for result in results)
    assert kinds[LookupMissed] + kinds[TooManyRequests] == 24
    assert 10 <= kinds[LookupMissed] <= 12, "those under way at once are bounded by the limit for a minute"
    with pytest.raises(TooManyRequests):
        guess(0)


def allow(shop: Shop, prompts: int) -> None:
    till = replace(shop.till, policy=replace(shop.till.policy, prompts_per_phone=prompts))
    shop.till, shop.desk = till, replace(shop.desk, till=till)


def order(shop: Shop, key: str) -> Callable[[], Placement]:
    return lambda: place_order(shop.desk, checkout_request(("LAPTOP", 1)), key)


def retried(shop: Shop, key: str, result: object) -> object:
    """Return what a buyer is told in the end, who tries again with the same key when the shop was too busy."""
    while isinstance(result, CommitBusy):
        try:
            result = order(shop, key)()
        except (CommitBusy, TooManyRequests) as error:
            result = error
    return result
