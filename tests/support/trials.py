"""Which orders of calls are tried: all there are, or a share that always holds the ones that tell most."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tests.support.arena import Arena, Situation, Work, arena
from tests.support.scheduler import Chooser, Ran, by_chance, every_order, meeting_at_the_write, one_after_another
from tests.support.tally import Tally

#: Of long works in one another's way so many orders are run, and the count says of how many pairs there are more.
MOST = 500
#: Of each situation, on each engine, the normal suite tries one pair closely and so many once.
ONCE = 3
#: So many triples of each situation, and orders of each, when everything is tried; the normal suite tries one of one.
TRIPLES, ORDERS_OF_THREE = 10, 5


@dataclass
class Trials:
    """One test's trials on one engine."""

    url: str
    engine: str
    thorough: bool
    dice: random.Random
    tally: Tally

    def at_once(self, situation: Situation) -> None:
        """Try pairs and triples of what may be at work in a situation."""
        with arena(self.url, situation) as there:
            if self.thorough:
                for works in situation.pairs:
                    if self.judge(there, works, islice(every(there, works), MOST)) == MOST:
                        self.tally.add(f"pairs of which only {MOST} orders were run, on {self.engine}")
                triples, orders = TRIPLES, ORDERS_OF_THREE
                self.tally.add(f"pairs of use cases at once, on {self.engine}", len(situation.pairs))
            else:
                closely, *once = self.dice.sample(situation.pairs, 1 + ONCE)
                self.judge(there, closely, closest(there, closely))
                for works in once:
                    order = meeting_at_the_write(self.dice.randrange(2))
                    self.judge(there, works, [run(there, works, order)], rest=False)
                triples, orders = 1, 1
            for _ in range(triples):
                three = self.dice.choices(situation.works, k=3)
                chosen = (run(there, three, by_chance(self.dice)) for _ in range(orders))
                self.judge(there, three, chosen, rest=self.thorough)

    def judge(self, there: Arena, works: Sequence[Work], orders: Iterable[Ran], *, rest: bool = True) -> int:
        """Judge each order while the shop stands as it came to; return how many there were."""
        count = 0
        for count, ran in enumerate(orders, 1):  # noqa: B007
            there.judge(works, ran, rest=rest)
            self.tally.add(f"orders of calls, on {self.engine}")
        return count


def run(there: Arena, works: Sequence[Work], choose: Chooser) -> Ran:
    """Bring the situation about, and do these works in one order of their calls."""
    ran = there.scheduler.run(there.fresh(works), choose)
    assert ran is not None
    return ran


def every(there: Arena, works: Sequence[Work]) -> Iterator[Ran]:
    """Run every order of the calls of these works."""
    return every_order(there.scheduler, lambda: there.fresh(works))


def closest(there: Arena, works: Sequence[Work]) -> Iterator[Ran]:
    """Run two works one after the other, and so that both have decided before either writes; each in front."""
    for first in (0, 1):
        yield run(there, works, one_after_another(first, 1 - first))
        yield run(there, works, meeting_at_the_write(first))
