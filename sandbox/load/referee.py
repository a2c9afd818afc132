"""A DynamoDB of virtual time: it knows which items transactions hold, and refuses as the real one documents it.

The engines on this machine never answer TransactionConflict, so what conflicts do to a busy SKU is simulated: no
network, no clock, no thread; one seed is one history.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field

from commerce.kernel.errors import CommitBusy

#: Write units of an item in a transaction, and what one partition key takes a second.
WRITE_UNITS, PARTITION_UNITS = 2, 1000
#: A transaction's time in DynamoDB is log-normal around its median; so wide, its 99th percentile is four times that.
SPREAD = math.log(4) / 2.326

#: Something that takes time: it yields the seconds it waits.
Process = Generator[float, None, None]


@dataclass(slots=True)
class Tally:
    """What became of the transactions."""

    sent: int = 0
    conflicts: int = 0
    throttled: int = 0


@dataclass
class Referee:
    """Virtual time, the items under transaction, and the units spent on each in this second.

    Parameters
    ----------
    hold
        Median seconds for which a transaction holds its items.
    """

    hold: float
    dice: random.Random
    now: float = 0.0
    tally: Tally = field(default_factory=Tally)
    _held: dict[str, float] = field(default_factory=dict)
    _spent: dict[str, tuple[int, int]] = field(default_factory=dict)
    _due: list[tuple[float, int, Process]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    def start(self, process: Process, at: float | None = None) -> None:
        """Let something begin, now or later."""
        heapq.heappush(self._due, (self.now if at is None else at, next(self._order), process))

    def run(self) -> None:
        """Go on until nothing is left to happen."""
        while self._due:
            self.now, _, process = heapq.heappop(self._due)
            wait = next(process, None)
            if wait is not None:
                self.start(process, self.now + wait)

    def transact(self, hot: tuple[str, ...], decide: Callable[[], None]) -> Process:
        """Run one transaction over these items (those that nobody else touches left out).

        `decide` checks the conditions and applies the writes, as of the moment when all items are held. A transaction
        that meets a held item holds those it got already for half its time, until it is cancelled.

        Raises
        ------
        CommitBusy
            On a conflict, or when a partition's units of this second are spent; the shop sends it again.
        """
        self.tally.sent += 1
        took = self.hold * math.exp(self.dice.gauss(0.0, SPREAD))
        if not self._afford(hot):
            self.tally.throttled += 1
            yield took / 2
            raise CommitBusy
        free = [item for item in hot if self._held.get(item, 0.0) <= self.now]
        if len(free) < len(hot):
            self.tally.conflicts += 1
            self._take(free, took / 2)
            yield took / 2
            raise CommitBusy
        try:
            decide()
        except Exception:
            # Refused when it is prepared: nothing is held.
            yield took / 2
            raise
        self._take(free, took)
        yield took

    def _take(self, items: Iterable[str], seconds: float) -> None:
        for item in items:
            self._held[item] = self.now + seconds

    def _afford(self, hot: tuple[str, ...]) -> bool:
        second = int(self.now)
        fits = True
        for item in hot:
            when, units = self._spent.get(item, (second, 0))
            units = units + WRITE_UNITS if when == second else WRITE_UNITS
            self._spent[item] = (second, units)
            fits = fits and units <= PARTITION_UNITS
        return fits


def percentile(values: list[float], share: float) -> float:
    """Return the least value that a share of all do not exceed; 0 where there is none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
