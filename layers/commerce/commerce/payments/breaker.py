"""The circuit breaker: a provider that is down is not asked again and again, and buyers hear of it at once.

Its state is one row for all workers. It is read with the prices at checkout, and written only while something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.errors import Unavailable
from commerce.kernel.tables import Database, answered_code
from commerce.payments.port import OutcomeUnknown, Refused, StartOutcome

#: So many failures within one window open it.
FAILURES = 5
WINDOW_SECONDS = 60
#: It stays open so long at first, twice as long after each probe that failed, and never longer than the last.
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 300
#: A breaker that nobody touched for so long is forgotten (DynamoDB's TTL).
KEPT_SECONDS = 86_400
#: Doubling ends where the longest pause is reached anyway.
MOST_OPENS = 10


class PaymentMethodUnavailable(Unavailable):
    """The provider of this payment method does not answer at present. Nothing was held or charged."""


class BreakerRow(Model):
    """Until when a payment method is not tried, and how often in a row it was closed to buyers."""

    pk = UnicodeAttribute(hash_key=True)
    open_until = NumberAttribute()
    opens = NumberAttribute()
    expires_at = NumberAttribute()


class FailureRow(Model):
    """Failures of a payment method within one window."""

    pk = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute()
    expires_at = NumberAttribute()


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a payment method's breaker stood when it was read; `open_until` in seconds since 1970."""

    open_until: int
    opens: int

    def wait(self, now: datetime) -> int:
        """Return for how many seconds the method is not tried; 0 when somebody may."""
        return max(0, self.open_until - int(now.timestamp()))


class Breakers:
    """Keeps the breakers of all payment methods."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.rows = database.bind(BreakerRow, "guards")
        self._failures = database.bind(FailureRow, "guards")
        self._database = database
        self._clock = clock

    @staticmethod
    def key(method: str) -> str:
        """Return the key of a method's row, to read it together with other rows."""
        return f"BREAKER#{method}"

    def read(self, methods: Iterable[str]) -> dict[str, Breaker]:
        """Read the breakers of these methods (one round trip); those that never opened are left out."""
        wanted = {self.key(method): method for method in methods}
        rows = self._database.read_together([(self.rows, key, None) for key in wanted])
        return {wanted[row.pk]: to_breaker(row) for row in rows if isinstance(row, BreakerRow)}

    def check(self, known: Breaker | None) -> None:
        """Tell that a payment would not be let through now, where that is so.

        Raises
        ------
        PaymentMethodUnavailable
            With the seconds to wait.
        """
        now = self._clock.now()
        if known is not None and known.opens and known.wait(now):
            raise _closed(known.wait(now))

    def admit(self, method: str, known: Breaker | None) -> None:
        """Let a payment through, or not. After a pause exactly one goes first, to see whether the provider is back.

        Raises
        ------
        PaymentMethodUnavailable
            With the seconds to wait.
        """
        if known is None or known.opens == 0:
            return
        self.check(known)
        now = self._clock.now()
        probe_until = int((now + timedelta(seconds=FIRST_PAUSE_SECONDS)).timestamp())
        try:
            self.rows(self.key(method)).update(
                actions=[self.rows.open_until.set(probe_until)], condition=self.rows.open_until == known.open_until
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            raise _closed(FIRST_PAUSE_SECONDS) from error

    def forgo(self, method: str, known: Breaker | None) -> None:
        """Let another go first: a payment that `admit` let through did not start after all.

        Else orders that come to nothing, for goods that are sold out, would keep a provider closed that is back.
        """
        if known is None or known.opens == 0:
            return
        rows = self.rows
        try:
            rows(self.key(method)).update(
                actions=[rows.open_until.set(known.open_until)],
                condition=(rows.opens == known.opens) & (rows.open_until > known.open_until),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise

    def note(self, method: str, known: Breaker | None, outcome: StartOutcome) -> None:
        """Take note of how the provider answered; costs a write only when it failed, or is back after failing."""
        failed = isinstance(outcome, OutcomeUnknown) or (
            isinstance(outcome, Refused) and outcome.reason == "provider_unavailable"
        )
        if not failed:
            if known is not None and known.opens:
                self._set(method, pause=0, opens=0)
        elif known is not None and known.opens:
            pause = min(FIRST_PAUSE_SECONDS * 2**known.opens, LONGEST_PAUSE_SECONDS)
            self._set(method, pause=pause, opens=min(known.opens + 1, MOST_OPENS))
        elif self._count(method) >= FAILURES:
            self._set(method, pause=FIRST_PAUSE_SECONDS, opens=1)

    def _count(self, method: str) -> int:
        now = int(self._clock.now().timestamp())
        row = self._failures(f"FAILURES#{method}#{now // WINDOW_SECONDS}")
        row.update(actions=[self._failures.failures.add(1), self._failures.expires_at.set(now + 2 * WINDOW_SECONDS)])
        return int(row.failures)

    def _set(self, method: str, *, pause: int, opens: int) -> None:
        now = int(self._clock.now().timestamp())
        self.rows(self.key(method)).update(
            actions=[
                self.rows.open_until.set(now + pause),
                self.rows.opens.set(opens),
                self.rows.expires_at.set(now + KEPT_SECONDS),
            ]
        )


def to_breaker(row: BreakerRow) -> Breaker:
    """Read a breaker from its row."""
    return Breaker(int(row.open_until), int(row.opens))


def offered(breakers: Mapping[str, Breaker], method: str, now: datetime) -> bool:
    """Tell whether buyers may choose a method now."""
    known = breakers.get(method)
    return known is None or known.opens == 0 or known.wait(now) == 0


def _closed(seconds: int) -> PaymentMethodUnavailable:
    return PaymentMethodUnavailable(
        "This way to pay does not work at the moment. Please choose another, or try again a little later.",
        field="payment.method",
        retry_after=seconds,
    )
