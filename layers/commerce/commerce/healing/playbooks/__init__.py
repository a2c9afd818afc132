"""What can be done about a case. No playbook invents a rule about money: each calls a use case of the shop."""

from __future__ import annotations

from commerce.healing.model import Action
from commerce.healing.playbooks.playbook import Playbook
from commerce.healing.playbooks.re_verify import RE_VERIFY, RESERVE_AGAIN
from commerce.healing.playbooks.rebuild_board import REBUILD_BOARD
from commerce.healing.playbooks.refund import REFUND
from commerce.healing.playbooks.release import RELEASE
from commerce.healing.playbooks.requeue import REQUEUE

#: By action; handing over to a person needs none.
PLAYBOOKS: dict[Action, Playbook] = {
    Action.RE_VERIFY: RE_VERIFY,
    Action.RESERVE_AGAIN: RESERVE_AGAIN,
    Action.REQUEUE: REQUEUE,
    Action.RELEASE: RELEASE,
    Action.REFUND: REFUND,
    Action.REBUILD_BOARD: REBUILD_BOARD,
}
