"""Make a case of what was found; finding it again finds its case."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from commerce.healing.desk import MACHINE, HealingDesk
from commerce.healing.events import CaseOpened, CaseReopened
from commerce.healing.model import Action, Case, Finding, State
from commerce.healing.rules import rule_for
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.kernel.events import EventData

TRIES = 5


class Opened(StrEnum):
    """What became of a finding: a case of its own, one that was over is open again, or it has one already."""

    NEW = "new"
    AGAIN = "again"
    KNOWN = "known"


def open_case(desk: HealingDesk, finding: Finding) -> Opened:
    """Open the case of a finding, if it has none.

    One that was healed is opened again, with its tries: what comes back is tried no more often than one item may be.
    One that a person dismissed stays dismissed. A letter that was taken before and not deleted is not found again.

    Raises
    ------
    CommitBusy
        When others keep changing the case. Nothing was written.
    """
    for _ in range(TRIES):
        now = desk.clock.now()
        before = desk.cases.read(finding.case_id)
        if before is not None and not _is_back(before, finding):
            return Opened.KNOWN
        action = rule_for(finding.kind, finding.sign)
        fact: EventData
        if before is None:
            case = Case(id=finding.case_id, finding=finding, action=action, opened_at=now, look_at=now)
            after = case.step("opened", MACHINE, now).model_copy(update={"version": 1})
            fact = CaseOpened(
                case=case.id, kind=case.kind.value, about=finding.about, sign=finding.sign, action=action.value
            )
        else:
            after = _again(before, finding, action, now)
            fact = CaseReopened(
                case=before.id, kind=finding.kind.value, about=finding.about, sign=finding.sign, action=action.value,
                tries=before.tries,
            )  # fmt: skip
        try:
            desk.cases.write(before, after, fact, now)
        except StaleWrite:
            continue
        return Opened.NEW if before is None else Opened.AGAIN
    raise CommitBusy


def _is_back(before: Case, finding: Finding) -> bool:
    return before.state is State.HEALED and (finding.letter is None or finding.letter != before.finding.letter)


def _again(before: Case, finding: Finding, action: Action, now: datetime) -> Case:
    changes: dict[str, Any] = {"finding": finding, "state": State.OPEN, "action": action, "proposed_by": "rules"}
    # What came back soon is not acted on at once: each time it waits longer.
    later = now + before.pause() if before.tries else now
    return before.step("opened again", MACHINE, now, **changes, opened_at=now, look_at=later, approved=False)
