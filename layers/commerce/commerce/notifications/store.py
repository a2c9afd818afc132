"""Which e-mails were sent: one for each event, however often the bus delivers it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import cast

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.tables import Database, answered_code

#: A sender that died is taken over after this.
LEASE = timedelta(seconds=90)
#: The bus delivers for a day, queues for four; marks are kept longer.
KEPT = timedelta(days=14)


class MailRow(Model):
    """An event's e-mail: being sent until `leased_until`, or sent."""

    pk = UnicodeAttribute(hash_key=True)
    sent = BooleanAttribute(null=True)
    leased_until = NumberAttribute()
    expires_at = NumberAttribute()


class MailInHand(Exception):
    """Another worker is sending this e-mail right now."""


class SentMails:
    """Lets one worker at a time send an event's e-mail, until it is sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._rows = database.bind(MailRow, "guards")
        self._clock = clock

    def begin(self, event_id: str) -> bool:
        """Take the sending in hand; False when the e-mail was sent.

        Raises
        ------
        MailInHand
            While another worker has it in hand. Its message comes again later.
        """
        now = self._clock.now()
        try:
            self._rows(f"MAIL#{event_id}").update(
                actions=[
                    self._rows.leased_until.set((now + LEASE).timestamp()),
                    self._rows.expires_at.set(int((now + KEPT).timestamp())),
                ],
                condition=self._rows.leased_until.does_not_exist()
                | (self._rows.sent.does_not_exist() & (self._rows.leased_until < now.timestamp())),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            if self._rows.get(f"MAIL#{event_id}", consistent_read=True).sent:
                return False
            raise MailInHand(event_id) from error
        return True

    def done(self, event_id: str) -> None:
        """Note that the e-mail was sent."""
        self._rows(f"MAIL#{event_id}").update(actions=[self._rows.sent.set(True)])

    def sent(self, event_ids: Iterable[str]) -> set[str]:
        """Return those of these events whose e-mail was sent (one read for each hundred)."""
        names = [f"MAIL#{event_id}" for event_id in event_ids]
        found: set[str] = set()
        for start in range(0, len(names), 100):
            wanted = [(self._rows, name, None) for name in names[start : start + 100]]
            rows = cast(list[MailRow], self._database.read_together(wanted))
            found.update(row.pk.removeprefix("MAIL#") for row in rows if row.sent)
        return found
