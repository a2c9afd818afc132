"""Start a failed refund again, where it is certain that it did not go through (promise 3)."""

from __future__ import annotations

from commerce.healing.desk import HealingDesk
from commerce.healing.ground import Ground
from commerce.healing.model import Case
from commerce.healing.playbooks.playbook import Outcome, Playbook, Warrant
from commerce.payments.restart_refund import restart_refund


def _effects(case: Case) -> list[str]:
    refund = case.finding.facts["refund"]
    return [
        f"Starts refund {refund} of the order again: the same amount, to the same buyer.",
        "The provider said that the try before did not go through; one that may have is never started again here.",
    ]


def _refuse(desk: HealingDesk, case: Case, ground: Ground) -> str | None:
    sign = ground.finding.sign if ground.finding else "over"
    return {
        "certain": None,
        "over": "The refund has not failed.",
        "may_have_gone_through": "It may have gone through. Look it up at the provider first.",
    }.get(sign, "Starting it again would fail again; the refund's reason says what to do.")


def _act(desk: HealingDesk, case: Case, ground: Ground, warrant: Warrant) -> Outcome:
    number, refund = str(case.finding.order_number), int(case.finding.facts["refund"])
    restart_refund(desk.till, number, refund, by=warrant.by, reason=warrant.reason)
    return Outcome("The refund was started again.")


REFUND = Playbook(effects=_effects, refuse=_refuse, act=_act)
