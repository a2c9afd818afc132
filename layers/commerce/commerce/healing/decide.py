"""People decide on cases: act now, send a letter back, or leave it. Within the same bounds as the shop itself."""

from __future__ import annotations

from commerce.healing.act import Warrant, act
from commerce.healing.bounds import Mode
from commerce.healing.desk import HealingDesk
from commerce.healing.events import CaseApproved, CaseDismissed, CaseHandedOver
from commerce.healing.ground import Ground, look
from commerce.healing.model import GLANCE, Action, Case, State
from commerce.healing.playbooks import PLAYBOOKS
from commerce.healing.playbooks.requeue import NOT_HERE
from commerce.healing.rules import allowed
from commerce.kernel.errors import CommitBusy, Conflict, InvalidRequest, NotFound, StaleWrite

TRIES = 5


class CaseClosed(Conflict):
    """The case is over, or somebody acts on it right now."""


class HealingOff(Conflict):
    """The switch is off, or only dry runs are made; an action is switched off or used up."""


class ActionRefused(Conflict):
    """As things stand the action must not be taken; `detail` says why."""


def find_case(desk: HealingDesk, case_id: str) -> Case:
    """Read a case.

    Raises
    ------
    NotFound
        When there is none.
    """
    case = desk.cases.read(case_id)
    if case is None:
        raise NotFound("There is no such case.")
    return case


def approve_case(desk: HealingDesk, case_id: str, action: Action | None, *, by: str, reason: str) -> Case:
    """Take the action that a case proposes, or another that is allowed, now.

    Raises
    ------
    NotFound
        When there is no such case.
    InvalidRequest
        Field ``action``, when none is proposed, or this one is not for cases of this kind.
    CaseClosed, HealingOff, ActionRefused
        When it cannot be done, or not now.
    CommitBusy
        When others keep changing the case.
    """
    case = find_case(desk, case_id)
    _check_open(desk, case)
    chosen = action or case.action
    if not allowed(case.kind, chosen) or (action is None and chosen is Action.HAND_OVER):
        raise InvalidRequest(f"Name an action for a case of the kind {case.kind.value}.", field="action")
    return _carry_out(desk, case, chosen, by=by, reason=reason)


def replay_letter(desk: HealingDesk, case_id: str, *, by: str, reason: str) -> Case:
    """Send a dead letter back to its queue, also one that a person dismissed or that cannot be read.

    Raises
    ------
    NotFound, CaseClosed, HealingOff, ActionRefused, CommitBusy
        As of `approve_case`; ActionRefused when it is no letter, or has no queue to go back to.
    """
    case = find_case(desk, case_id)
    if case.in_hand(desk.clock.now()):
        raise CaseClosed("Somebody acts on this case right now.")
    if case.finding.letter is None or case.finding.body is None or case.finding.queue is None:
        raise ActionRefused("This is no dead letter that could be sent back.")
    return _carry_out(desk, case, Action.REQUEUE, by=by, reason=reason)


def dismiss_case(desk: HealingDesk, case_id: str, *, by: str, reason: str) -> Case:
    """Note that nothing is to be done. The same is not found again as long as the case is kept.

    Raises
    ------
    NotFound, CaseClosed, CommitBusy
        As of `approve_case`.
    """
    for _ in range(TRIES):
        case, now = find_case(desk, case_id), desk.clock.now()
        _check_open(desk, case)
        after = case.step("dismissed", by, now, state=State.DISMISSED, look_at=None, approved=False)
        fact = CaseDismissed(
            case=case.id, kind=case.kind.value, about=case.finding.about, by=by, reason=reason,
            before={"state": case.state.value},
        )  # fmt: skip
        try:
            desk.cases.write(case, after, fact, now)
        except StaleWrite:
            continue
        return after
    raise CommitBusy


def _check_open(desk: HealingDesk, case: Case) -> None:
    if not case.waiting:
        raise CaseClosed(f"This case is {case.state.value}.")
    if case.in_hand(desk.clock.now()):
        raise CaseClosed("Somebody acts on this case right now.")


def _carry_out(desk: HealingDesk, case: Case, action: Action, *, by: str, reason: str) -> Case:
    settings, now = desk.settings.read(), desk.clock.now()
    if not settings.enabled or settings.dry_run:
        raise HealingOff("Healing is switched off." if not settings.enabled else "Only dry runs are made at present.")
    bounds = settings.actions[action]
    if bounds.mode is Mode.OFF:
        raise HealingOff(f"{action.value} is switched off.", field="action")
    ground = look(desk, case)
    if action is Action.HAND_OVER:
        return _hand_over(desk, case, ground, by=by, reason=reason)
    refusal = PLAYBOOKS[action].refuse(desk, case, ground)
    if refusal == NOT_HERE:
        return _leave_to_run(desk, case, action, by=by, reason=reason)
    if refusal is not None:
        raise ActionRefused(refusal, field="action")
    if case.approvals >= bounds.per_item:
        raise HealingOff(f"It was approved {case.approvals} times; that is the limit.", field="action")
    if not desk.cases.spend(action.value, f"{now:%Y-%m-%d}", bounds.per_day, now):
        raise HealingOff(f"{action.value} was taken {bounds.per_day} times today; that is the limit.", field="action")
    try:
        return act(desk, case, action, ground, Warrant(by, reason))
    except StaleWrite:
        raise CaseClosed("Somebody else decided on this case first. Look at it again.") from None


def _leave_to_run(desk: HealingDesk, case: Case, action: Action, *, by: str, reason: str) -> Case:
    now = desk.clock.now()
    after = case.step(f"approved: {action.value}", by, now, state=State.OPEN, action=action, approved=True, look_at=now)
    fact = CaseApproved(
        case=case.id, kind=case.kind.value, about=case.finding.about, action=action.value, by=by, reason=reason
    )
    return _written(desk, case, after, fact)


def _hand_over(desk: HealingDesk, case: Case, ground: Ground, *, by: str, reason: str) -> Case:
    now = desk.clock.now()
    after = case.step(
        "handed over", by, now, before=ground.standing, state=State.FOR_PERSON, action=Action.HAND_OVER,
        look_at=now + GLANCE, approved=False,
    )  # fmt: skip
    fact = CaseHandedOver(
        case=case.id, kind=case.kind.value, about=case.finding.about, why=reason, before=ground.standing, by=by
    )
    return _written(desk, case, after, fact)


def _written(desk: HealingDesk, case: Case, after: Case, fact: CaseApproved | CaseHandedOver) -> Case:
    try:
        desk.cases.write(case, after, fact, desk.clock.now())
    except StaleWrite:
        raise CaseClosed("Somebody else decided on this case first. Look at it again.") from None
    return after
