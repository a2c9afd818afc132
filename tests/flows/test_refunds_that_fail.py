"""A refund that failed, or seems to have, is given back once: hearing of its failure again never pays it again."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.model import Refund, RefundState
from commerce.payments.port import DisputeEntry, RefundDone, RefundEntry, RefundImpossible, RefundUnknown
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import NO_RESULT, give_up_refund, note_refund, refund_payment
from commerce.payments.request_refund import refund_order
from commerce.payments.restart_refund import restart_refund, settle_by_hand
from tests.support.card import charge_id
from tests.support.mpesa import Mpesa
from tests.support.parcels import pay
from tests.support.promises import assert_kept
from tests.support.shop import Shop

WHY: dict[str, Any] = {"by": "staff-1", "reason": "the lid is scratched"}
AMOUNT = 100_000


@pytest.fixture
def shop(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=5)
    return quick


@pytest.fixture
def by_card(shop: Shop) -> Placement:
    """An order paid by card, a part of which Stripe gave back and could not carry out: it is in its books for ever."""
    placed = shop.order("card", ("LAP-1", 1), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    shop.card.refund_state = "pending"
    open_refund(shop, placed)
    refund_payment(shop.till, placed.order.number, 1)
    [entry] = shop.card.refunds[receipt(placed)]
    shop.card.refunds[receipt(placed)] = [RefundEntry(entry.id, entry.reference, entry.amount, "failed")]
    reconcile_statement(shop.till, "card", receipt(placed))
    assert only(shop, placed).state is RefundState.FAILED
    return placed


@pytest.fixture
def by_phone(shop: Shop, mpesa: Mpesa) -> Placement:
    """An order paid by M-Pesa, a part of which is to go back."""
    placed = pay(shop, mpesa, shop.order("phone", ("LAP-1", 1)))
    open_refund(shop, placed)
    return placed


def open_refund(shop: Shop, placed: Placement) -> None:
    refund_order(shop.till, placed.order.number, RefundWish(amount=AMOUNT), key="refund", **WHY)


def receipt(placed: Placement) -> str:
    return charge_id(placed.attempt.id)


def only(shop: Shop, placed: Placement) -> Refund:
    [refund] = shop.account(placed).refunds.values()
    return refund


def refused(*about: str | None) -> RefundImpossible:
    return RefundImpossible("1", "no_float", frozenset(name for name in about if name))


def sent(shop: Shop, placed: Placement) -> Refund:
    refund_payment(shop.till, placed.order.number, 1)
    refund = only(shop, placed)
    assert refund.state is RefundState.SENT
    return refund


def test_books_that_hold_a_failed_refund_can_be_read_again(shop: Shop, by_card: Placement) -> None:
    """What else is in them, as a dispute, must reach the order."""
    shop.card.disputes[receipt(by_card)] = DisputeEntry("dp_1", "open", 180_000, "fraudulent")
    reconcile_statement(shop.till, "card", receipt(by_card))
    assert shop.account(by_card).order.dispute == "open"
    assert shop.event_types(by_card).count("RefundFailed") == 1
    assert_kept(shop)


def test_what_was_settled_by_hand_does_not_fail_again(shop: Shop, by_card: Placement) -> None:
    """The failed try stays in the provider's books; a person who has paid must not be sent to pay again."""
    settle_by_hand(shop.till, by_card.order.number, 1, receipt="BANK-77", **WHY)
    reconcile_statement(shop.till, "card", receipt(by_card))
    assert only(shop, by_card).state is RefundState.SUCCEEDED
    assert_kept(shop)


def test_books_of_the_first_try_say_nothing_of_the_next(shop: Shop, by_card: Placement) -> None:
    restart_refund(shop.till, by_card.order.number, 1, **WHY)
    reconcile_statement(shop.till, "card", receipt(by_card))
    assert only(shop, by_card).state is RefundState.REQUESTED
    assert_kept(shop)


def test_a_refund_that_came_home_is_given_back_under_a_new_reference(shop: Shop) -> None:
    placed = shop.order("card", ("LAP-1", 1), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    open_refund(shop, placed)
    refund_payment(shop.till, placed.order.number, 1)
    [entry] = shop.card.refunds[receipt(placed)]
    shop.card.refunds[receipt(placed)] = [RefundEntry(entry.id, entry.reference, entry.amount, "failed")]
    reconcile_statement(shop.till, "card", receipt(placed))
    restart_refund(shop.till, placed.order.number, 1, **WHY)
    reconcile_statement(shop.till, "card", receipt(placed))
    refund_payment(shop.till, placed.order.number, 1)
    assert only(shop, placed).state is RefundState.SUCCEEDED
    assert [one.reference for one in shop.card.refunds[receipt(placed)]] == [
        f"{placed.order.number}-R1",
        f"{placed.order.number}-R1.2",
    ]
    assert_kept(shop)


def test_a_failure_that_is_posted_twice_is_one(shop: Shop, by_phone: Placement) -> None:
    refund = sent(shop, by_phone)
    for _ in range(2):
        note_refund(shop.till, by_phone.order.number, 1, refused(refund.sent_as, refund.reference))
    assert shop.event_types(by_phone).count("RefundFailed") == 1
    settle_by_hand(shop.till, by_phone.order.number, 1, receipt="BANK-77", **WHY)
    note_refund(shop.till, by_phone.order.number, 1, refused(refund.sent_as, refund.reference))
    assert only(shop, by_phone).state is RefundState.SUCCEEDED
    assert_kept(shop)


def test_a_failure_that_is_posted_late_ends_the_doubt(shop: Shop, by_phone: Placement) -> None:
    """Until then a restart keeps the reference, which M-Pesa does not take a second time."""
    refund = sent(shop, by_phone)
    give_up_refund(shop.till, by_phone.order.number, 1)
    assert only(shop, by_phone).code == NO_RESULT
    for _ in range(2):
        note_refund(shop.till, by_phone.order.number, 1, refused(refund.sent_as))
    assert only(shop, by_phone).code == "1"
    restart_refund(shop.till, by_phone.order.number, 1, **WHY)
    assert only(shop, by_phone).reference == f"{by_phone.order.number}-R1.2"
    assert_kept(shop)


def test_a_failure_that_is_posted_after_a_person_paid(shop: Shop, by_phone: Placement) -> None:
    refund = sent(shop, by_phone)
    give_up_refund(shop.till, by_phone.order.number, 1)
    settle_by_hand(shop.till, by_phone.order.number, 1, receipt="BANK-77", **WHY)
    note_refund(shop.till, by_phone.order.number, 1, refused(refund.sent_as, refund.reference))
    assert only(shop, by_phone).state is RefundState.SUCCEEDED
    assert shop.event_types(by_phone)[-1] == "RefundSettledByHand"


def test_a_failure_of_the_first_try_says_nothing_of_the_next(shop: Shop, by_phone: Placement) -> None:
    """M-Pesa posts results twice; a payout that is being asked for must not be called failed, and paid once more."""
    number, first = by_phone.order.number, sent(shop, by_phone)
    note_refund(shop.till, number, 1, refused(first.sent_as, first.reference))
    restart_refund(shop.till, number, 1, **WHY)
    note_refund(shop.till, number, 1, refused(first.sent_as, first.reference))
    assert only(shop, by_phone).state is RefundState.REQUESTED
    note_refund(shop.till, number, 1, refused("AG_next", f"{number}-R1.2"))
    assert only(shop, by_phone).state is RefundState.FAILED
    assert_kept(shop)


def test_a_refusal_after_silence_proves_nothing(shop: Shop, by_phone: Placement) -> None:
    """The first ask was never answered and may have paid: a new reference would pay a second time."""
    number = by_phone.order.number
    note_refund(shop.till, number, 1, RefundUnknown("read time-out"), direct=True)
    note_refund(shop.till, number, 1, RefundImpossible("404.001.01", "shop_misconfigured"), direct=True)
    assert only(shop, by_phone).state is RefundState.FAILED
    restart_refund(shop.till, number, 1, **WHY)
    assert only(shop, by_phone).reference == f"{number}-R1"
    assert_kept(shop)


def test_paid_by_a_person_and_by_the_provider_is_found(shop: Shop, by_phone: Placement) -> None:
    """Promise 3 the other way round: the money went back twice, and somebody must know."""
    number = by_phone.order.number
    sent(shop, by_phone)
    give_up_refund(shop.till, number, 1)
    settle_by_hand(shop.till, number, 1, receipt="HAND-1", **WHY)
    for _ in range(2):
        note_refund(shop.till, number, 1, RefundDone("TKM4A1B2C3"))
    assert [event.type for event in shop.events(by_phone) if event.data.get("attention")] == ["RefundFoundOutside"]
    assert shop.events(by_phone)[-1].data["receipt"] == "TKM4A1B2C3"
    assert_kept(shop)
