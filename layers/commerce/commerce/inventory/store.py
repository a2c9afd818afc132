"""The stock table: one row per bucket of a SKU, changed only under a condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from commerce.inventory.model import Hold
from commerce.kernel.commit import Commit
from commerce.kernel.errors import Conflict
from commerce.kernel.tables import Database


class StockRow(Model):
    """Units of one SKU in one bucket: available + reserved + sold = received."""

    pk = UnicodeAttribute(hash_key=True)
    available = NumberAttribute()
    reserved = NumberAttribute()
    sold = NumberAttribute()
    received = NumberAttribute()


class Counters(NamedTuple):
    """Units of one SKU: available + reserved + sold = received."""

    available: int
    reserved: int
    sold: int
    received: int


class Bucket(NamedTuple):
    """One bucket of a SKU; `name` is its key."""

    name: str
    sku: str
    number: int
    counters: Counters

    @property
    def sound(self) -> bool:
        """Whether it adds up and nothing is negative (promise 1)."""
        available, reserved, sold, received = self.counters
        return min(self.counters) >= 0 and available + reserved + sold == received


class OutOfStock(Conflict):
    """Fewer units are left than were asked for."""

    def __init__(self, sku: str, available: int, *, field: str | None = None) -> None:
        left = "none is left" if available == 0 else f"only {available} left"
        super().__init__(f"{sku}: {left}.", field=field)
        self.sku = sku
        self.available = available


class BucketShort(Exception):
    """One bucket has too few units; others may have more. `available` is what the bucket has."""

    def __init__(self, sku: str, bucket: int, available: int) -> None:
        super().__init__(f"{sku}#{bucket} has {available}")
        self.sku = sku
        self.bucket = bucket
        self.available = available


class HoldMissing(RuntimeError):
    """A hold that an order names is not in the bucket: stock no longer adds up, and a person must look."""


class Stock:
    """Moves units between the counters of a bucket, as part of a commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database.bind(StockRow, "stock")

    def reserve(self, commit: Commit, sku: str, holds: Iterable[Hold]) -> None:
        """Move available -> reserved, when the bucket has enough. Fails the commit with BucketShort (promise 1)."""
        for hold in holds:
            self._take(commit, sku, hold, into=self._rows.reserved)

    def sell(self, commit: Commit, sku: str, holds: Iterable[Hold]) -> None:
        """Move available -> sold in one step, for money that came after its hold was released."""
        for hold in holds:
            self._take(commit, sku, hold, into=self._rows.sold)

    def claim(self, commit: Commit, sku: str, holds: Iterable[Hold]) -> None:
        """Move reserved -> sold, when the hold is there. Fails the commit with HoldMissing."""
        for hold in holds:
            self._give(commit, sku, hold, into=self._rows.sold)

    def release(self, commit: Commit, sku: str, holds: Iterable[Hold]) -> None:
        """Move reserved -> available, when the hold is there. Fails the commit with HoldMissing."""
        for hold in holds:
            self._give(commit, sku, hold, into=self._rows.available)

    def restock(self, commit: Commit, sku: str, holds: Iterable[Hold]) -> None:
        """Move sold -> available, for goods that never left or came back whole. Fails the commit with HoldMissing."""
        self.take_back(commit, sku, holds, ())

    def take_back(self, commit: Commit, sku: str, restocked: Iterable[Hold], written_off: Iterable[Hold]) -> None:
        """Take sold units back: some for sale again, others out of the books (sold and received go down together).

        Each bucket is changed once, whatever happens to its units. Fails the commit with HoldMissing.
        """
        units: dict[int, tuple[int, int]] = {}
        for hold in restocked:
            whole, lost = units.get(hold.bucket, (0, 0))
            units[hold.bucket] = whole + hold.quantity, lost
        for hold in written_off:
            whole, lost = units.get(hold.bucket, (0, 0))
            units[hold.bucket] = whole, lost + hold.quantity
        for bucket, (whole, lost) in units.items():
            name = f"{sku}#{bucket}"
            commit.update(
                self._rows(_key(sku, bucket)),
                actions=[
                    self._rows.sold.add(-whole - lost),
                    self._rows.available.add(whole),
                    self._rows.received.add(-lost),
                ],
                when=self._rows.sold >= whole + lost,
                otherwise=lambda _, name=name: HoldMissing(name),
            )

    def receive(self, commit: Commit, sku: str, quantities: Iterable[int]) -> None:
        """Add units that came in, bucket by bucket, to available and received; makes the buckets it needs."""
        for bucket, quantity in enumerate(quantities):
            commit.update(
                self._rows(_key(sku, bucket)),
                actions=[
                    self._rows.available.add(quantity),
                    self._rows.received.add(quantity),
                    self._rows.reserved.add(0),
                    self._rows.sold.add(0),
                ],
                when=self._rows.pk.does_not_exist() | (self._rows.received >= 0),
                otherwise=lambda _: HoldMissing(sku),
            )

    def remove(self, commit: Commit, sku: str, holds: Iterable[Hold]) -> None:
        """Take units that are for sale out of the books: available and received. Fails the commit with BucketShort."""
        for hold in holds:
            self._take(commit, sku, hold, into=self._rows.received, change=-hold.quantity)

    def by_bucket(self, buckets: Mapping[str, int]) -> dict[str, dict[int, int]]:
        """Read what every bucket of these SKUs has available (one consistent round trip for up to 100 buckets)."""
        keys = {_key(sku, bucket): (sku, bucket) for sku, count in buckets.items() for bucket in range(count)}
        left = {sku: dict.fromkeys(range(count), 0) for sku, count in buckets.items()}
        names = list(keys)
        for start in range(0, len(names), 100):
            wanted = [(self._rows, name, None) for name in names[start : start + 100]]
            for row in self._database.read_together(wanted):
                assert isinstance(row, StockRow)
                sku, bucket = keys[row.pk]
                left[sku][bucket] = int(row.available)
        return left

    def available(self, buckets: Mapping[str, int]) -> dict[str, int]:
        """Read how many units of each SKU can be sold; `buckets` says how many buckets each has."""
        return {sku: sum(left.values()) for sku, left in self.by_bucket(buckets).items()}

    def counters(self, buckets: Mapping[str, int]) -> dict[str, Counters]:
        """Read every counter of these SKUs, over all buckets (one consistent round trip for up to 100 buckets)."""
        keys = {_key(sku, bucket): sku for sku, count in buckets.items() for bucket in range(count)}
        total = {sku: [0, 0, 0, 0] for sku in buckets}
        names = list(keys)
        for start in range(0, len(names), 100):
            for row in self._database.read_together([(self._rows, name, None) for name in names[start : start + 100]]):
                assert isinstance(row, StockRow)
                found = (row.available, row.reserved, row.sold, row.received)
                total[keys[row.pk]] = [old + int(new) for old, new in zip(total[keys[row.pk]], found, strict=True)]
        return {sku: Counters(*found) for sku, found in total.items()}

    def buckets(self, after: str | None, limit: int) -> Iterator[Bucket]:
        """Yield up to `limit` buckets as they stand, from the one after a name on, in the table's own order."""
        start = {"pk": {"S": after}} if after else None
        for row in self._rows.scan(limit=limit, page_size=limit, last_evaluated_key=start, consistent_read=True):
            yield _to_bucket(row)

    def bucket(self, sku: str, number: int) -> Bucket | None:
        """Read one bucket; None when there is none."""
        try:
            return _to_bucket(self._rows.get(_key(sku, number), consistent_read=True))
        except self._rows.DoesNotExist:
            return None

    def _take(self, commit: Commit, sku: str, hold: Hold, *, into: NumberAttribute, change: int | None = None) -> None:
        def short(stored: StockRow | None) -> BucketShort:
            return BucketShort(sku, hold.bucket, int(stored.available) if stored else 0)

        commit.update(
            self._rows(_key(sku, hold.bucket)),
            actions=[
                self._rows.available.add(-hold.quantity),
                into.add(hold.quantity if change is None else change),
            ],
            when=self._rows.available >= hold.quantity,
            otherwise=short,
        )

    def _give(self, commit: Commit, sku: str, hold: Hold, *, into: NumberAttribute) -> None:
        commit.update(
            self._rows(_key(sku, hold.bucket)),
            actions=[self._rows.reserved.add(-hold.quantity), into.add(hold.quantity)],
            when=self._rows.reserved >= hold.quantity,
            otherwise=lambda _: HoldMissing(f"{sku}#{hold.bucket}"),
        )


def _key(sku: str, bucket: int) -> str:
    return f"{sku}#{bucket}"


def _to_bucket(row: StockRow) -> Bucket:
    sku, number = row.pk.rsplit("#", 1)
    found = (int(row.available), int(row.reserved), int(row.sold), int(row.received))
    return Bucket(row.pk, sku, int(number), Counters(*found))
