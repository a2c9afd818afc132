"""What is known to be used up, kept in memory: while it lasts, a flood costs no further write."""

from __future__ import annotations

from commerce.kernel.clock import Clock
from commerce.kernel.errors import TooManyRequests

#: How many a process remembers; past it, the oldest are looked up again.
MOST_REMEMBERED = 10_000


class UsedUp:
    """Remembers until when something is refused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, int] = {}

    def check(self, what: str) -> None:
        """Refuse what is used up.

        Raises
        ------
        TooManyRequests
            Until the time that was noted is over.
        """
        left = self._until.get(what, 0) - self._now()
        if left > 0:
            raise used_up(what, left)
        self._until.pop(what, None)

    def note(self, what: str, refusal: TooManyRequests) -> None:
        """Remember a refusal."""
        while len(self._until) >= MOST_REMEMBERED:
            self._until.pop(next(iter(self._until)))
        self._until[what] = self._now() + refusal.retry_after

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def used_up(what: str, seconds: int, detail: str = "Too many requests. Please wait a moment.") -> TooManyRequests:
    """Make the refusal of a limit's use; its reason names the kind of limit, not whose it is."""
    return TooManyRequests(detail, retry_after=seconds, reason=what.partition("/")[0])
