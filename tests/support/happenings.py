"""Everything that can happen to a shop, so that each type of event is written at least once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import cancel_order
from commerce.inventory.adjust_stock import adjust_stock
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
from tests.support.parcels import came, ship, track, wish
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
    receipt = f"ch_pi_{placed.attempt.id}"
    shop.card.give_back_outside(receipt, 5_000)
    for status in ("open", "lost"):
        shop.card.disputes[receipt] = DisputeEntry("dp_1", status, 100_000, "fraudulent")
        reconcile_statement(shop.till, "card", receipt)


def reviewed(shop: Shop) -> None:
    for decision in DECISIONS:
        review = reviews.write(shop, reviews.order_of(shop, f"to {decision}", "A"), "a")
        reviews.decide(shop, review, decision)
