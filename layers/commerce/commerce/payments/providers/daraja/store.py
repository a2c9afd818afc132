"""Where all workers share Daraja's OAuth token: one row of the guards table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.models import Model

from commerce.kernel.tables import Database, answered_code

#: A lease outlasts one call for a token, so only a dead holder loses it.
LEASE = timedelta(seconds=15)


class TokenRow(Model):
    """The token and who may replace it; moments are seconds since 1970."""

    pk = UnicodeAttribute(hash_key=True)
    token = UnicodeAttribute(null=True)
    token_until = NumberAttribute(null=True)
    leased_until = NumberAttribute(null=True)


class DynamoTokenStore:
    """Keeps the token of one consumer key in DynamoDB, which encrypts it at rest."""

    def __init__(self, database: Database, name: str) -> None:
        self._rows = database.bind(TokenRow, "guards")
        self._key = f"DARAJA#TOKEN#{name}"

    def read(self) -> tuple[str, datetime] | None:
        """Return the token last written and when it expires (UTC), None when there is none."""
        try:
            row = self._rows.get(self._key, consistent_read=True)
        except DoesNotExist:
            return None
        token: str | None = row.token
        if token is None:
            return None
        return token, datetime.fromtimestamp(float(row.token_until), UTC)

    def lease(self, now: datetime) -> bool:
        """Take the right to refresh for `LEASE`; False while another worker has it."""
        moment = now.timestamp()
        try:
            self._rows(self._key).update(
                actions=[self._rows.leased_until.set(moment + LEASE.total_seconds())],
                condition=self._rows.leased_until.does_not_exist() | (self._rows.leased_until < moment),
            )
        except UpdateError as error:
            if answered_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def release(self) -> None:
        """End the lease without a token."""
        self._rows(self._key).update(actions=[self._rows.leased_until.remove()])

    def write(self, token: str, expires_at: datetime) -> None:
        """Keep a new token for all workers and end the lease."""
        self._rows(self._key).update(
            actions=[
                self._rows.token.set(token),
                self._rows.token_until.set(expires_at.timestamp()),
                self._rows.leased_until.remove(),
            ]
        )
