"""Goods come in."""

from __future__ import annotations

from commerce.audit.store import EventLog
from commerce.inventory.events import StockReceived
from commerce.inventory.store import Stock
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import InvalidRequest, StaleWrite
from commerce.kernel.events import Event
from commerce.kernel.tables import Database


def receive_stock(database: Database, clock: Clock, *, sku: str, quantity: int, buckets: int, delivery: str) -> bool:
    """Add `quantity` units of a SKU, spread evenly over its buckets, once for each delivery reference.

    Returns
    -------
    bool
        False when this delivery was received before: nothing changed.

    Raises
    ------
    InvalidRequest
        When the quantity is negative or there is no bucket to put it into.
    """
    if quantity < 0:
        raise InvalidRequest("A delivery cannot bring less than nothing.", field="quantity")
    if buckets < 1:
        raise InvalidRequest("Stock needs at least one bucket.", field="buckets")
    whole, rest = divmod(quantity, buckets)
    quantities = [whole + (1 if bucket < rest else 0) for bucket in range(buckets)]
    commit = Commit(database)
    fact = StockReceived(sku=sku, delivery=delivery, quantities=quantities)
    EventLog(database).record(commit, Event.of(fact, subject=f"sku/{sku}", sequence=delivery, at=clock.now()))
    Stock(database).receive(commit, sku, quantities)
    try:
        commit.send()
    except StaleWrite:
        return False
    return True
