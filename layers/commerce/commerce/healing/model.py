"""A case: something of the shop that is stuck or does not add up, and what was done about it. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.clock import to_text

#: How long a finished case is kept to be read, with what a dead letter said; its events stay for good.
KEPT = timedelta(days=30)
#: Whoever acts on a case has it to itself for so long; a worker that died is taken over after it.
IN_HAND = timedelta(minutes=3)
#: What a case remembers of itself; the event log remembers everything.
MOST_ENTRIES = 30
_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=24)


class Kind(StrEnum):
    """What is the matter."""

    DEAD_LETTER = "dead_letter"
    STUCK_PAYMENT = "stuck_payment"
    UNKNOWN_OUTCOME = "unknown_outcome"
    PAYMENT_UNDER_REVIEW = "payment_under_review"
    STUCK_REFUND = "stuck_refund"
    FAILED_REFUND = "failed_refund"
    STALE_BOARD = "stale_board"
    UNSENT_MAIL = "unsent_mail"
    UNDELIVERED_EVENT = "undelivered_event"
    ORPHANED_HOLD = "orphaned_hold"
    STOCK_MISMATCH = "stock_mismatch"
    UNMATCHED_MONEY = "unmatched_money"
    OVERDUE_ORDER = "overdue_order"
    BROKEN_AUDIT = "broken_audit"


class State(StrEnum):
    """Where a case stands: it waits for its time, for an approval or for a person, or it is over."""

    OPEN = "open"
    PROPOSED = "proposed"
    FOR_PERSON = "for_person"
    HEALED = "healed"
    DISMISSED = "dismissed"


#: What is not over.
WAITING = frozenset({State.OPEN, State.PROPOSED, State.FOR_PERSON})


class Action(StrEnum):
    """What may be done about a case; each is a playbook."""

    RE_VERIFY = "re_verify"
    RESERVE_AGAIN = "reserve_again"
    REQUEUE = "requeue"
    RELEASE = "release"
    REFUND = "refund"
    REBUILD_BOARD = "rebuild_board"
    HAND_OVER = "hand_over"


class Finding(BaseModel):
    """Something that is wrong, as it was found.

    Parameters
    ----------
    sign
        What about it decides what is done: a row of `rules.RULES` together with the kind.
    about
        What it is about, to the point: finding the same again finds its case.
    detail
        A sentence for people; no personal data.
    facts
        Names that the playbooks need: the attempt, the refund, the SKU and bucket, the receipt.
    body, queue, letter, received_at
        Of a message: what it said (it may hold personal data), the queue it goes back to, its own name, and since when
        it was there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Kind
    sign: str
    about: str
    title: str
    detail: str
    order_number: str | None = None
    facts: dict[str, str | int] = Field(default_factory=dict)
    body: str | None = Field(default=None, repr=False)
    queue: str | None = None
    letter: str | None = None
    received_at: str | None = None

    @property
    def case_id(self) -> str:
        """The name of its case, the same however often it is found."""
        return case_id(self.about)


def case_id(about: str) -> str:
    """Return the name of the case about something."""
    return hashlib.sha256(about.encode()).hexdigest()[:20]


class Entry(BaseModel):
    """One thing that happened to a case; `before` and `after` is how what it is about stood."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    at: str
    what: str
    by: str
    before: dict[str, Any] = Field(default_factory=dict)
    after: dict[str, Any] = Field(default_factory=dict)


class Case(BaseModel):
    """A finding that is being seen to.

    Parameters
    ----------
    version
        Counts the changes; each is conditional on it, and is the sequence of the change's event.
    action
        What is done about it, was proposed, or was done last.
    look_at
        When it is looked at next; None when it is over.
    busy_until
        While somebody acts on it.
    tries, approvals
        How often the shop acted by itself, and how often because a person said so.
    approved
        A person said so, and only the scheduled run can do it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str
    finding: Finding
    state: State = State.OPEN
    action: Action
    proposed_by: Literal["rules", "model", "staff"] = "rules"
    version: int = 1
    opened_at: datetime
    look_at: datetime | None = None
    busy_until: datetime | None = None
    tries: int = 0
    approvals: int = 0
    approved: bool = False
    history: tuple[Entry, ...] = ()

    @property
    def kind(self) -> Kind:
        """What is the matter."""
        return self.finding.kind

    @property
    def subject(self) -> str:
        """The case's name in the event log."""
        return f"case/{self.id}"

    @property
    def waiting(self) -> bool:
        """Whether it is not over."""
        return self.state in WAITING

    def in_hand(self, now: datetime) -> bool:
        """Whether somebody acts on it right now."""
        return self.busy_until is not None and now < self.busy_until

    def step(
        self,
        what: str,
        by: str,
        at: datetime,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        **changes: object,
    ) -> Case:
        """Return the case after one more change."""
        entry = Entry(at=to_text(at), what=what, by=by, before=before or {}, after=after or {})
        history = (*self.history, entry)[-MOST_ENTRIES:]
        return self.model_copy(update={**changes, "version": self.version + 1, "history": history})

    def pause(self) -> timedelta:
        """Return how long to wait before the next look: longer each time, so that nothing turns in circles."""
        return min(_FIRST_PAUSE * (1 << 2 * min(self.tries + self.approvals, 8)), _LONGEST_PAUSE)


#: How often a case that waits for a person is looked at, should it have come right meanwhile.
GLANCE = timedelta(hours=6)
