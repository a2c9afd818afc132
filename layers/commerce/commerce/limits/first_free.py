"""Limits that only the insistent pay for: a window's first uses are counted in memory, and cost no write."""

from __future__ import annotations

from collections import Counter

from commerce.kernel.clock import Clock
from commerce.kernel.errors import TooManyRequests
from commerce.limits.store import RateLimits
from commerce.limits.used_up import UsedUp

#: Uses of each thing that a process lets through in a window before it counts them with the others.
FREE_USES = 3


class FirstFree:
    """Counts uses in fixed windows, each process leaving out the first few.

    So a limit lets at most `FREE_USES` for each process through beside its own number.
    """

    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._used_up = UsedUp(clock)
        self._window = 0
        self._seen: Counter[tuple[str, int]] = Counter()

    def spend(self, what: str, *, limit: int, window_seconds: int) -> None:
        """Make one use of `what`.

        Raises
        ------
        TooManyRequests
            When this window's `limit` is used up; it is remembered, and costs no more writes until the window ends.
        """
        window = int(self._clock.now().timestamp()) // window_seconds
        if window != self._window:
            self._window = window
            self._seen.clear()
        self._seen[what, window_seconds] += 1
        if self._seen[what, window_seconds] <= FREE_USES:
            return
        self._used_up.check(what)
        try:
            self._limits.spend(what, limit=limit, window_seconds=window_seconds)
        except TooManyRequests as refusal:
            self._used_up.note(what, refusal)
            raise
