"""Refunds in the same moment as other refunds, books, cancellations and parcels: money goes back once (promise 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import OrderNotCancellable, cancel_order
from commerce.fulfilment.ship_order import OrderNotShippable
from commerce.kernel.errors import Conflict
from commerce.ordering.model import OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.model import RefundState, RefundTooLarge
from commerce.payments.port import DisputeEntry, RefundDone, RefundImpossible
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import note_refund, refund_payment
from commerce.payments.request_refund import refund_order, refundable
from commerce.payments.restart_refund import restart_refund, settle_by_hand
from tests.support.books import assert_books
from tests.support.card import charge_id
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.parcels import pay, ship
from tests.support.promises import assert_kept
from tests.support.shop import Shop
from tests.support.stories import CARD
from tests.support.vouchers import give_credit

TOTAL = 180_000
WHY: dict[str, Any] = {"by": "staff-1", "reason": "as agreed with the buyer"}


@pytest.fixture
def paid(shop: Shop) -> Placement:
    shop.sell("LAP-1", stock=2)
    placed = shop.order("key", ("LAP-1", 1), **CARD)
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    return placed


@pytest.fixture
def paid_by_phone(shop: Shop, mpesa: Mpesa) -> Placement:
    shop.sell("LAP-1", stock=2)
    return pay(shop, mpesa, shop.order("key", ("LAP-1", 1)))


def receipt(placed: Placement) -> str:
    return charge_id(placed.attempt.id)


def ask(shop: Shop, placed: Placement, key: str = "refund", **wish: Any) -> Callable[[], Any]:
    return lambda: refund_order(shop.till, placed.order.number, RefundWish(**wish), key=key, **WHY)


def work(shop: Shop, placed: Placement) -> Callable[[], Verdict]:
    return lambda: refund_payment(shop.till, placed.order.number, 1)


def read_books(shop: Shop, placed: Placement) -> Callable[[], Verdict]:
    return lambda: reconcile_statement(shop.till, "card", receipt(placed))


def cancel(shop: Shop, placed: Placement) -> Callable[[], Any]:
    return lambda: cancel_order(shop.till, placed.order.number, **WHY)


def kept(shop: Shop, mpesa: Mpesa, *, settled: bool = False) -> None:
    assert_books(shop, mpesa, assert_kept(shop), settled=settled)


def test_one_message_at_two_workers(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """Case 14: both have read the refund as due before one of them asks; one refund is made, and recorded once."""
    ask(shop, paid, amount=100_000)()
    with interleaving(shop) as steps:
        steps.before("refund", meeting(2), nth=1)
        assert together(work(shop, paid), work(shop, paid)) == [Verdict.FINAL] * 2
    [made] = shop.card.refunds[receipt(paid)]
    assert (made.reference, made.amount) == (f"{paid.order.number}-R1", 100_000)
    assert shop.event_types(paid).count("RefundSucceeded") == 1
    kept(shop, mpesa, settled=True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_books_are_read_while_our_own_refund_is_recorded(
    shop: Shop, mpesa: Mpesa, paid: Placement, when: Any
) -> None:
    """Case 14: the provider's event overtakes its own answer: the refund is ours, and not one from outside."""
    ask(shop, paid, amount=100_000)()
    with interleaving(shop) as steps:
        (steps.before if when == "before" else steps.after)(WRITE, read_books(shop, paid), nth=1)
        work(shop, paid)()
    assert [(one.why, one.state) for one in shop.account(paid).refunds.values()] == [
        ("goodwill", RefundState.SUCCEEDED)
    ]
    assert shop.event_types(paid).count("RefundSucceeded") == 1
    kept(shop, mpesa, settled=True)


def test_staff_here_and_staff_in_the_providers_pages(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """Case 14: both give everything back at once; the sum on record never passes what came."""
    shop.card.give_back_outside(receipt(paid), TOTAL)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        asked, read = together(ask(shop, paid, amount=TOTAL), read_books(shop, paid))
    assert read is Verdict.FINAL
    account = shop.account(paid)
    amounts = sorted(one.amount for one in account.refunds.values())
    assert amounts == ([TOTAL] if isinstance(asked, Conflict) else [0, TOTAL])
    assert account.attempts[1].refunded == TOTAL
    assert refundable(account) == 0
    assert_kept(shop)


def test_books_read_by_three_workers(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """Case 9 for refunds: two events of one refund and one of a dispute, at once: each difference is booked once."""
    shop.card.give_back_outside(receipt(paid), 50_000)
    shop.card.disputes[receipt(paid)] = DisputeEntry("dp_1", "open", 130_000, "fraudulent")
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(3), nth=1)
        assert together(*[read_books(shop, paid)] * 3) == [Verdict.FINAL] * 3
    events = shop.event_types(paid)
    assert (events.count("RefundFoundOutside"), events.count("PaymentDisputed")) == (1, 1)
    assert [one.amount for one in shop.account(paid).refunds.values()] == [50_000]
    kept(shop, mpesa, settled=True)


@pytest.mark.parametrize("first", ["dispute", "parcel"])
def test_a_dispute_and_a_parcel_meet(shop: Shop, paid: Placement, first: str) -> None:
    """Goods whose money a bank has taken back do not leave; what had left is on record before the dispute is."""
    shop.card.disputes[receipt(paid)] = DisputeEntry("dp_1", "open", TOTAL, "fraudulent")
    with interleaving(shop) as steps:
        if first == "dispute":
            steps.before(WRITE, read_books(shop, paid), nth=1)
            with pytest.raises(OrderNotShippable):
                ship(shop, paid)
        else:
            steps.before(WRITE, lambda: ship(shop, paid), nth=1)
            read_books(shop, paid)()
    order = shop.account(paid).order
    assert order.dispute == "open"
    assert order.status is (OrderStatus.PROCESSING if first == "dispute" else OrderStatus.SHIPPED)
    assert_kept(shop)


def test_a_refund_and_a_cancellation_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 14: a part as new credit, and everything by the cancellation: together never more than what was paid."""
    shop.sell("LAP-1", stock=2)
    code = give_credit(shop.database, 50_000)
    paid = pay(shop, mpesa, shop.order("key", ("LAP-1", 1), credit=code))
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        asked, cancelled = together(ask(shop, paid, amount=150_000, destination="credit"), cancel(shop, paid))
    assert cancelled.status is OrderStatus.CANCELLED
    account = shop.account(paid)
    assert sum(one.amount for one in account.refunds.values()) == TOTAL
    assert (account.attempts[1].refunded, account.order.credit_returned) == (TOTAL - 50_000, 50_000)
    assert len(account.refunds) == (2 if isinstance(asked, Conflict) else 3)
    assert shop.stock("LAP-1")["available"] == 2
    assert_kept(shop)


def test_a_dispute_and_a_cancellation_meet(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """What the bank is about to take back is not given back beside it."""
    shop.card.disputes[receipt(paid)] = DisputeEntry("dp_1", "open", TOTAL, "fraudulent")
    with interleaving(shop) as steps, pytest.raises(OrderNotCancellable):
        steps.before(WRITE, read_books(shop, paid), nth=1)
        cancel(shop, paid)()
    assert shop.account(paid).refunds == {}
    kept(shop, mpesa, settled=True)


class TestRefused:
    """Case 27: the paybill has no float, so the refund is a person's."""

    @pytest.fixture
    def failed(self, shop: Shop, paid_by_phone: Placement) -> Placement:
        ask(shop, paid_by_phone, amount=100_000)()
        work(shop, paid_by_phone)()
        known = shop.account(paid_by_phone).refunds[1].sent_as
        assert known is not None
        note_refund(shop.till, paid_by_phone.order.number, 1, RefundImpossible("1", "no_float", frozenset({known})))
        assert shop.account(paid_by_phone).refunds[1].state is RefundState.FAILED
        return paid_by_phone

    def test_started_again_twice_at_once(self, shop: Shop, mpesa: Mpesa, failed: Placement) -> None:
        with interleaving(shop) as steps:
            steps.before(WRITE, meeting(2), nth=1)
            results = together(*[lambda: restart_refund(shop.till, failed.order.number, 1, **WHY)] * 2)
        assert sorted(type(result).__name__ for result in results) == ["Account", "RefundNotFailed"]
        assert shop.account(failed).refunds[1].tries == 2
        work(shop, failed)()
        assert sorted(mpesa.given_back) == [f"{failed.order.number}-R1", f"{failed.order.number}-R1.2"]
        assert_kept(shop)

    def test_by_hand_and_by_machine_at_once(self, shop: Shop, mpesa: Mpesa, failed: Placement) -> None:
        """Two members of staff mean well: one of them is told that it is done, or on its way."""
        with interleaving(shop) as steps:
            steps.before(WRITE, meeting(2), nth=1)
            results = together(
                lambda: restart_refund(shop.till, failed.order.number, 1, **WHY),
                lambda: settle_by_hand(shop.till, failed.order.number, 1, receipt="BANK-1", **WHY),
            )
        assert sorted(type(result).__name__ for result in results) == ["Account", "RefundNotFailed"]
        state = shop.account(failed).refunds[1].state
        assert state is (RefundState.SUCCEEDED if isinstance(results[0], Conflict) else RefundState.REQUESTED)
        asked = len(mpesa.refunded)
        work(shop, failed)()
        assert len(mpesa.refunded) == asked + (state is RefundState.REQUESTED), "settled by hand is not sent again"
        assert_kept(shop)

    def test_started_again_when_the_first_turns_out_done(self, shop: Shop, mpesa: Mpesa, failed: Placement) -> None:
        """Word that it is done already comes between the person's look and press: nothing is started again."""
        number = failed.order.number
        with interleaving(shop) as steps, pytest.raises(Conflict):
            steps.before(WRITE, lambda: note_refund(shop.till, number, 1, RefundDone("B1")), nth=1)
            restart_refund(shop.till, number, 1, **WHY)
        assert shop.account(failed).refunds[1].state is RefundState.SUCCEEDED
        assert list(mpesa.given_back) == [f"{number}-R1"]
        kept(shop, mpesa, settled=True)


def test_a_result_and_the_end_of_patience_at_once(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """Cases 18 and 27: the bank's word and the last look come together: it is done, and told once."""
    shop.card.refund_state = "pending"
    ask(shop, paid, amount=100_000)()
    work(shop, paid)()
    books = shop.card.refunds
    books[receipt(paid)] = [replace(entry, state="succeeded") for entry in books[receipt(paid)]]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        together(
            read_books(shop, paid),
            lambda: note_refund(shop.till, paid.order.number, 1, RefundImpossible("no_result", "none came")),
        )
    assert shop.account(paid).refunds[1].state is RefundState.SUCCEEDED
    assert shop.event_types(paid).count("RefundSucceeded") == 1
    kept(shop, mpesa, settled=True)


def test_lines_and_amounts_at_once(shop: Shop, mpesa: Mpesa, paid: Placement) -> None:
    """Case 14: the same goods by line and by amount: the second is weighed against what the first left."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(ask(shop, paid, "by line", items={"LAP-1": 1}), ask(shop, paid, "by amount", amount=100_000))
    assert sum(isinstance(result, RefundTooLarge) for result in results) == 1, results
    assert len(shop.account(paid).refunds) == 1
    kept(shop, mpesa)
