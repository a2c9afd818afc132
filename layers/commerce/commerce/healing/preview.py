"""A dry run: what would be done now about what is due. Nothing is, and nothing is written."""

from __future__ import annotations

from commerce.healing.attend import plan
from commerce.healing.bounds import HealingSettings, Mode
from commerce.healing.desk import HealingDesk
from commerce.healing.ground import look
from commerce.healing.look_at_orders import examine
from commerce.healing.model import Action, Case, Finding, State
from commerce.healing.rules import rule_for

#: Things that are looked at.
MOST_SHOWN = 50


def preview(desk: HealingDesk) -> list[Case]:
    """Return the cases that are due, and those that orders looked at now would open, as a run would leave them.

    Each bears the action and the state that it would have: ``open`` where it would be acted on, ``proposed`` or
    ``for_person`` where not, ``healed`` where it came right by itself.
    """
    settings, now = desk.settings.read(), desk.clock.now()
    found: list[Case] = []
    for due in desk.cases.due(now, MOST_SHOWN):
        if due.case is not None:
            case = desk.cases.read(due.case)
            if case is not None and case.waiting and not case.in_hand(now):
                found.append(_foreseen(desk, case, settings))
        elif due.order is not None:
            examined = examine(desk, due.order, desk.cases.watched(due.order), now)
            for finding in examined[0].findings if examined else ():
                if desk.cases.read(finding.case_id) is None:
                    found.append(_foreseen(desk, _new(desk, finding), settings))
    return found


def _new(desk: HealingDesk, finding: Finding) -> Case:
    now = desk.clock.now()
    return Case(
        id=finding.case_id, finding=finding, action=rule_for(finding.kind, finding.sign), opened_at=now, look_at=now
    )


def _foreseen(desk: HealingDesk, case: Case, settings: HealingSettings) -> Case:
    ground = look(desk, case)
    if ground.finding is None:
        return case.model_copy(update={"state": State.HEALED})
    if case.state is not State.OPEN:
        return case
    chosen = plan(desk, case, ground, settings)
    state = State.OPEN if chosen.mode is Mode.AUTO else State.PROPOSED
    if chosen.action is Action.HAND_OVER:
        state = State.FOR_PERSON
    return case.model_copy(update={"action": chosen.action, "state": state})
