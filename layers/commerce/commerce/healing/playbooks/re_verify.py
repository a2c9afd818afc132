"""Ask the provider once more what became of an attempt, and act on its answer (promise 4)."""

from __future__ import annotations

from commerce.healing.desk import HealingDesk
from commerce.healing.ground import Ground
from commerce.healing.model import Case
from commerce.healing.playbooks.playbook import Outcome, Playbook, Warrant
from commerce.payments.verify_payment import verify_payment


def _effects(case: Case) -> list[str]:
    return [
        f"Asks {case.finding.facts['method']} what became of attempt {case.finding.facts['attempt']}.",
        "Money that it confirms pays the order. Without its confirmation nothing moves.",
    ]


def _effects_after_release(case: Case) -> list[str]:
    return [
        f"Asks {case.finding.facts['method']} what became of attempt {case.finding.facts['attempt']}.",
        "Money that it confirms takes the goods again, where they are still there; else it goes back to the buyer.",
    ]


def _refuse(desk: HealingDesk, case: Case, ground: Ground) -> str | None:
    return _asks_about("awaited", "The order waits for no money any more.", ground)


def _refuse_unless_released(desk: HealingDesk, case: Case, ground: Ground) -> str | None:
    return _asks_about("released", "The order still holds its goods.", ground)


def _asks_about(sign: str, refusal: str, ground: Ground) -> str | None:
    if ground.account is None or ground.finding is None:
        return "There is no such attempt, or it has ended."
    return None if ground.finding.sign == sign else refusal


def _act(desk: HealingDesk, case: Case, ground: Ground, warrant: Warrant) -> Outcome:
    # As for the provider's own event, so that an attempt that failed is looked up too.
    number, attempt = str(case.finding.order_number), int(case.finding.facts["attempt"])
    return Outcome(f"The provider's answer: {verify_payment(desk.till, number, attempt, hinted=True).value}.")


RE_VERIFY = Playbook(effects=_effects, refuse=_refuse, act=_act)
RESERVE_AGAIN = Playbook(effects=_effects_after_release, refuse=_refuse_unless_released, act=_act)
