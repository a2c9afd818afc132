"""Staff correct what the shelf says: counted again, broken, found."""

from __future__ import annotations

import hashlib

from commerce.audit.store import EventLog
from commerce.catalog.store import sku_key, sku_row, to_offer
from commerce.inventory.events import StockAdjusted
from commerce.inventory.model import Hold, allocate
from commerce.inventory.store import BucketShort, Counters, OutOfStock, Stock
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, InvalidRequest, KeyReused, NotFound, StaleWrite
from commerce.kernel.events import Event
from commerce.kernel.tables import Database

#: Units of one correction.
MOST_UNITS = 1_000_000
#: How often buckets are chosen anew when others take from the chosen ones first.
TRIES = 5


def adjust_stock(
    database: Database, clock: Clock, *, sku: str, change: int, reason: str, by: str, key: str
) -> Counters:
    """Add units to what is for sale, or take some away, once for each Idempotency-Key of a member of staff.

    Units that an order holds or has bought are never taken: the condition on each bucket sees to it (promise 1).

    Returns
    -------
    Counters
        The SKU's counters after it; of a repeat, as they are now.

    Raises
    ------
    InvalidRequest
        Field ``change`` when it changes nothing or is beyond `MOST_UNITS`.
    NotFound
        When the catalogue has no such SKU.
    OutOfStock
        When fewer units are for sale than are to be taken away.
    KeyReused
        When the key was used for another correction of this SKU.
    CommitBusy
        When others keep taking from the same buckets. Nothing was changed.
    """
    if not 1 <= abs(change) <= MOST_UNITS:
        raise InvalidRequest(f"Add or take away 1 to {MOST_UNITS:,} units.", field="change")
    count = _buckets(database, sku)
    stock, log = Stock(database), EventLog(database)
    subject, sequence = f"sku/{sku}", _sequence(by, key)
    for _ in range(TRIES):
        left = stock.by_bucket({sku: count})[sku]
        holds = _added(change, count) if change > 0 else allocate(sequence, sku, -change, left)
        if holds is None:
            if _is_repeat(log, subject, sequence, change, reason):
                break
            raise OutOfStock(sku, sum(left.values()), field="change")
        commit = Commit(database)
        sign = 1 if change > 0 else -1
        quantities = {str(hold.bucket): sign * hold.quantity for hold in holds}
        fact = StockAdjusted(sku=sku, change=change, quantities=quantities, by=by, reason=reason)
        # The event speaks first: a repeat hears of itself before it hears of a shelf that it emptied.
        log.record(commit, Event.of(fact, subject=subject, sequence=sequence, at=clock.now()))
        if change > 0:
            stock.receive(commit, sku, [hold.quantity for hold in holds])
        else:
            stock.remove(commit, sku, holds)
        try:
            commit.send()
        except BucketShort:
            continue
        except StaleWrite:
            _is_repeat(log, subject, sequence, change, reason)
        break
    else:
        raise CommitBusy
    return stock.counters({sku: count})[sku]


def sku_counters(database: Database, sku: str) -> Counters:
    """Return a SKU's counters as they are now.

    Raises
    ------
    NotFound
        When the catalogue has no such SKU.
    """
    return Stock(database).counters({sku: _buckets(database, sku)})[sku]


def _buckets(database: Database, sku: str) -> int:
    rows = sku_row(database)
    try:
        return to_offer(rows.get(*sku_key(sku), consistent_read=True)).stock_buckets
    except rows.DoesNotExist:
        raise NotFound("There is no such SKU.") from None


def _sequence(by: str, key: str) -> str:
    """Return the correction's place in the SKU's trail, the same on every try of the same person."""
    return "adjustment-" + hashlib.sha256(f"{len(by)}:{by}:{key}".encode()).hexdigest()[:32]


def _added(change: int, count: int) -> tuple[Hold, ...]:
    whole, rest = divmod(change, count)
    return tuple(Hold(bucket, whole + (1 if bucket < rest else 0)) for bucket in range(count))


def _is_repeat(log: EventLog, subject: str, sequence: str, change: int, reason: str) -> bool:
    """Tell whether this very correction was made before; another one under its key is refused."""
    earlier = next((event for event in log.trail(subject) if event.sequence == sequence), None)
    if earlier is not None and (earlier.data["change"], earlier.data["reason"]) != (change, reason):
        raise KeyReused("This Idempotency-Key was used for another correction.", field="Idempotency-Key")
    return earlier is not None
