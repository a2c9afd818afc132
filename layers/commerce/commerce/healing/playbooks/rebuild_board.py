"""Make an order's row on the board anew from the order."""

from __future__ import annotations

from commerce.board.project_order import project_order
from commerce.healing.desk import HealingDesk
from commerce.healing.ground import Ground
from commerce.healing.model import Case
from commerce.healing.playbooks.playbook import Outcome, Playbook, Warrant


def _effects(case: Case) -> list[str]:
    return ["Makes the order's row on the board anew from the order itself. The order does not change."]


def _refuse(desk: HealingDesk, case: Case, ground: Ground) -> str | None:
    return None if ground.account else "There is no such order."


def _act(desk: HealingDesk, case: Case, ground: Ground, warrant: Warrant) -> Outcome:
    shown = project_order(desk.board, desk.till.payments, str(case.finding.order_number))
    return Outcome("The row was made anew." if shown else "The board had a newer row.")


REBUILD_BOARD = Playbook(effects=_effects, refuse=_refuse, act=_act)
