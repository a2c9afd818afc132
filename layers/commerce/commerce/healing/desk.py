"""What healing works with: the shop's own use cases and stores, its queues, the archive, and perhaps a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from commerce.audit.archive import Archive
from commerce.board.store import Board
from commerce.healing.classifier import Classifier
from commerce.healing.diagnose import Patience
from commerce.healing.settings_store import SettingsStore
from commerce.healing.store import Cases
from commerce.kernel.clock import Clock
from commerce.kernel.events import Event
from commerce.kernel.tables import Database
from commerce.notifications.store import SentMails
from commerce.payments.desk import PaymentDesk

#: Who acts where nobody said so.
MACHINE = "heal_failures"


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it was taken from its queue.

    Parameters
    ----------
    queue
        Which dead letters it lay with: ``payment``, ``refund`` and so on.
    id, handle
        The queue's names for the message, and for this taking of it.
    target
        Where EventBridge wanted to deliver it, where the queue keeps what it could not: the target's name.
    why
        What EventBridge or Lambda says went wrong.
    """

    queue: str
    id: str
    handle: str = field(repr=False)
    body: str = field(repr=False)
    received_at: datetime
    target: str | None = None
    why: str | None = None


class Queues(Protocol):
    """The shop's queues, by the names of their work: ``verify``, ``refund``, ``notify``, ``carrier``, ``board``."""

    def send(self, queue: str, body: str) -> None:
        """Put a message on a work queue, to be worked on at once.

        Raises
        ------
        KeyError
            When this function does not send to that queue.
        """
        ...

    def letters(self) -> Sequence[str]:
        """Return the names of the dead letters that this function reads."""
        ...

    def take(self, queue: str) -> list[Letter]:
        """Take up to ten dead letters; they come again unless they are dropped."""
        ...

    def drop(self, letter: Letter) -> None:
        """Delete a letter from its queue."""
        ...


class Publisher(Protocol):
    """The event bus."""

    def __call__(self, events: Sequence[Event]) -> None:
        """Put events on the bus once more.

        Raises
        ------
        RuntimeError
            When the bus does not take all of them.
        """
        ...


@dataclass(frozen=True)
class HealingDesk:
    """What healing works with. `archive` and `publish` are the scheduled run's alone; staff have neither.

    Parameters
    ----------
    till
        What payments are handled with: no playbook moves money in any other way.
    classifier
        A model that may propose; None where none is configured.
    """

    till: PaymentDesk
    queues: Queues
    patience: Patience
    archive: Archive | None = None
    publish: Publisher | None = None
    classifier: Classifier | None = None

    @property
    def database(self) -> Database:
        """The shop's tables."""
        return self.till.database

    @property
    def clock(self) -> Clock:
        """The shop's clock."""
        return self.till.clock

    @cached_property
    def cases(self) -> Cases:
        """The cases."""
        return Cases(self.database, self.till.log)

    @cached_property
    def settings(self) -> SettingsStore:
        """How far the shop may go by itself."""
        return SettingsStore(self.database, self.till.log)

    @cached_property
    def board(self) -> Board:
        """The staff's board."""
        return Board(self.database)

    @cached_property
    def mails(self) -> SentMails:
        """Which e-mails were sent."""
        return SentMails(self.database, self.clock)
