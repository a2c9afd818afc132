"""Release what is held for nobody: an overdue order's goods as the sweep would, or units that no order holds."""

from __future__ import annotations

from commerce.checkout.expire_orders import expire_order
from commerce.healing.desk import HealingDesk
from commerce.healing.events import OrphanedHoldReleased
from commerce.healing.ground import Ground
from commerce.healing.model import Case, Kind
from commerce.healing.playbooks.playbook import Outcome, Playbook, Warrant
from commerce.inventory.model import Hold
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.events import Event


def _effects(case: Case) -> list[str]:
    if case.kind is Kind.ORPHANED_HOLD:
        facts = case.finding.facts
        return [f"Puts {facts['surplus']} units of {facts['sku']} (bucket {facts['bucket']}) up for sale again."]
    return [
        "Asks the provider one last time, then lets the order expire and puts its goods up for sale again.",
        "Money that comes after all takes the goods again or goes back.",
    ]


def _refuse(desk: HealingDesk, case: Case, ground: Ground) -> str | None:
    if ground.finding is None:
        return "Nothing is held for nobody any more."
    if ground.finding.sign == "without_time":
        return "The order has no time to expire at. Cancel it, or find out why."
    return None


def _act(desk: HealingDesk, case: Case, ground: Ground, warrant: Warrant) -> Outcome:
    if case.kind is Kind.ORPHANED_HOLD:
        return _release_surplus(desk, case)
    expired = expire_order(desk.till, str(case.finding.order_number))
    return Outcome("The order expired." if expired else "The order was paid, or its payment is pending.")


def _release_surplus(desk: HealingDesk, case: Case) -> Outcome:
    sku, bucket = str(case.finding.facts["sku"]), int(case.finding.facts["bucket"])
    quantity = int(case.finding.facts["surplus"])
    fact = OrphanedHoldReleased(sku=sku, bucket=bucket, quantity=quantity, case=case.id)
    # Named after the try, so that a try that comes again does not release a second time.
    sequence = f"orphan-{case.id}-{case.tries + case.approvals:02d}"
    commit = Commit(desk.database)
    desk.till.log.record(commit, Event.of(fact, subject=f"sku/{sku}", sequence=sequence, at=desk.clock.now()))
    desk.till.stock.release(commit, sku, [Hold(bucket, quantity)])
    try:
        commit.send()
    except StaleWrite:
        return Outcome("They were for sale again already.")
    return Outcome(f"{quantity} units are for sale again.")


RELEASE = Playbook(
    effects=_effects,
    refuse=_refuse,
    act=_act,
    way_back="Goods: an order that is paid late takes them again; a count is corrected on the stock page.",
)
