"""Everything that can happen to a shop, so that each type of event is written at least once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import cancel_order
from commerce.healing.attend import Allowance, attend
from commerce.healing.decide import approve_case, dismiss_case
from commerce.healing.model import Kind
from commerce.healing.open_case import open_case
from commerce.identity.reset_second_factor import reset_second_factor
from commerce.inventory.adjust_stock import adjust_stock
from commerce.inventory.store import StockRow
from commerce.payments.check_record import give_up_record, note_record
from commerce.payments.port import (
    DisputeEntry,
    OutcomeUnknown,
    Paid,
    PaymentClaim,
    PaymentRecord,
    References,
    RefundDone,
    RefundImpossible,
    Refused,
)
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.payments.request_refund import refund_order
from commerce.payments.restart_refund import restart_refund, settle_by_hand
from commerce.payments.verify_payment import give_up
from commerce.returns.decide_return import Decision, decide_return
from commerce.returns.receive_return import receive_return
from commerce.returns.request_return import request_return
from tests.support import reviews
from tests.support.card import charge_id
from tests.support.healing import Clinic, finding
from tests.support.parcels import came, ship, track, wish
from tests.support.second_factor import desk_of, enrolled, just_signed_in
from tests.support.shop import Shop
from tests.support.vouchers import publish, voucher

WHY: dict[str, Any] = {"by": "staff-1", "reason": "as agreed with the buyer"}
#: The second one stands.
DECISIONS: tuple[Decision, ...] = ("reject", "approve")


def everything_happens(shop: Shop) -> None:
    """Let all of it happen."""
    shop.sell("A", stock=30)
    shop.sell("ONE", stock=1)
    paid(shop)
    failed_and_again(shop)
    came_late(shop)
    doubtful(shop)
    nobody_knows(shop)
    staff_at_work(shop)
    sent_and_back(shop)
    given_back(shop)
    disputed(shop)
    reviewed(shop)
    enrolled_and_lost(shop)
    healed(shop)


def paid(shop: Shop) -> None:
    shop.provider.on_look_up = lambda _: Paid()
    placed = shop.order("paid", ("A", 2))
    shop.verify(placed)
    shop.verify(placed, claim=PaymentClaim(References(), "0", None, placed.attempt.amount + 100))
    shop.verify(placed, claim=PaymentClaim(References(), "0", "TK1", placed.attempt.amount))


def failed_and_again(shop: Shop) -> None:
    shop.provider.on_look_up = lambda _: Refused("1032", "cancelled")
    placed = shop.order("again", ("A", 1))
    shop.verify(placed)
    shop.provider.on_look_up = lambda _: Paid()
    shop.pay_again(placed, "again")
    shop.verify(placed, attempt=2)
    shop.verify(placed, attempt=1, claim=PaymentClaim(References(), "0", "TK2"))
    note_refund(shop.till, placed.order.number, 1, RefundImpossible("1", "no_funds"))
    note_refund(shop.till, placed.order.number, 1, RefundDone("TK3"))


def came_late(shop: Shop) -> None:
    placed = shop.order("late", ("ONE", 1))
    shop.provider.on_look_up = lambda _: Refused("1037", "no_answer")
    assert shop.expire(placed)
    shop.order("instead", ("ONE", 1))
    shop.provider.on_look_up = lambda _: Paid()
    shop.verify(placed, claim=PaymentClaim(References(), "0", "TK4"))
    refund_payment(shop.till, placed.order.number, 1)
    give_up_refund(shop.till, placed.order.number, 1)


def doubtful(shop: Shop) -> None:
    for name, known in (("more", True), ("unknown", False)):
        placed = shop.order(f"{name} than asked", ("A", 1))
        amount = placed.attempt.amount + 100 * 100
        shop.verify(placed, claim=PaymentClaim(References(), "0", f"TK-{name}", amount))
        if known:
            note_record(shop.till, placed.order.number, 1, PaymentRecord(f"TK-{name}", amount))
        else:
            give_up_record(shop.till, placed.order.number, 1)
    placed = shop.order("less than asked", ("A", 1))
    shop.verify(placed, claim=PaymentClaim(References(), "0", "TK-less", 100))


def nobody_knows(shop: Shop) -> None:
    shop.provider.on_start = lambda _: OutcomeUnknown("read time-out")
    shop.provider.on_look_up = None
    placed = shop.order("unknown", ("A", 1))
    give_up(shop.till, placed.order.number, 1)
    shop.clock.forward(timedelta(hours=2))


def paid_by_card(shop: Shop, key: str, **more: Any) -> Placement:
    placed = shop.order(key, ("A", 1), payment={"method": "card"}, **more)
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    return placed


def staff_at_work(shop: Shop) -> None:
    publish(shop.database, shop.clock, voucher())
    adjust_stock(shop.database, shop.clock, sku="A", change=-1, key="counted", **WHY)
    placed = paid_by_card(shop, "called off", voucher="KARIBU10")
    cancel_order(shop.till, placed.order.number, **WHY)


def sent_and_back(shop: Shop) -> None:
    placed = paid_by_card(shop, "sent")
    ship(shop, placed)
    for status in ("in_transit", "delivered"):
        track(shop, placed, status)
    number = placed.order.number
    for place, decision in enumerate(DECISIONS, 1):
        request_return(shop.till, number, wish(A=1), f"return {place}", timedelta(days=14))
        decide_return(shop.till, number, place, decision, **WHY)
    receive_return(shop.till, number, 2, [came("A", 1)], **WHY)


def given_back(shop: Shop) -> None:
    placed = paid_by_card(shop, "given back")
    number = placed.order.number
    for place, amount in ((1, 1_000), (2, 2_000)):
        shop.card.refund_state = "failed"
        refund_order(shop.till, number, RefundWish(amount=amount), key=f"{place}", **WHY)
        refund_payment(shop.till, number, place)
    shop.card.refund_state = "pending"
    restart_refund(shop.till, number, 1, **WHY)
    refund_payment(shop.till, number, 1)
    settle_by_hand(shop.till, number, 2, receipt="TKM4A1B2C3", **WHY)
    shop.card.refund_state = "succeeded"


def disputed(shop: Shop) -> None:
    placed = paid_by_card(shop, "disputed")
    receipt = charge_id(placed.attempt.id)
    shop.card.give_back_outside(receipt, 5_000)
    for status in ("open", "lost"):
        shop.card.disputes[receipt] = DisputeEntry("dp_1", status, 100_000, "fraudulent")
        reconcile_statement(shop.till, "card", receipt)


def reviewed(shop: Shop) -> None:
    for decision in DECISIONS:
        review = reviews.write(shop, reviews.order_of(shop, f"to {decision}", "A"), "a")
        reviews.decide(shop, review, decision)


def enrolled_and_lost(shop: Shop) -> None:
    enrolled(shop)
    reset_second_factor(desk_of(shop), just_signed_in(shop, "admin-1"), "person-1", reason="The phone was lost")


def healed(shop: Shop) -> None:
    """Let cases be acted on, proposed, handed over, approved, dismissed and found again, and the bounds be set."""
    clinic = Clinic(shop)
    letter = {"body": "{}", "queue": "verify", "received_at": "2026-11-22T09:00:00.000Z"}
    for name in ("m-1", "m-2"):
        found = finding("letter/1", Kind.DEAD_LETTER, "readable", letter=name, **letter)
        open_case(clinic.desk, found)
        attend(clinic.desk, found.case_id, Allowance(clinic.set(model=False)))
    dismiss_case(clinic.staff, found.case_id, **WHY)
    shop.sell("HELD", stock=1)
    rows = shop.database.bind(StockRow, "stock")
    rows("HELD#0").update(actions=[rows.available.add(-1), rows.reserved.add(1)])
    surplus: dict[str, Any] = {"sku": "HELD", "bucket": 0, "surplus": 1}
    for each in (
        finding("event/1/attention", Kind.PAYMENT_UNDER_REVIEW, "attention"),
        finding("event/1/mail", Kind.UNSENT_MAIL, "unsent", facts={"event": "1"}, body="{}", queue="notify"),
        finding("sku/HELD#0/surplus", Kind.ORPHANED_HOLD, "surplus", facts=surplus),
    ):
        open_case(clinic.desk, each)
        attend(clinic.desk, each.case_id, Allowance(clinic.desk.settings.read()))
    approve_case(clinic.staff, each.case_id, None, **WHY)
    lost = finding("stream/relay/1", Kind.UNDELIVERED_EVENT, "archived")
    open_case(clinic.desk, lost)
    approve_case(clinic.staff, lost.case_id, None, **WHY)
