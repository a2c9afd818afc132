"""The staff table: one row a person with a second factor, whose secret is encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.tables import Database, answered_code


class FactorState(StrEnum):
    """How far a second factor is."""

    PENDING = "pending"
    ACTIVE = "active"
    RESET = "reset"


class SecondFactorRow(Model):
    """A person's second factor. It is never deleted: its version goes on counting their events."""

    pk = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute()
    secret = BinaryAttribute(null=True, legacy_encoding=False)
    pending_until = NumberAttribute(null=True)
    last_step = NumberAttribute(default=0)
    last_request = UnicodeAttribute(null=True)
    version = NumberAttribute()


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor as it is stored.

    Parameters
    ----------
    secret
        The encrypted secret.
    pending_until
        Until when its first code may come, in seconds since 1970.
    last_step
        The newest time step whose code was used.
    version
        How often it changed, and so the place of its latest event.
    """

    subject: str
    state: FactorState
    secret: bytes | None
    pending_until: int | None
    last_step: int
    version: int

    @property
    def active(self) -> bool:
        """Whether its codes count."""
        return self.state is FactorState.ACTIVE


class SecondFactors:
    """Reads and changes second factors."""

    def __init__(self, database: Database) -> None:
        self._rows = database.bind(SecondFactorRow, "staff")

    def get(self, subject: str) -> Factor | None:
        """Return somebody's second factor as it is now, or None where they never had one."""
        try:
            row = self._rows.get(subject, consistent_read=True)
        except self._rows.DoesNotExist:
            return None
        return Factor(
            subject=row.pk,
            state=FactorState(row.state),
            secret=row.secret,
            pending_until=None if row.pending_until is None else int(row.pending_until),
            last_step=int(row.last_step),
            version=int(row.version),
        )

    def put(self, commit: Commit, before: Factor | None, after: Factor) -> None:
        """Write a second factor in place of the one that was read; the commit says StaleWrite when that changed."""
        row = self._rows(
            after.subject,
            state=after.state.value,
            secret=after.secret,
            pending_until=after.pending_until,
            last_step=after.last_step,
            version=after.version,
        )
        commit.put(row, when=self._as_read(before), otherwise=lambda _: StaleWrite(after.subject))

    def spend(self, factor: Factor, step: int, request: str) -> bool:
        """Use up a time step's code for one request, once and for all steps before it.

        Returns
        -------
        bool
            False when the step, or a later one, was used for another request, or the factor changed meanwhile. The
            same request finds its own use: its first answer may have been lost.
        """
        rows = self._rows
        unused = rows.last_step < step
        own = (rows.last_step == step) & (rows.last_request == request)
        try:
            rows(factor.subject).update(
                actions=[rows.last_step.set(step), rows.last_request.set(request)],
                condition=self._as_read(factor) & (unused | own),
            )
        except UpdateError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _as_read(self, before: Factor | None) -> Condition:
        if before is None:
            return self._rows.pk.does_not_exist()
        return self._rows.version == before.version
