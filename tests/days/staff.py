"""Staff and carriers: parcels, refunds, returns, stock, vouchers, and what healing put before people."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from commerce.audit.store import EventLog
from commerce.healing.model import State
from commerce.healing.store import Cases
from commerce.inventory.receive_stock import receive_stock
from commerce.ordering.model import OrderStatus
from commerce.ordering.returns import Return, ReturnState
from commerce.payments.model import Refund, RefundState
from commerce.payments.store import Account
from tests.days.buyers import PICK, sent
from tests.days.day import VOUCHERS, Placed, chosen
from tests.days.desk import Desk
from tests.handlers.world import CARRIER_SECRET
from tests.support.promises import PAID
from tests.support.vouchers import voucher

TRACKING = "1234567890"
WISHES: dict[str, dict[str, Any]] = {
    "everything": {"everything": True},
    "KES 100": {"amount": 10_000},
    "1 ONE": {"items": [{"sku": "ONE", "quantity": 1}]},
    "1 TWO and the delivery": {"items": [{"sku": "TWO", "quantity": 1}], "shipping": True},
}


def paid(account: Account) -> bool:
    """Whether an order is paid."""
    return account.order.status in PAID


def to_send(account: Account) -> bool:
    """Whether an order is paid and nothing of it was sent."""
    return account.order.status is OrderStatus.PROCESSING


class Staff(Desk):
    """What is done at the desk, and on the road."""

    @precondition(lambda self: self.any_fits(to_send))
    @rule(pick=PICK, part=st.booleans())
    def ship(self, pick: int, part: bool) -> None:
        placed = self.pick(pick, to_send)
        sku = self.account(placed).order.terms.lines[0].sku
        items = {"items": [{"sku": sku, "quantity": 1}]} if part else {}
        line = f"ship {f'1 {sku} of ' if part else ''}{placed.name}"
        path = f"/admin/orders/{placed.number}/shipments"
        self.staff(line, "POST", path, carrier="dhl", tracking=TRACKING, **items)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """Of any order: one that was sent is refused."""
        placed = chosen(pick, self.orders)
        self.staff(f"cancel {placed.name}", "POST", f"/admin/orders/{placed.number}/cancel")

    @precondition(lambda self: self.any_fits(paid))
    @rule(pick=PICK, wish=st.sampled_from(list(WISHES)), to=st.sampled_from(["original", "credit"]))
    def refund(self, pick: int, wish: str, to: str) -> None:
        placed = self.pick(pick, paid)
        line = f"give {wish} of {placed.name} back" + (" as store credit" if to == "credit" else "")
        self.staff(line, "POST", f"/admin/orders/{placed.number}/refunds", **WISHES[wish], to=to)

    @precondition(lambda self: self.failed_refunds())
    @rule(pick=PICK, by_hand=st.booleans())
    def look_after_a_failed_refund(self, pick: int, by_hand: bool) -> None:
        placed, refund = chosen(pick, self.failed_refunds())
        path = f"/admin/orders/{placed.number}/refunds/{refund.number}"
        if by_hand:
            line = f"settle refund {refund.number} of {placed.name} by hand"
            self.staff(line, "POST", f"{path}/settle", receipt="BANK-1")
        else:
            self.staff(f"start refund {refund.number} of {placed.name} again", "POST", f"{path}/retry")

    @precondition(lambda self: self.returns(ReturnState.REQUESTED))
    @rule(pick=PICK, decision=st.sampled_from(["approve", "reject"]))
    def decide_a_return(self, pick: int, decision: str) -> None:
        placed, asked = chosen(pick, self.returns(ReturnState.REQUESTED))
        path = f"/admin/orders/{placed.number}/returns/{asked.number}/{decision}"
        self.staff(f"{decision} return {asked.number} of {placed.name}", "POST", path)

    @precondition(lambda self: self.returns(ReturnState.APPROVED))
    @rule(pick=PICK, fate=st.sampled_from(["restock", "write_off"]))
    def take_goods_in(self, pick: int, fate: str) -> None:
        placed, asked = chosen(pick, self.returns(ReturnState.APPROVED))
        items = [{"sku": sku, "quantity": units, "fate": fate} for sku, units in asked.lines.items()]
        path = f"/admin/orders/{placed.number}/returns/{asked.number}/receive"
        self.staff(f"take return {asked.number} of {placed.name} in: {fate}", "POST", path, items=items)

    @rule(sku=st.sampled_from(["ONE", "TWO"]), change=st.sampled_from([1, -1]))
    def correct_the_stock(self, sku: str, change: int) -> None:
        self.staff(f"correct {sku} by {change:+}", "POST", f"/admin/stock/{sku}/adjustments", change=change)

    @rule(repeated=st.booleans())
    def goods_come_in(self, repeated: bool) -> None:
        self.deliveries = getattr(self, "deliveries", 0) + (not repeated)
        name = f"delivery {self.deliveries}"
        receive_stock(self.shop.database, self.shop.clock, sku="TWO", quantity=2, buckets=2, delivery=name)
        self.tell(f"2 TWO come in{', said twice' if repeated else ''}")

    @rule(code=st.sampled_from(["TENTH", "FREE"]))
    def raise_a_limit(self, code: str) -> None:
        said = VOUCHERS[code]
        self.limits = {name: VOUCHERS[name]["total_limit"] for name in ("TENTH", "FREE")} | getattr(self, "limits", {})
        self.limits[code] += 1
        promised = voucher(code, **(said | {"total_limit": self.limits[code]}))
        body = promised.model_dump(mode="json")
        self.staff(f"raise the limit of {code} to {self.limits[code]}", "PUT", f"/admin/vouchers/{code}", voucher=body)

    @precondition(lambda self: self.cases())
    @rule(pick=PICK)
    def approve_what_healing_proposes(self, pick: int) -> None:
        name, what = chosen(pick, self.cases())
        self.staff(f"approve the case: {what}", "POST", f"/admin/healing/cases/{name}/approve")

    @precondition(lambda self: self.any_fits(sent))
    @rule(pick=PICK, status=st.sampled_from(["in_transit", "delivered", "exception"]), twice=st.booleans())
    def carrier_reports(self, pick: int, status: str, twice: bool) -> None:
        placed = self.pick(pick, sent)
        said = {"reference": f"{placed.number}-S1", "tracking": TRACKING, "status": status}
        moment = self.cloud.now().isoformat()
        body = json.dumps({"id": f"report-{len(self.story)}", "occurred_at": moment, **said})
        for _ in range(1 + twice):
            signed_at = int(time.time())
            secret = CARRIER_SECRET["dhl"].split(",")[0].encode()
            digest = hmac.new(secret, f"{signed_at}.{body}".encode(), "sha256").hexdigest()
            signature = f"t={signed_at},v1={digest}"
            answer = self.insist("POST", "/hooks/carriers/dhl", body, salama_signature=signature)
        line = f"the carrier says {'twice ' if twice else ''}that {placed.name} is {status.replace('_', ' ')}"
        self.answered(line, answer)

    def failed_refunds(self) -> list[tuple[Placed, Refund]]:
        """Return the refunds that failed."""
        return [
            (placed, refund)
            for placed in self.fitting(lambda _: True)
            for refund in self.account(placed).refunds.values()
            if refund.state is RefundState.FAILED
        ]

    def returns(self, state: ReturnState) -> list[tuple[Placed, Return]]:
        """Return the returns in a state."""
        return [
            (placed, asked)
            for placed in self.fitting(lambda _: True)
            for asked in self.account(placed).returns.values()
            if asked.state is state
        ]

    def cases(self) -> list[tuple[str, str]]:
        """Return the cases that wait for an approval, with what they are about, as the story calls it."""
        if not self.rough:
            return []
        cases = Cases(self.shop.database, EventLog(self.shop.database))
        ids = [one.id for one in cases.listed(State.PROPOSED, after=None, limit=10, newest=False)]
        names = {placed.number: placed.name for placed in self.orders}
        found = [(case.id, case.finding) for case in cases.read_many(ids)]
        return [(name, f"{one.title} ({names.get(one.order_number or '', '-')})") for name, one in found]
