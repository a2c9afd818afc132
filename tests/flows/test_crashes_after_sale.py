"""Refunds, parcels, cancellations, returns, reviews, stock: a worker dies at any call of them (case 28)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Literal

import pytest

from commerce.fulfilment.cancel_order import cancel_order
from commerce.inventory.adjust_stock import adjust_stock
from commerce.payments.model import RefundState
from commerce.payments.port import DisputeEntry
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import refund_payment
from commerce.payments.request_refund import refund_order
from commerce.payments.restart_refund import RefundNotFailed, restart_refund, settle_by_hand
from commerce.returns.decide_return import decide_return
from commerce.returns.receive_return import receive_return
from commerce.returns.request_return import request_return
from tests.support import reviews, stories
from tests.support.card import charge_id
from tests.support.parcels import EMAIL, came, ship, track, wish
from tests.support.stories import CARD, SKU, Step, Story, World, nothing
from tests.support.vouchers import give_credit, publish, voucher

WHY: dict[str, Any] = {"by": "staff-1", "reason": "as agreed with the buyer"}


def number_of(world: World) -> str:
    number: str = world.notes["key"].order.number
    return number


def receipt_of(world: World) -> str:
    return charge_id(f"{number_of(world)}-1")


def paid_by_card(world: World) -> None:
    world.notes["key"] = placed = world.order(**CARD)
    world.shop.card.pay(placed.attempt.id)
    world.shop.verify(placed)
    world.shop.card.refund_state = "pending"


def paid_by_phone(world: World, **codes: Any) -> None:
    world.notes["key"] = placed = world.order(**codes)
    world.shop.verify(placed, claim=world.mpesa.pay(placed.order.number))


def paid_with_codes(world: World) -> None:
    publish(world.shop.database, world.shop.clock, voucher(total_limit=1, per_customer_limit=1))
    paid_by_phone(world, voucher="KARIBU10", credit=give_credit(world.shop.database, 50_000))


def ask_refund(**asked: Any) -> Step:
    def ask(world: World) -> None:
        refund_order(world.shop.till, number_of(world), RefundWish(**asked), key="refund", **WHY)

    return ask


def work_on_refund(world: World) -> None:
    refund_payment(world.shop.till, number_of(world), 1)


def bank_says(state: Literal["succeeded", "failed"]) -> Step:
    """The card's provider hears of its pending refunds, and its event has the books read."""

    def hear(world: World) -> None:
        books = world.shop.card.refunds
        books.update({name: [replace(entry, state=state) for entry in made] for name, made in books.items()})
        read_books(world)

    return hear


def read_books(world: World) -> None:
    reconcile_statement(world.shop.till, "card", receipt_of(world))


def refund_failed(world: World) -> None:
    paid_by_card(world)
    ask_refund()(world)
    world.shop.card.refund_state = "failed"
    work_on_refund(world)
    assert world.account().refunds[1].state is RefundState.FAILED
    world.shop.card.refund_state = "succeeded"


def once(act: Callable[..., object], **more: Any) -> Step:
    """Staff act on a failed refund; pressed again, they are told that it is on its way or done."""

    def press(world: World) -> None:
        try:
            act(world.shop.till, number_of(world), 1, **more, **WHY)
        except RefundNotFailed:
            assert world.account().refunds[1].state is not RefundState.FAILED

    return press


def refunded_outside(world: World) -> None:
    paid_by_card(world)
    world.shop.card.give_back_outside(receipt_of(world), 50_000)


def dispute(status: Literal["open", "won", "lost"]) -> Step:
    def hear(world: World) -> None:
        world.shop.card.disputes[receipt_of(world)] = DisputeEntry("dp_1", status, 180_000, "fraudulent")
        read_books(world)

    return hear


def send(world: World) -> None:
    ship(world.shop, world.notes["key"])


def carrier_says(status: str) -> Step:
    return lambda world: track(world.shop, world.notes["key"], status)


def cancel(world: World) -> None:
    cancel_order(world.shop.till, number_of(world), **WHY)


def sent(world: World) -> None:
    paid_by_card(world)
    send(world)


def sent_with_codes(world: World) -> None:
    paid_with_codes(world)
    send(world)


def ask_return(resolution: str) -> Step:
    asked = wish(EMAIL, resolution, **{SKU.replace("-", "_"): 1})
    return lambda world: request_return(world.shop.till, number_of(world), asked, "return", timedelta(days=14))


def after_return(world: World) -> None:
    work_on_refund(world)
    bank_says("succeeded")(world)


def approve_return(world: World) -> None:
    decide_return(world.shop.till, number_of(world), 1, "approve", **WHY)


def receive(world: World) -> None:
    receive_return(world.shop.till, number_of(world), 1, [came(SKU, 1)], **WHY)


def delivered(world: World) -> None:
    sent(world)
    carrier_says("delivered")(world)


def write_review(world: World) -> None:
    world.notes["review"] = reviews.write(world.shop, number_of(world), SKU.lower())


def moderate(decision: Literal["approve", "reject"]) -> Step:
    return lambda world: reviews.decide(world.shop, world.notes["review"], decision)


def adjust(change: int) -> Step:
    def correct(world: World) -> None:
        adjust_stock(world.shop.database, world.shop.clock, sku=SKU, change=change, key=f"count {change}", **WHY)

    return correct


STORIES = [
    Story("a part by card", paid_by_card, (ask_refund(items={SKU: 1}), work_on_refund, bank_says("succeeded"))),
    Story("all by card, which the bank refuses", paid_by_card, (ask_refund(), work_on_refund, bank_says("failed"))),
    Story("a part by phone", paid_by_phone, (ask_refund(amount=100_000), work_on_refund)),
    Story("money becomes credit", paid_by_card, (ask_refund(destination="credit"),)),
    Story("money and credit go back", paid_with_codes, (ask_refund(), work_on_refund)),
    Story("a failed refund is started again", refund_failed, (once(restart_refund), work_on_refund)),
    Story("a failed refund is settled by hand", refund_failed, (once(partial(settle_by_hand, receipt="BANK-1")),)),
    Story("a refund outside, and a dispute", refunded_outside, (read_books, dispute("open"), dispute("lost"))),
    Story("a parcel arrives", paid_by_card, (send, carrier_says("in_transit"), carrier_says("delivered"))),
    Story("an order with codes is cancelled", paid_with_codes, (cancel, work_on_refund)),
    Story("goods come back for money", sent, (ask_return("refund"), approve_return, receive), after_return),
    Story("goods come back for credit", sent_with_codes, (ask_return("credit"), approve_return, receive)),
    Story("a review is shown, then not", delivered, (write_review, moderate("approve"), moderate("reject"))),
    Story("the shelf is counted", nothing, (adjust(3), adjust(-4))),
]
each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


@each_story
def test_worker_dies_at_every_call(url: str, story: Story) -> None:
    stories.assert_survives_a_crash(url, story)


@each_story
def test_answer_of_every_write_is_lost(url: str, story: Story) -> None:
    """Cases 7 and 14: the write took effect, and its worker cannot know."""
    stories.assert_survives_a_lost_answer(url, story)


@each_story
def test_every_write_meets_conflicts(url: str, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """One conflict the commit bears by itself; past its tries, the message goes back to its queue."""
    stories.unhurried(monkeypatch)
    stories.assert_bears_conflicts(url, story)
    stories.assert_survives_conflicts(url, story)


@each_story
def test_everything_comes_twice(url: str, story: Story) -> None:
    """Queues deliver at least once, and staff press twice."""
    stories.assert_survives_duplicates(url, story)
