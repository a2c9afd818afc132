"""Rate windows: each use costs one conditional write, and DynamoDB's TTL clears them away."""

from __future__ import annotations

from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.tables import Database, answered_code
from commerce.limits.used_up import used_up


class WindowRow(Model):
    """How often something was done within one window of time."""

    pk = UnicodeAttribute(hash_key=True)
    used = NumberAttribute()
    expires_at = NumberAttribute()


@dataclass(frozen=True, slots=True)
class Window:
    """A window of time: what it counts, the key of its row, how many uses it allows, how many seconds are left."""

    what: str
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
            raise used_up(self.what, self.left)


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
        self._spend(what, 1, limit=limit, window_seconds=window_seconds)

    def lease(self, what: str, uses: int, *, limit: int, window_seconds: int) -> int:
        """Count several uses of `what` at once, for who will make them one by one; return the seconds they last.

        Raises
        ------
        TooManyRequests
            When so many are not left; fewer may be.
        """
        return self._spend(what, uses, limit=limit, window_seconds=window_seconds)

    def spend_in(self, commit: Commit, what: str, *, limit: int, window_seconds: int, detail: str) -> None:
        """Count one use of `what` in a commit: what is not written counts nothing, and it costs no further round trip.

        The commit fails with TooManyRequests where `spend` would; `detail` is what the caller is told then.
        """
        window = self.window(what, limit=limit, window_seconds=window_seconds)
        commit.update(
            self.rows(window.key),
            actions=self._counted(1, window_seconds),
            when=self.rows.used.does_not_exist() | (self.rows.used < limit),
            otherwise=lambda _: used_up(what, window.left, detail),
        )

    def give_back(self, what: str, *, window_seconds: int) -> None:
        """Take one use of this window back; one that was counted in an earlier window stays."""
        window = int(self._clock.now().timestamp()) // window_seconds
        try:
            self.rows(_key(what, window)).update(actions=[self.rows.used.add(-1)], condition=self.rows.used > 0)
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise

    def window(self, what: str, *, limit: int, window_seconds: int) -> Window:
        """Return the window that uses of `what` fall into now: to be read with other rows, and judged without a use."""
        window, passed = divmod(int(self._clock.now().timestamp()), window_seconds)
        return Window(what, _key(what, window), limit, window_seconds - passed)

    def _spend(self, what: str, uses: int, *, limit: int, window_seconds: int) -> int:
        window = self.window(what, limit=limit, window_seconds=window_seconds)
        if uses > limit:
            raise used_up(what, window.left)
        try:
            self.rows(window.key).update(
                actions=self._counted(uses, window_seconds),
                condition=self.rows.used.does_not_exist() | (self.rows.used <= limit - uses),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            raise used_up(what, window.left) from error
        return window.left

    def _counted(self, uses: int, window_seconds: int) -> list[Action]:
        until = int(self._clock.now().timestamp()) + 2 * window_seconds
        return [self.rows.used.add(uses), self.rows.expires_at.set(until)]


def _key(what: str, window: int) -> str:
    return f"RATE#{what}#{window}"
