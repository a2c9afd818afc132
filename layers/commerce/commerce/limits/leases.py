"""Leases: a process takes several uses of a limit by one write and spends them from memory."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.kernel.clock import Clock
from commerce.kernel.errors import TooManyRequests
from commerce.limits.store import RateLimits
from commerce.limits.used_up import UsedUp

#: Uses that are taken at once.
LARGEST_LOT = 20
#: A lot is at most this part of a limit, so that a few idle processes cannot sit on all of it.
SHARES = 30


@dataclass(slots=True)
class _Lease:
    until: int
    left: int


class Leases:
    """Spends uses of limits that are too busy for a write each.

    Together the processes never spend more than the limit: what is spent from memory was counted before. They may spend
    less, for what a process has not used when the window ends is lost with it.
    """

    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._held: dict[str, _Lease] = {}
        self._used_up = UsedUp(clock)

    def spend(self, what: str, *, limit: int, window_seconds: int) -> None:
        """Make one use of `what`.

        Raises
        ------
        TooManyRequests
            When this window's `limit` is used up; it is remembered, and costs no more writes until the window ends.
        """
        lease = self._held.get(what)
        if lease is None or lease.left == 0 or lease.until <= self._now():
            self._used_up.check(what)
            lease = self._take(what, limit, window_seconds)
            self._held[what] = lease
        lease.left -= 1

    def _take(self, what: str, limit: int, window_seconds: int) -> _Lease:
        # The time before the write: the lease ends with its window, never after.
        now, lot = self._now(), max(1, min(LARGEST_LOT, limit // SHARES))
        try:
            return _Lease(now + self._limits.lease(what, lot, limit=limit, window_seconds=window_seconds), lot)
        except TooManyRequests as refusal:
            if lot == 1:
                self._used_up.note(what, refusal)
                raise
        # A window's last uses are fewer than a lot.
        try:
            return _Lease(now + self._limits.lease(what, 1, limit=limit, window_seconds=window_seconds), 1)
        except TooManyRequests as refusal:
            self._used_up.note(what, refusal)
            raise

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
