"""Events of providers that were handled: a repeat is let go without asking the provider again.

Handling is safe to repeat, so the mark is set when it is done: a worker that dies before handles the event once more.
"""

from __future__ import annotations

from datetime import timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.tables import Database

#: Providers repeat an event for days (Stripe: three); marks are kept longer.
KEPT = timedelta(days=30)


class SeenRow(Model):
    """An event that was handled."""

    pk = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()


class SeenEvents:
    """Remembers which events were handled."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = database.bind(SeenRow, "guards")
        self._clock = clock

    def handled(self, event_id: str) -> bool:
        """Tell whether an event was handled before."""
        try:
            self._rows.get(_key(event_id), consistent_read=True)
        except self._rows.DoesNotExist:
            return False
        return True

    def note(self, event_id: str) -> None:
        """Note that an event is handled."""
        until = int((self._clock.now() + KEPT).timestamp())
        self._rows(_key(event_id)).update(actions=[self._rows.expires_at.set(until)])


def _key(event_id: str) -> str:
    return f"EVENT#{event_id}"
