"""Rate windows: each use costs one conditional write, and DynamoDB's TTL clears them away."""

from __future__ import annotations

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


class RateLimits:
    """Counts uses in fixed windows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = database.bind(WindowRow, "guards")
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
        row = self._rows(_key(what, window))
        try:
            row.update(
                actions=[
                    self._rows.used.add(1),
                    self._rows.expires_at.set(now + 2 * window_seconds),
                ],
                condition=self._rows.used.does_not_exist() | (self._rows.used < limit),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            raise _used_up(window_seconds - passed) from error

    def check(self, what: str, *, limit: int, window_seconds: int) -> None:
        """Refuse where `spend` would, and count nothing (one read).

        Raises
        ------
        TooManyRequests
            As `spend` does.
        """
        window, passed = divmod(int(self._clock.now().timestamp()), window_seconds)
        try:
            used = self._rows.get(_key(what, window), consistent_read=True).used
        except self._rows.DoesNotExist:
            return
        if used >= limit:
            raise _used_up(window_seconds - passed)


def _key(what: str, window: int) -> str:
    return f"RATE#{what}#{window}"


def _used_up(seconds: int) -> TooManyRequests:
    return TooManyRequests("Too many requests. Please wait a moment.", retry_after=seconds)
