"""See to one case: is it still so, who decides, may the shop act, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from commerce.healing.act import Warrant, act, move
from commerce.healing.bounds import HealingSettings, Mode
from commerce.healing.classifier import Question
from commerce.healing.desk import MACHINE, HealingDesk
from commerce.healing.events import CaseHandedOver, CaseHealed, CaseProposed
from commerce.healing.ground import Ground, look
from commerce.healing.model import GLANCE, Action, Case, Finding, Kind, State
from commerce.healing.playbooks import PLAYBOOKS
from commerce.healing.rules import ALLOWED, rule_for
from commerce.kernel.errors import StaleWrite
from commerce.payments.verify_payment import give_up


class Did(StrEnum):
    """What seeing to a case came to."""

    HEALED = "healed"
    ACTED = "acted"
    PROPOSED = "proposed"
    HANDED_OVER = "handed_over"
    PUT_OFF = "put_off"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about a case as it stands now; `why` it is a person's, where it is."""

    action: Action
    mode: Mode
    why: str = ""
    proposed_by: str = "rules"


@dataclass(slots=True)
class Allowance:
    """What one run has done already."""

    settings: HealingSettings
    used: Counter[Action] = field(default_factory=Counter)


def plan(desk: HealingDesk, case: Case, ground: Ground, settings: HealingSettings) -> Plan:
    """Say what the rules make of a case, within its own limits; nothing is asked of anybody and nothing changed."""
    assert ground.finding is not None
    action = rule_for(case.kind, ground.finding.sign)
    if action is Action.HAND_OVER:
        return Plan(Action.HAND_OVER, Mode.AUTO, f"The rules leave this to a person ({ground.finding.sign}).")
    refusal = PLAYBOOKS[action].refuse(desk, case, ground)
    if refusal is not None:
        return Plan(Action.HAND_OVER, Mode.AUTO, refusal)
    mode = settings.mode(action, case.kind)
    if case.approved:
        return Plan(action, Mode.AUTO)
    if mode is Mode.OFF:
        return Plan(Action.HAND_OVER, Mode.AUTO, f"{action.value} is switched off.")
    if case.tries >= settings.actions[action].per_item:
        return Plan(Action.HAND_OVER, Mode.AUTO, f"It was tried {case.tries} times.")
    return Plan(action, mode)


def attend(desk: HealingDesk, case_id: str, allowance: Allowance) -> Did:
    """See to a case that is due, once.

    Whoever else changes the case meanwhile goes first: then nothing is done here, and it is still due.
    """
    now = desk.clock.now()
    case = desk.cases.read(case_id)
    if case is None or not case.waiting or case.look_at is None or case.look_at > now or case.in_hand(now):
        return Did.NOTHING
    ground = look(desk, case)
    try:
        if ground.finding is None:
            return _heal(desk, case, ground, now)
        # It may be another matter now: of an order that was let go meanwhile, of a refund that is certain.
        case = case.model_copy(update={"finding": _renewed(case, ground)})
        if case.state is not State.OPEN:
            desk.cases.put_off(case, now + GLANCE)
            return Did.PUT_OFF
        chosen = plan(desk, case, ground, allowance.settings)
        if chosen.action is Action.HAND_OVER:
            return _hand_over(desk, case, ground, chosen.why, allowance.settings, now)
        if chosen.mode is Mode.PROPOSE:
            return _propose(desk, case, ground, chosen, now)
        return _act(desk, case, ground, chosen.action, allowance, now)
    except StaleWrite:
        return Did.NOTHING


def _renewed(case: Case, ground: Ground) -> Finding:
    assert ground.finding is not None
    kept = {name: getattr(case.finding, name) for name in ("about", "body", "queue", "letter", "received_at")}
    return ground.finding.model_copy(update={**kept, "kind": case.finding.kind})


def _heal(desk: HealingDesk, case: Case, ground: Ground, now: datetime) -> Did:
    said = "It came right by itself."
    after = case.step("healed", MACHINE, now, after=ground.standing, state=State.HEALED, look_at=None, busy_until=None)
    fact = CaseHealed(
        case=case.id, kind=case.kind.value, about=case.finding.about, outcome=said, before={}, after=ground.standing
    )
    desk.cases.write(case, after, fact, now)
    return Did.HEALED


def _act(desk: HealingDesk, case: Case, ground: Ground, action: Action, allowance: Allowance, now: datetime) -> Did:
    bounds = allowance.settings.actions[action]
    if allowance.used[action] >= bounds.per_run:
        return Did.NOTHING
    if not desk.cases.spend(action.value, f"{now:%Y-%m-%d}", bounds.per_day, now):
        tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        desk.cases.put_off(case, tomorrow)
        return Did.PUT_OFF
    allowance.used[action] += 1
    done = act(desk, case, action, ground, Warrant(MACHINE, f"case {case.id}"))
    return Did.HEALED if done.state is State.HEALED else Did.ACTED


def _propose(desk: HealingDesk, case: Case, ground: Ground, chosen: Plan, now: datetime) -> Did:
    after = move(case, "proposed", MACHINE, now, State.PROPOSED, ground).model_copy(
        update={"action": chosen.action, "proposed_by": chosen.proposed_by}
    )
    fact = CaseProposed(
        case=case.id, kind=case.kind.value, about=case.finding.about, action=chosen.action.value,
        proposed_by=chosen.proposed_by, before=ground.standing,
    )  # fmt: skip
    desk.cases.write(case, after, fact, now)
    return Did.PROPOSED


def _hand_over(
    desk: HealingDesk, case: Case, ground: Ground, why: str, settings: HealingSettings, now: datetime
) -> Did:
    proposal = _asked(desk, case, ground, settings)
    if proposal is not None:
        return _propose(desk, case, ground, Plan(proposal, Mode.PROPOSE, proposed_by="model"), now)
    if case.kind in (Kind.STUCK_PAYMENT, Kind.UNKNOWN_OUTCOME) and ground.account is not None:
        # The order says too that a person must look; where it says so already, nothing is written.
        give_up(desk.till, ground.account.order.number, int(case.finding.facts["attempt"]))
    after = move(case, "handed over", MACHINE, now, State.FOR_PERSON, ground).model_copy(
        update={"action": Action.HAND_OVER}
    )
    fact = CaseHandedOver(case=case.id, kind=case.kind.value, about=case.finding.about, why=why, before=ground.standing)
    desk.cases.write(case, after, fact, now)
    return Did.HANDED_OVER


def _asked(desk: HealingDesk, case: Case, ground: Ground, settings: HealingSettings) -> Action | None:
    """Return what a model proposes, among what is allowed, switched on, and may be done as things stand; else None."""
    if desk.classifier is None or not settings.model or ground.finding is None:
        return None
    choices = [
        action
        for action in sorted(ALLOWED[case.kind])
        if settings.mode(action, case.kind) is not Mode.OFF and PLAYBOOKS[action].refuse(desk, case, ground) is None
    ]
    if not choices:
        return None
    facts = {
        **{name: value for name, value in ground.standing.items() if isinstance(value, (str, int))},
        "tries": case.tries,
        "age_minutes": int((desk.clock.now() - case.opened_at).total_seconds() // 60),
    }
    question = Question(case.kind.value, ground.finding.sign, facts, [*choices, Action.HAND_OVER])
    proposal = desk.classifier.propose(question)
    return proposal if proposal in choices else None
