"""No use case is forgotten: each that commits takes part in a situation, where its commit is really sent."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import commerce
from commerce.kernel.commit import Commit
from tests.support.arena import Situation, Work, arena
from tests.support.scheduler import one_after_another
from tests.support.situations import acts, goods, healing, money, shelf, unpaid
from tests.support.trials import run

#: Where each module that commits meets others, and by which work.
WHERE: dict[str, tuple[Situation, Work]] = {
    "checkout.place_order": (shelf.TABS, shelf.tab("tab")),
    "checkout.expire_orders": (unpaid.OVERDUE, acts.EXPIRE),
    "checkout.retry_payment": (unpaid.FAILED, acts.RETRY),
    "fulfilment.advance_shipment": (goods.SENT, goods.DELIVERED),
    "fulfilment.cancel_order": (money.PAID, acts.CANCEL),
    "fulfilment.ship_order": (money.PAID, acts.SHIP_ALL),
    "healing.playbooks.release": (healing.ORPHANED_HOLD, healing.APPROVE),
    "healing.settings_store": (healing.FAILED_REFUND, healing.SWITCH_OFF),
    "healing.store": (healing.FAILED_REFUND, healing.DISMISS),
    "inventory.adjust_stock": (shelf.LAST_UNIT, shelf.adjust("take_away", -1)),
    "inventory.receive_stock": (shelf.LAST_UNIT, shelf.RECEIVE),
    "payments.check_record": (unpaid.SHORT, unpaid.GIVE_UP_RECORD),
    "payments.reconcile_statement": (money.OUTSIDE, acts.READ_BOOKS),
    "payments.refund_payment": (money.REFUND_DUE, acts.SEND_REFUND),
    "payments.request_refund": (money.PAID, acts.REFUND_PART),
    "payments.restart_refund": (money.REFUND_FAILED, money.RESTART),
    "payments.settle_payment": (unpaid.UNPAID, acts.SETTLE),
    "payments.start_payment": (unpaid.FAILED, acts.RETRY),
    "payments.verify_payment": (unpaid.UNPAID, acts.GIVE_UP),
    "promotions.publish_voucher": (shelf.LAST_UNIT, shelf.SWITCH_OFF),
    "returns.decide_return": (goods.ASKED_BACK, goods.APPROVE),
    "returns.receive_return": (goods.APPROVED, goods.RECEIVE_ONE),
    "returns.request_return": (goods.SENT, goods.ASK_ONE),
    "reviews.moderate_review": (goods.REVIEWED, goods.APPROVE_REVIEW),
    "reviews.write_review": (goods.REVIEWED, goods.SAY),
}
#: What touches no order, stock, voucher or refund: goods and shelves as they are shown, and how staff sign in.
ELSEWHERE = {"catalog.publish_category", "catalog.publish_product", "identity.enrol_second_factor"}


def test_every_module_that_commits_is_here() -> None:
    root = Path(commerce.__path__[0])
    committing = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in root.rglob("*.py")
        if re.search(r"\bCommit\(\w", path.read_text()) and path.parent.name != "kernel"
    }
    assert committing == set(WHERE) | ELSEWHERE


def test_every_work_is_of_its_situation() -> None:
    for situation, work in WHERE.values():
        assert work.name in {one.name for one in situation.works}, work.name


@pytest.mark.parametrize("module", sorted(WHERE))
def test_its_commit_is_sent(module: str, ministack_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    situation, work = WHERE[module]
    sending: set[str] = set()
    send = Commit.send

    def noted(commit: Commit) -> None:
        sending.add(sys._getframe(1).f_globals["__name__"].removeprefix("commerce."))
        send(commit)

    with arena(ministack_url, situation) as there:
        monkeypatch.setattr(Commit, "send", noted)
        run(there, [work], one_after_another(0))
    assert module in sending
