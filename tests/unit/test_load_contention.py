"""The model of a busy SKU: what must come out of it whatever the figures are."""

from __future__ import annotations

import random

import pytest

from commerce.inventory.model import home_bucket
from commerce.kernel import commit
from commerce.kernel.errors import CommitBusy
from sandbox.load.contention import Sale, simulate
from sandbox.load.referee import PARTITION_UNITS, WRITE_UNITS, Process, Referee, percentile


def test_who_comes_alone_meets_nobody() -> None:
    outcome = simulate(Sale(rate=0.2, buckets=8, seconds=200))
    assert outcome.orders == outcome.placed == len(outcome.took) > 20
    assert (outcome.conflicts, outcome.gave_up, outcome.refused, outcome.throttled) == (0, 0, 0, 0)


def test_one_seed_is_one_history() -> None:
    sale = Sale(rate=100, buckets=4, seconds=5)
    before = random.getstate()
    one, same, other = (simulate(sale, seed) for seed in (7, 7, 8))
    assert (one.sent, one.conflicts, sum(one.took)) == (same.sent, same.conflicts, sum(same.took))
    assert sum(one.took) != sum(other.took)
    assert random.getstate() == before


def test_one_bucket_takes_no_more_than_its_transactions_fit_into_a_second() -> None:
    sale = Sale(rate=300, buckets=1, seconds=6)
    outcome = simulate(sale)
    assert outcome.lost > 0.5
    # Held 10 ms and longer by each: an order and its settlement share at most a hundred such a second.
    assert outcome.placed + outcome.settled < (sale.seconds + 5) / sale.hold


def test_more_buckets_lose_fewer_orders() -> None:
    lost = [simulate(Sale(rate=150, buckets=buckets, seconds=8)).lost for buckets in (1, 4, 16, 64)]
    assert lost[0] > lost[1] > lost[2] >= lost[3] == 0


def test_longer_transactions_meet_more() -> None:
    short, long = (simulate(Sale(rate=50, buckets=4, seconds=10, hold=hold)) for hold in (0.005, 0.020))
    assert long.conflicting > short.conflicting > 0


@pytest.mark.parametrize("buckets", [1, 8])
def test_a_sale_sells_exactly_what_there_is(buckets: int) -> None:
    outcome = simulate(Sale(rate=40, buckets=buckets, seconds=5, units=60))
    assert outcome.placed == 60
    assert outcome.placed + outcome.refused + outcome.gave_up == outcome.orders
    assert bool(outcome.probes) == (buckets > 1)


def test_a_shared_voucher_is_one_more_thing_to_meet_at() -> None:
    without, one, many = (simulate(Sale(rate=50, buckets=64, seconds=10, shards=shards)) for shards in (0, 1, 20))
    assert one.conflicting > many.conflicting > without.conflicting


def test_goods_that_come_in_need_every_bucket_at_once() -> None:
    outcome = simulate(Sale(rate=300, buckets=32, seconds=10, refills=2.0))
    assert outcome.refill_gave_up > outcome.refilled
    assert outcome.lost < 0.01


@pytest.mark.parametrize("tries", [1, commit.TRIES])
def test_conflicts_are_sent_again_as_often_as_a_commit_is(monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
    """The model holds no copy of the shop's policy: who may send once gives up at each conflict."""
    monkeypatch.setattr(commit, "TRIES", tries)
    outcome = simulate(Sale(rate=60, buckets=2, seconds=5, units=10_000))
    gave_up = outcome.gave_up + outcome.settle_gave_up
    assert outcome.throttled == 0 < outcome.conflicts
    assert (gave_up == outcome.conflicts) == (tries == 1)
    assert outcome.conflicts >= gave_up * tries


def test_orders_go_where_the_shop_sends_them() -> None:
    """Eight units in eight buckets: the ninth order has to look for none in vain before it is refused."""
    assert len({home_bucket(f"order-{number}", "HOT", 8) for number in range(100)}) == 8
    outcome = simulate(Sale(rate=1, buckets=8, seconds=30, units=8))
    assert (outcome.placed, outcome.refused) == (8, outcome.orders - 8)


def test_a_loser_holds_what_it_got_until_it_is_cancelled() -> None:
    referee = Referee(0.010, random.Random(1))
    answers: list[str] = []

    def send(name: str, *items: str) -> Process:
        try:
            yield from referee.transact(items, lambda: None)
        except CommitBusy:
            answers.append(f"{name} met another")
        else:
            answers.append(f"{name} went through")

    for name, items in (("first", ("bucket",)), ("second", ("bucket", "shard")), ("third", ("shard",))):
        referee.start(send(name, *items))
    referee.run()
    assert sorted(answers) == ["first went through", "second met another", "third met another"]


def test_a_partition_takes_its_units_and_no_more() -> None:
    referee = Referee(0.0, random.Random(1))
    refused: list[int] = []

    def send(number: int) -> Process:
        try:
            yield from referee.transact(("bucket",), lambda: None)
        except CommitBusy:
            refused.append(number)

    for number in range(PARTITION_UNITS // WRITE_UNITS + 3):
        referee.start(send(number))
    referee.run()
    assert len(refused) == referee.tally.throttled == 3


def test_percentiles() -> None:
    assert percentile([], 0.5) == 0.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.99) == 4.0
