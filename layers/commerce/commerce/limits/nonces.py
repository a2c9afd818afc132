"""Nonces: each is spent once, by one conditional write, and forgotten when nothing that holds it could be let in."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.models import Model

from commerce.kernel.clock import Clock
from commerce.kernel.ids import request_token
from commerce.kernel.tables import Database, answered_code


class NonceRow(Model):
    """A nonce that was spent; `spent_by` tells a write that is sent again from another's."""

    pk = UnicodeAttribute(hash_key=True)
    spent_by = UnicodeAttribute()
    expires_at = NumberAttribute()


class Nonces:
    """Remembers which nonces were spent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.rows = database.bind(NonceRow, "guards")
        self._clock = clock

    def spend(self, whose: str, nonce: str, *, seconds: int) -> bool:
        """Spend a nonce, and keep it for so long; False when it was spent before.

        Of the same nonce sent twice at once, one is spent. A write whose answer was lost is sent again by the client of
        DynamoDB, and finds its own mark: it is no replay.
        """
        mark = request_token()
        try:
            self.rows(f"NONCE#{whose}#{nonce}").update(
                actions=[
                    self.rows.spent_by.set(mark),
                    self.rows.expires_at.set(int(self._clock.now().timestamp()) + seconds),
                ],
                condition=self.rows.pk.does_not_exist() | (self.rows.spent_by == mark),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True
