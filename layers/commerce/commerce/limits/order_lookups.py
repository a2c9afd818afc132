"""Limits on asking for an order by its number and e-mail address: nobody tries addresses, from however many places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.errors import LookupMissed, TooManyRequests
from commerce.kernel.ids import is_order_number
from commerce.kernel.tables import Database, answered_code
from commerce.limits.store import RateLimits
from commerce.limits.used_up import UsedUp, used_up

WINDOW_SECONDS = 600
MINUTE_SECONDS = 60
#: Wrong e-mail addresses for one order number within a window; then the number answers nobody until it ends.
MOST_WRONG = 10


class LookupRow(Model):
    """How often an order number was asked for in ten minutes: in each of them (``minute_0`` to ``minute_9``), and
    in vain. There is one for numbers of no order too: what is counted tells nobody which there are.
    """

    pk = UnicodeAttribute(hash_key=True)
    wrong = NumberAttribute(null=True)
    expires_at = NumberAttribute()


class OrderLookups:
    """Counts who asks for orders without signing in.

    Parameters
    ----------
    per_minute
        How often a minute one order may be asked for, and one address may ask in vain.
    """

    def __init__(self, database: Database, clock: Clock, *, per_minute: int) -> None:
        self.rows = database.bind(LookupRow, "guards")
        self._limits = RateLimits(database, clock)
        self._clock = clock
        self._per_minute = per_minute
        self._used_up = UsedUp(clock)

    @contextmanager
    def asking(self, number: str, network: str) -> Iterator[None]:
        """Count one question; LookupMissed raised by what follows is an answer in vain.

        It costs one write, and two more in vain. As many questions as are under way at once may be answered beyond
        `MOST_WRONG`; `per_minute` bounds them.

        Raises
        ------
        TooManyRequests
            When the order was asked for too often, or in vain by anybody; and instead of an answer in vain, when this
            network had too many.
        """
        number = number.upper()
        if is_order_number(number):
            self._count(number)
        try:
            yield
        except LookupMissed:
            # Only who asks in vain is slowed down: a network may be many people's (carrier-grade NAT).
            self._miss(number, f"missed/{network}")
            raise

    def _count(self, number: str) -> None:
        what = f"order_number/{number}"
        self._used_up.check(what)
        now = int(self._clock.now().timestamp())
        asked = Path(f"minute_{now % WINDOW_SECONDS // MINUTE_SECONDS}")
        unlocked = self.rows.wrong.does_not_exist() | (self.rows.wrong < MOST_WRONG)
        try:
            self._row(number, now).update(
                actions=[asked.add(1), self._kept(now)],
                condition=unlocked & (asked.does_not_exist() | (asked < self._per_minute)),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            span = WINDOW_SECONDS if self._locked(number, now) else MINUTE_SECONDS
            refusal = used_up(what, span - now % span)
            self._used_up.note(what, refusal)
            raise refusal from error

    def _locked(self, number: str, now: int) -> bool:
        """Tell which of the two limits refused: the one for the minute, or the one for wrong answers."""
        try:
            self._row(number, now).update(actions=[self._kept(now)], condition=self.rows.wrong >= MOST_WRONG)
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _miss(self, number: str, missed: str) -> None:
        # First of all the number: a guess counts against it whether or not the one who guesses hears so.
        if is_order_number(number):
            now = int(self._clock.now().timestamp())
            self._row(number, now).update(actions=[self.rows.wrong.add(1), self._kept(now)])
        self._used_up.check(missed)
        try:
            self._limits.spend(missed, limit=self._per_minute, window_seconds=MINUTE_SECONDS)
        except TooManyRequests as refusal:
            self._used_up.note(missed, refusal)
            raise

    def _row(self, number: str, now: int) -> LookupRow:
        return self.rows(f"LOOKUPS#{number}#{now // WINDOW_SECONDS}")

    def _kept(self, now: int) -> Action:
        return self.rows.expires_at.set(now + 2 * WINDOW_SECONDS)
