"""Cases as staff see them: what is the matter, what would be done about it, and what was."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from commerce.healing.model import Action, Case, Entry, Kind, State
from commerce.healing.playbooks import PLAYBOOKS
from commerce.healing.rules import ALLOWED
from commerce.kernel.clock import to_text


class DeadLetterView(BaseModel):
    """Where a message lay, and since when."""

    model_config = ConfigDict(frozen=True)

    queue: str
    received_at: str


class EntryView(BaseModel):
    """One thing that happened to a case."""

    model_config = ConfigDict(frozen=True)

    at: str
    what: str
    by: str
    before: dict[str, Any]
    after: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Show it."""
        return cls(**entry.model_dump())


class CaseView(BaseModel):
    """Something that is stuck or does not add up.

    `effects` says what the action would do, and how to undo it where that can be; `actions` are those that may be
    approved. What a dead letter said is shown to nobody: it may hold personal data.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    subject: Annotated[str, Field(description="What it is about.", examples=["order/7K2M9QX4TD/attempt/1/outcome"])]
    title: str
    detail: str
    state: State
    action: Action
    actions: list[Action]
    proposed_by: Annotated[str, Field(description="rules, model or staff")]
    opened_at: str
    look_at: str | None = None
    tries: int
    approvals: int
    order_number: str | None = None
    effects: list[str]
    dead_letter: DeadLetterView | None = None
    history: list[EntryView]

    @classmethod
    def of(cls, case: Case) -> Self:
        """Show a case."""
        found = case.finding
        letter = found.letter is not None and found.received_at is not None
        return cls(
            id=case.id,
            kind=case.kind,
            subject=found.about,
            title=found.title,
            detail=found.detail,
            state=case.state,
            action=case.action,
            actions=sorted(ALLOWED[case.kind]),
            proposed_by=case.proposed_by,
            opened_at=to_text(case.opened_at),
            look_at=to_text(case.look_at) if case.look_at else None,
            tries=case.tries,
            approvals=case.approvals,
            order_number=found.order_number,
            effects=effects(case),
            dead_letter=DeadLetterView(queue=found.queue or "none", received_at=str(found.received_at))
            if letter
            else None,
            history=[EntryView.of(entry) for entry in case.history],
        )


def effects(case: Case) -> list[str]:
    """Say what the case's action does."""
    playbook = PLAYBOOKS.get(case.action)
    if playbook is None:
        return ["Nothing is done by the shop; a person decides."]
    way_back = playbook.way_back or "There is no way back, and none is needed: it can be repeated without harm."
    return [*playbook.effects(case), f"Way back: {way_back}"]
