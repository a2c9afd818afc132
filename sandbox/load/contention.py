"""Buyers of one SKU in virtual time. What they decide is the shop's own code: retries, buckets, probing, shards."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from commerce.checkout.place_order import RESERVE_TRIES
from commerce.inventory.model import allocate, first_choice
from commerce.inventory.store import BucketShort, OutOfStock
from commerce.kernel.commit import tries
from commerce.kernel.errors import CommitBusy
from commerce.promotions.model import home_shard
from sandbox.load.referee import Process, Referee, percentile

SKU, CODE = "HOT", "SALE"
#: Seconds of a BatchGetItem, from the function and back.
READ = 0.005
#: Seconds from an order to the money for it. Its rate counts, not its length: real buyers take half a minute.
PAYS_AFTER = (1.0, 3.0)
#: Seconds at the beginning that are not counted: the money for the first orders is not there yet.
WARM_UP = 3.0


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale: orders a second on one SKU for so many seconds, and what contends.

    Parameters
    ----------
    units
        What is on the shelf, spread evenly over the buckets; None for more than anybody buys.
    shards
        Over how many rows the uses of a voucher are counted that every order uses; 0 without one.
    refills
        How often a second goods come in: each time one transaction over all buckets.
    hold
        Median seconds for which a transaction holds its items.
    """

    rate: float
    buckets: int
    seconds: float
    units: int | None = None
    shards: int = 0
    refills: float = 0.0
    hold: float = 0.010


@dataclass(slots=True)
class Outcome:
    """What became of a sale. Seconds are from the first read to the commit."""

    orders: int = 0
    placed: int = 0
    refused: int = 0
    gave_up: int = 0
    settled: int = 0
    settle_gave_up: int = 0
    refilled: int = 0
    refill_gave_up: int = 0
    sent: int = 0
    conflicts: int = 0
    throttled: int = 0
    probes: int = 0
    took: list[float] = field(default_factory=list)

    @property
    def lost(self) -> float:
        """The share of orders that were answered 503."""
        return self.gave_up / self.orders if self.orders else 0.0

    @property
    def conflicting(self) -> float:
        """The share of transactions that met another."""
        return self.conflicts / self.sent if self.sent else 0.0

    def milliseconds(self, share: float) -> float:
        """A percentile of the time that an order took that was placed."""
        return 1000 * percentile(self.took, share)


def simulate(sale: Sale, seed: int = 1) -> Outcome:
    """Live through a sale; the same seed gives the same outcome."""
    dice = random.Random(seed)
    referee = Referee(sale.hold, dice)
    shop = _Shop(sale, referee, dice)
    with _tenacity_rolls(seed):
        referee.start(shop.arrivals())
        if sale.refills:
            referee.start(shop.deliveries())
        referee.run()
    outcome, tally = shop.outcome, referee.tally
    outcome.sent, outcome.conflicts, outcome.throttled = tally.sent, tally.conflicts, tally.throttled
    return outcome


class _Shop:
    def __init__(self, sale: Sale, referee: Referee, dice: random.Random) -> None:
        plenty = int(sale.rate * sale.seconds) * 10
        whole, rest = divmod(plenty * sale.buckets if sale.units is None else sale.units, sale.buckets)
        self.left = {bucket: whole + (1 if bucket < rest else 0) for bucket in range(sale.buckets)}
        self.outcome = Outcome()
        self._sale, self._referee, self._dice = sale, referee, dice

    def arrivals(self) -> Process:
        number = 0
        while self._referee.now < self._sale.seconds:
            self._referee.start(self._buyer(f"order-{number}-{self._dice.random()}"))
            number += 1
            yield self._dice.expovariate(self._sale.rate)

    def deliveries(self) -> Process:
        while self._referee.now < self._sale.seconds:
            self._referee.start(self._delivery())
            yield 1 / self._sale.refills

    def _buyer(self, order: str) -> Process:
        came = self._referee.now
        counts = came >= WARM_UP or self._sale.units is not None
        self.outcome.orders += counts
        yield READ
        (hold,) = first_choice(order, SKU, 1, self._sale.buckets)
        shard = home_shard(order, CODE, self._sale.shards) if self._sale.shards else None
        try:
            for _ in range(RESERVE_TRIES):
                bucket = hold.bucket
                try:
                    yield from self._commit(_items(bucket, shard), lambda bucket=bucket: self._take(bucket))  # type: ignore[misc]
                except BucketShort as short:
                    if self._sale.buckets == 1:
                        raise OutOfStock(SKU, short.available) from None
                    self.outcome.probes += 1
                    seen = dict(self.left)
                    yield READ
                    chosen = allocate(order, SKU, 1, seen)
                    if chosen is None:
                        raise OutOfStock(SKU, 0) from None
                    (hold,) = chosen
                else:
                    break
            else:
                raise CommitBusy
        except OutOfStock:
            self.outcome.refused += counts
            return
        except CommitBusy:
            self.outcome.gave_up += counts
            return
        self.outcome.placed += counts
        if counts:
            self.outcome.took.append(self._referee.now - came)
        self._referee.start(self._settlement(bucket), self._referee.now + self._dice.uniform(*PAYS_AFTER))

    def _settlement(self, bucket: int) -> Process:
        # The queue brings the message again when it gives up, so no settlement is lost; it is late.
        yield READ
        try:
            yield from self._commit(_items(bucket, None), lambda: None)
        except CommitBusy:
            self.outcome.settle_gave_up += 1
        else:
            self.outcome.settled += 1

    def _delivery(self) -> Process:
        every = tuple(f"bucket {bucket}" for bucket in range(self._sale.buckets))
        try:
            yield from self._commit(every, lambda: None)
        except CommitBusy:
            self.outcome.refill_gave_up += 1
        else:
            self.outcome.refilled += 1

    def _take(self, bucket: int) -> None:
        if self.left[bucket] < 1:
            raise BucketShort(SKU, bucket, 0)
        self.left[bucket] -= 1

    def _commit(self, items: tuple[str, ...], decide: Callable[[], None]) -> Process:
        """Send a transaction as `Commit.send` does: after the same pauses, as often."""
        pauses: list[float] = []
        for attempt in tries(pauses.append):
            if pauses:
                yield pauses.pop()
            with attempt:
                yield from self._referee.transact(items, decide)


def _items(bucket: int, shard: int | None) -> tuple[str, ...]:
    return (f"bucket {bucket}",) if shard is None else (f"bucket {bucket}", f"shard {shard}")


@contextmanager
def _tenacity_rolls(seed: int) -> Iterator[None]:
    """Have the pauses repeat: tenacity rolls Python's own dice."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
