"""Stateless model checking: pieces of work in threads of which one runs at a time, and every order of their calls.

A thread stops before each call and waits for its turn, so an order of calls is a list of turns: it is chosen, printed
and replayed. Nothing sleeps, and nothing is left to luck.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from commerce.kernel.context import Context, working
from tests.support.footprints import Call
from tests.support.interleave import WRITE

#: A thread that has not come to its next call by then never will.
STUCK_SECONDS = 60.0

#: Chooses whose turn it is, from the calls that are about to be made; None gives the run up.
Chooser = Callable[[Mapping[int, Call]], int | None]


class Stuck(AssertionError):
    """A piece of work neither came to its next call nor to its end."""


class _Abandoned(BaseException):
    """The run is given up. Nothing that handles errors sees it."""


@dataclass(frozen=True)
class Piece:
    """What one thread does, under the name that schedules show."""

    name: str
    do: Callable[[], object]


@dataclass(frozen=True)
class Ran:
    """One order of calls: who made which, and what each piece of work returned or raised."""

    names: tuple[str, ...]
    turns: tuple[int, ...]
    calls: tuple[str, ...]
    outcomes: tuple[object, ...]

    def __str__(self) -> str:
        made = zip(self.turns, self.calls, strict=True)
        return " ".join(f"{self.names[place]}:{call}" for place, call in made)


@dataclass
class _Worker:
    piece: Piece
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    pending: Call | None = None
    inside: bool = False
    outcome: object = None


class Scheduler:
    """Runs pieces of work one call at a time. Whoever watches the shop's calls tells it of each by `arrive`."""

    def __init__(self) -> None:
        self._workers: dict[int, _Worker] = {}
        self._back = threading.Semaphore(0)
        self._abandoned = False

    def arrive(self, call: Call) -> None:
        """Stop here until it is this thread's turn; a thread that is none of ours passes."""
        worker = self._workers.get(threading.get_ident())
        if worker is None or worker.inside:
            return
        worker.pending = call
        self._back.release()
        worker.turn.acquire()
        worker.pending = None
        if self._abandoned:
            raise _Abandoned

    def whole(self, call: Call, do: Callable[[], object]) -> object:
        """Make a call that is one step, whatever it calls in turn."""
        self.arrive(call)
        worker = self._workers.get(threading.get_ident())
        if worker is None or worker.inside:
            return do()
        worker.inside = True
        try:
            return do()
        finally:
            worker.inside = False

    def run(self, pieces: Sequence[Piece], choose: Chooser) -> Ran | None:
        """Do the pieces of work in the order that `choose` says; None when it gave up."""
        workers = [_Worker(piece) for piece in pieces]
        threads = [threading.Thread(target=self._work, args=(worker,), daemon=True) for worker in workers]
        turns: list[int] = []
        calls: list[str] = []
        self._workers, self._abandoned = {}, False
        for thread in threads:
            # Up to its first call, which is nobody's business yet.
            thread.start()
            self._wait(workers, turns, calls)
        while pending := {place: worker.pending for place, worker in enumerate(workers) if worker.pending}:
            place = choose(pending)
            if place is None:
                self._abandon(workers, threads)
                return None
            turns.append(place)
            calls.append(pending[place].name)
            workers[place].turn.release()
            self._wait(workers, turns, calls)
        for thread in threads:
            thread.join()
        names = tuple(worker.piece.name for worker in workers)
        return Ran(names, tuple(turns), tuple(calls), tuple(worker.outcome for worker in workers))

    def _work(self, worker: _Worker) -> None:
        self._workers[threading.get_ident()] = worker
        try:
            # As a handler does: work of its own, which belongs to nobody's click yet.
            with working(Context()):
                worker.outcome = worker.piece.do()
        except Exception as error:
            worker.outcome = error
        except _Abandoned:
            pass
        finally:
            del self._workers[threading.get_ident()]
            self._back.release()

    def _wait(self, workers: Sequence[_Worker], turns: Sequence[int], calls: Sequence[str]) -> None:
        if not self._back.acquire(timeout=STUCK_SECONDS):
            names = tuple(worker.piece.name for worker in workers)
            raise Stuck(f"nothing moves any more after: {Ran(names, tuple(turns), tuple(calls), ())}")

    def _abandon(self, workers: Sequence[_Worker], threads: Sequence[threading.Thread]) -> None:
        self._abandoned = True
        for worker, thread in zip(workers, threads, strict=True):
            if worker.pending:
                worker.turn.release()
            thread.join()
        self._back = threading.Semaphore(0)


@dataclass
class _Fork:
    """A moment at which somebody's turn was chosen. `asleep` are those whose turn would only repeat another order."""

    pending: dict[int, Call]
    asleep: dict[int, Call]
    choice: int = -1
    tried: list[int] = field(default_factory=list)

    def advance(self) -> bool:
        """Choose who was not chosen here yet; return whether there is one."""
        left = [place for place in self.pending if place not in self.asleep and place not in self.tried]
        if left:
            self.choice = left[0]
            self.tried.append(left[0])
        return bool(left)

    def after(self, pending: Mapping[int, Call]) -> _Fork:
        """Return the moment that follows this one's choice."""
        made = self.pending[self.choice]
        known = {**self.asleep, **{place: self.pending[place] for place in self.tried if place != self.choice}}
        asleep = {place: call for place, call in known.items() if call.independent(made)}
        return _Fork(dict(pending), asleep)


class EveryOrder:
    """Chooses, run for run, every order of the calls that can be told from another (depth first).

    Two calls that come right after one another and are independent make the same difference in either order: of such
    orders one is run ("sleep sets", after Godefroid); with `all_the_same` each of them.
    """

    def __init__(self, *, all_the_same: bool = False) -> None:
        self._forks: list[_Fork] = []
        self._reached = 0
        self._plain = all_the_same

    def choose(self, pending: Mapping[int, Call]) -> int | None:
        """Follow the way chosen, and from its end the first that is new; None where that only repeats an order."""
        if self._reached == len(self._forks):
            before = self._forks[-1] if self._forks else None
            fork = _Fork(dict(pending), {}) if before is None or self._plain else before.after(pending)
            if not fork.advance():
                return None
            self._forks.append(fork)
        fork = self._forks[self._reached]
        assert {place: call.name for place, call in pending.items()} == {
            place: call.name for place, call in fork.pending.items()
        }, "the same turns led to other calls: something here is left to luck"
        self._reached += 1
        return fork.choice

    def another(self) -> bool:
        """Go back to the last moment at which another choice is left; return whether there is any."""
        self._reached = 0
        while self._forks:
            if self._forks[-1].advance():
                return True
            self._forks.pop()
        return False


def every_order(
    scheduler: Scheduler, pieces: Callable[[], Sequence[Piece]], *, all_the_same: bool = False
) -> Iterator[Ran]:
    """Run every order of calls; `pieces` makes them anew for each, in a world as it was."""
    orders = EveryOrder(all_the_same=all_the_same)
    while True:
        ran = scheduler.run(pieces(), orders.choose)
        if ran is not None:
            yield ran
        if not orders.another():
            return


def one_after_another(*places: int) -> Chooser:
    """Let the pieces of work run whole, in this order."""
    return lambda pending: next(place for place in places if place in pending)


def meeting_at_the_write(first: int) -> Chooser:
    """Let every piece come to its first transaction before any is sent; then `first` runs whole, then the others.

    The others decide before `first` does, so what they decided on is as old as it can be.
    """
    met: set[int] = set()

    def choose(pending: Mapping[int, Call]) -> int:
        for place in sorted(pending, key=lambda place: place == first):
            if place not in met and pending[place].name != WRITE:
                return place
            met.add(place)
        return first if first in pending else min(pending)

    return choose


def by_chance(dice: random.Random) -> Chooser:
    """Let chance say whose turn it is."""
    return lambda pending: dice.choice(sorted(pending))


def replay(line: str, names: Sequence[str]) -> Chooser:
    """Follow a schedule as it was printed; past its end the pieces of work run whole."""
    turns = [names.index(step.split(":")[0]) for step in line.split()]
    left = iter(turns)
    return lambda pending: next(left, min(pending))
