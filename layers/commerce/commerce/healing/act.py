"""Act on a case: have it to oneself, do it, and put on record how things stood before and after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from commerce.healing.desk import MACHINE, HealingDesk
from commerce.healing.events import CaseActed, CaseActing, CaseHealed
from commerce.healing.ground import Ground, look
from commerce.healing.model import GLANCE, IN_HAND, Action, Case, State
from commerce.healing.playbooks import PLAYBOOKS
from commerce.healing.playbooks.playbook import Outcome, Warrant
from commerce.kernel.context import correlated
from commerce.kernel.errors import CommitBusy, ShopError, StaleWrite
from commerce.kernel.events import EventData

__all__ = ["Warrant", "act", "move"]


def act(desk: HealingDesk, case: Case, action: Action, ground: Ground, warrant: Warrant) -> Case:
    """Take an action whose bounds were seen to.

    It is on record before it happens, and counted: a worker that dies in the middle has used up its try, and whoever
    looks next finds how things stand. Two who want to act on one case meet here, and one of them goes on.

    Returns
    -------
    Case
        As it stands after it.

    Raises
    ------
    StaleWrite
        When somebody else changed the case first. Nothing was done.
    """
    now = desk.clock.now()
    by_machine = warrant.by == MACHINE
    counted: dict[str, Any] = {"tries": case.tries + 1} if by_machine else {"approvals": case.approvals + 1}
    proposer: dict[str, Any] = {} if by_machine or action is case.action else {"proposed_by": "staff"}
    taken = case.step(
        f"begins: {action.value}", warrant.by, now, before=ground.standing, state=State.OPEN, action=action,
        busy_until=now + IN_HAND, look_at=now + IN_HAND, approved=False, **counted, **proposer,
    )  # fmt: skip
    fact = CaseActing(
        case=case.id, kind=case.kind.value, about=case.finding.about, action=action.value,
        tries=taken.tries + taken.approvals, before=ground.standing, by=warrant.by,
        reason=None if by_machine else warrant.reason,
    )  # fmt: skip
    desk.cases.write(case, taken, fact, now)
    return _conclude(desk, taken, action, ground, _done(desk, taken, action, ground, warrant))


def move(case: Case, what: str, by: str, now: datetime, state: State, ground: Ground) -> Case:
    """Return a case that waits for a person from now on; it is glanced at, should it come right meanwhile."""
    return case.step(what, by, now, before=ground.standing, state=state, look_at=now + GLANCE, busy_until=None)


def _done(desk: HealingDesk, case: Case, action: Action, ground: Ground, warrant: Warrant) -> Outcome:
    try:
        # Work of its own: the click that an order began with is not that of the next case.
        with correlated(None):
            return PLAYBOOKS[action].act(desk, case, ground, warrant)
    except (ShopError, CommitBusy, StaleWrite) as refusal:
        # It met somebody else, or what it needs is not there now. How things stand is read again below.
        return Outcome(f"It could not be done now ({type(refusal).__name__}).")
    except Exception as fault:
        # One broken case must not keep the others waiting; the fault's own words may hold anything.
        return Outcome(f"It failed ({type(fault).__name__}).")


def _conclude(desk: HealingDesk, case: Case, action: Action, before: Ground, outcome: Outcome) -> Case:
    now = desk.clock.now()
    after = look(desk, case)
    healed = outcome.done or after.finding is None
    changed = case.step(
        f"{action.value}: {outcome.said}", MACHINE, now, before=before.standing, after=after.standing,
        busy_until=None, **({"state": State.HEALED, "look_at": None} if healed else {"look_at": now + case.pause()}),
    )  # fmt: skip
    fact: EventData
    known = {"case": case.id, "kind": case.kind.value, "about": case.finding.about, "action": action.value}
    if healed:
        fact = CaseHealed(**known, outcome=outcome.said, before=before.standing, after=after.standing)
    else:
        fact = CaseActed(**known, outcome=outcome.said, before=before.standing, after=after.standing)
    desk.cases.write(case, changed, fact, now)
    return changed
