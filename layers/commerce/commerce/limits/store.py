"""Rate windows: each use costs one conditional write, and DynamoDB's TTL clears them away."""

from __future__ import annotations

from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.errors import TooManyRequests
from commerce.kernel.tables import Database, answered_code


class WindowRow(Model):
    """How often something was done within one window of time."""

    pk = UnicodeAttribute(hash_key=True)
    used = NumberAttribute()
    expires_at = NumberAttribute()


@dataclass(frozen=True, slots=True)
class Window:
    """A window of time: the key of its row, how many uses it allows, and how many seconds are left of it."""

    key: str
    limit: int
    left: int

    def judge(self, used: int) -> None:
        """Refuse where one use more would be refused.

        Raises
        ------
        TooManyRequests
            As `RateLimits.spend` does.
        """
        if used >= self.limit:
            raise _used_up(self.left)


class RateLimits:
    """Counts uses in fixed windows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.rows = database.bind(WindowRow, "guards")
        self._clock = clock

    def spend(self, what: str, *, limit: int, window_seconds: int) -> None:
        """Count one use of `what`.

        Raises
        ------
        TooManyRequests
            When this window's `limit` is used up; `retry_after` is the rest of the window, in seconds.
        """
        now = int(self._clock.now().timestamp())
        window, passed = divmod(now, window_seconds)
        row = self.rows(_key(what, window))
        try:
            row.update(
                actions=[
                    self.rows.used.add(1),
                    self.rows.expires_at.set(now + 2 * window_seconds),
                ],
                condition=self.rows.used.does_not_exist() | (self.rows.used < limit),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            raise _used_up(window_seconds - passed) from error

    def window(self, what: str, *, limit: int, window_seconds: int) -> Window:
        """Return the window that uses of `what` fall into now: to be read with other rows, and judged without a use."""
        window, passed = divmod(int(self._clock.now().timestamp()), window_seconds)
        return Window(_key(what, window), limit, window_seconds - passed)


def _key(what: str, window: int) -> str:
    return f"RATE#{what}#{window}"


def _used_up(seconds: int) -> TooManyRequests:
    return TooManyRequests("Too many requests. Please wait a moment.", retry_after=seconds)
