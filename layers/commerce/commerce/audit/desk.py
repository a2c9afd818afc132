"""What the trail is proved with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from commerce.audit.archive import Archive
from commerce.audit.chain import ORDERS, Stored
from commerce.audit.digest import Key
from commerce.audit.store import EventLog
from commerce.audit.verify_trail import Head, Proof, verify_alone, verify_chain
from commerce.kernel.clock import Clock
from commerce.kernel.errors import CommitBusy
from commerce.kernel.ids import is_order_number

#: How often a trail is read again because its order went on meanwhile.
TRIES = 5


@dataclass(frozen=True, slots=True)
class TrailDesk:
    """The event log, and what orders say of the end of their chains.

    Parameters
    ----------
    head_of
        Returns the head that an order's row keeps, by the order's number; None when there is no such order.
    """

    log: EventLog
    head_of: Callable[[str], Head | None]

    def prove(self, subject: str) -> tuple[Proof, list[Stored]]:
        """Return what is to be said of a subject's trail, and the trail.

        Raises
        ------
        CommitBusy
            When its order changes faster than it can be read.
        """
        number = subject.removeprefix(ORDERS)
        if number == subject or not is_order_number(number):
            records = self.log.stored(subject)
            return verify_alone(records, subject), records
        for _ in range(TRIES):
            before = self.head_of(number)
            records = self.log.stored(subject)
            if self.head_of(number) == before:
                return verify_chain(records, subject, before), records
        raise CommitBusy


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """The same with the archive and the key that signs for it."""

    trails: TrailDesk
    archive: Archive
    key: Key
    clock: Clock
