"""Orders by card: the same flow as M-Pesa, with a provider that can tell amounts, repeat a start and cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress, PaymentTooSoon
from commerce.checkout.views import placed_view
from commerce.kernel.errors import InvalidRequest
from commerce.ordering.model import OrderStatus
from commerce.payments.breaker import FAILURES, PaymentMethodUnavailable
from commerce.payments.decision import Verdict
from commerce.payments.model import AttemptState
from commerce.payments.port import OutcomeUnknown
from commerce.payments.store import Account
from commerce.payments.verify_payment import close_payment, verify_payment
from tests.support.card import intent_id
from tests.support.interleave import ANY, WRITE, Crash, interleaving
from tests.support.promises import assert_kept
from tests.support.shop import RESERVATION, WINDOW, Shop

CARD: dict[str, Any] = {"payment": {"method": "card"}}


@pytest.fixture
def shop(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=2)
    return quick


@pytest.fixture
def placed(shop: Shop) -> Placement:
    return shop.order("key", ("LAP-1", 1), **CARD)


def attempt(account: Account, number: int = 1) -> AttemptState:
    return account.attempts[number].state


def test_what_the_buyers_client_needs_is_handed_over_and_replayed(shop: Shop, placed: Placement) -> None:
    view = placed_view(placed.order, placed.attempt)
    assert (view.payment.client_secret, view.payment.publishable_key) == (
        f"{intent_id(placed.attempt.id)}_secret",
        "pk_test",
    )
    again = shop.order("key", ("LAP-1", 1), **CARD)
    assert again.replayed
    assert placed_view(again.order, again.attempt) == view
    assert len(shop.card.started) == 1


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_worker_that_dies_at_the_provider_loses_nothing(shop: Shop, where: Any) -> None:
    """Cases 7 and 28: the repeated checkout starts the very same payment again, which is still one."""
    with interleaving(shop) as steps, pytest.raises(Crash):
        steps.crash(where, ANY, nth=3)
        shop.order("key", ("LAP-1", 1), **CARD)
    again = shop.order("key", ("LAP-1", 1), **CARD)
    assert placed_view(again.order, again.attempt).payment.client_secret == f"{intent_id(again.attempt.id)}_secret"
    assert list(shop.card.intents) == [again.attempt.id]
    shop.card.pay(again.attempt.id)
    assert shop.verify(again) is Verdict.FINAL
    assert shop.account(again).order.status is OrderStatus.PROCESSING
    assert_kept(shop)


def test_an_answer_that_was_lost_is_got_by_asking_again(shop: Shop) -> None:
    shop.card.answers = "lost"
    lost = shop.order("key", ("LAP-1", 1), **CARD)
    assert lost.attempt.state is AttemptState.UNKNOWN
    shop.card.answers = "ok"
    found = shop.order("key", ("LAP-1", 1), **CARD)
    assert found.attempt.state is AttemptState.PROMPTED
    assert found.attempt.handover is not None
    assert len(shop.card.intents) == 1


def test_an_expired_order_is_not_asked_to_be_paid_by_a_replay(shop: Shop) -> None:
    shop.card.answers = "down"
    lost = shop.order("key", ("LAP-1", 1), **CARD)
    assert shop.expire(lost)
    shop.card.answers = "ok"
    assert shop.order("key", ("LAP-1", 1), **CARD).attempt.state is AttemptState.UNKNOWN
    assert shop.card.intents == {}, "no intent is made that nobody would ever cancel"


def test_paid(shop: Shop, placed: Placement) -> None:
    receipt = shop.card.pay(placed.attempt.id)
    assert shop.verify(placed) is Verdict.FINAL
    account = shop.account(placed)
    assert (account.order.status, account.order.paid) == (OrderStatus.PROCESSING, 180_000)
    assert (account.attempts[1].receipt, account.attempts[1].captured) == (receipt, 180_000)
    assert shop.verify(placed) is Verdict.FINAL
    assert_kept(shop)


def test_dollars_go_abroad(shop: Shop) -> None:
    address = {"line1": "1 Main Street", "city": "Kampala", "country": "UG"}
    placed = shop.order(
        "usd", ("LAP-1", 1), currency="USD", shipping={"zone": "international", "address": address}, **CARD
    )
    assert placed.order.terms.total == 150_000 // 129 + 3_500
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    assert shop.account(placed).order.paid == placed.order.terms.total
    assert_kept(shop)


@pytest.mark.parametrize("status", ["waiting", "processing"])
def test_nothing_is_fulfilled_early(shop: Shop, placed: Placement, status: Any) -> None:
    """Case 10: a decline leaves the intent waiting for another card, and processing is not money."""
    shop.card.intents[placed.attempt.id].status = status
    assert shop.verify(placed) is (Verdict.WAITING if status == "waiting" else Verdict.PENDING)
    account = shop.account(placed)
    assert (account.order.status, attempt(account)) == (OrderStatus.PENDING_PAYMENT, AttemptState.PROMPTED)


def test_expiry_cancels_first_so_late_money_cannot_come(shop: Shop, placed: Placement) -> None:
    assert shop.expire(placed)
    assert shop.card.intents[placed.attempt.id].status == "canceled"
    account = shop.account(placed)
    assert (account.order.status, attempt(account)) == (OrderStatus.EXPIRED, AttemptState.FAILED)
    assert shop.stock("LAP-1")["available"] == 2
    assert_kept(shop)


def test_paid_at_the_very_last_moment(shop: Shop, placed: Placement) -> None:
    """Case 3: the cancel finds the money, and the order is paid instead of expired."""
    shop.card.pay(placed.attempt.id)
    assert not shop.expire(placed)
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(shop)


def test_processing_past_the_grace_is_late_money(shop: Shop, placed: Placement) -> None:
    """Case 13: what cannot be cancelled any more is waited for, then released; the money still finds its order."""
    shop.card.intents[placed.attempt.id].status = "processing"
    assert shop.expire(placed)
    shop.card.pay(placed.attempt.id)
    assert shop.verify(placed) is Verdict.FINAL
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(shop)


def test_late_card_money_for_goods_that_are_gone_goes_back(shop: Shop, placed: Placement) -> None:
    shop.card.intents[placed.attempt.id].status = "processing"
    shop.expire(placed)
    shop.order("others", ("LAP-1", 2))
    receipt = shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    refund = shop.account(placed).refunds[1]
    assert (refund.amount, refund.why, refund.receipt) == (180_000, "late", receipt)
    assert_kept(shop)


def test_another_way_to_pay_cancels_the_first(shop: Shop, placed: Placement) -> None:
    """Case 12: two payments of one order can never both be paid."""
    again = shop.pay_again(placed, "by phone")
    assert shop.card.intents[placed.attempt.id].status == "canceled"
    assert attempt(shop.account(placed), 1) is AttemptState.FAILED
    assert (again.attempt.method, shop.account(placed).order.live_attempt) == ("mpesa", 2)
    assert_kept(shop)


def test_a_request_that_can_start_nothing_leaves_the_card_as_it_is(shop: Shop, placed: Placement) -> None:
    """Its buyer may be entering the card at this moment."""
    for _ in range(FAILURES):
        shop.till.breakers.note("mpesa", None, OutcomeUnknown("HTTP 503"))
    with pytest.raises(PaymentMethodUnavailable):
        shop.pay_again(placed, "by phone")
    with pytest.raises(InvalidRequest):
        shop.pay_again(placed, "by nothing", method="cash")
    assert shop.card.intents[placed.attempt.id].status == "waiting"
    assert attempt(shop.account(placed)) is AttemptState.PROMPTED


def test_a_card_that_took_long_to_cancel_leaves_no_time_for_another(shop: Shop, placed: Placement) -> None:
    """What the function has no time left for is not begun; the same press again starts it."""
    with interleaving(shop) as steps:
        steps.before("cancel", lambda: shop.clock.forward(timedelta(seconds=9)))
        with pytest.raises(PaymentTooSoon):
            shop.pay_again(placed, "by phone")
    assert shop.provider.started == []
    assert shop.pay_again(placed, "by phone").attempt.method == "mpesa"
    assert_kept(shop)


def test_a_card_that_was_charged_meanwhile_pays_the_order(shop: Shop, placed: Placement) -> None:
    shop.card.pay(placed.attempt.id)
    with pytest.raises(OrderNotPayable):
        shop.pay_again(placed, "by phone")
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert shop.provider.started == []


def test_a_card_that_cannot_be_cancelled_now_blocks_another_way(shop: Shop, placed: Placement) -> None:
    shop.card.answers = "down"
    with pytest.raises(PaymentInProgress):
        shop.pay_again(placed, "by phone")
    assert shop.provider.started == []


def test_a_prompt_on_a_phone_is_not_cancelled_by_a_card(shop: Shop) -> None:
    """Case 23: M-Pesa cannot take a prompt back, so nothing else starts while one is out."""
    placed = shop.order("phone", ("LAP-1", 1))
    with pytest.raises(PaymentInProgress):
        shop.pay_again(placed, "by card", method="card")
    assert shop.card.started == []


def test_less_than_asked_is_never_fulfilled(shop: Shop, placed: Placement) -> None:
    """Case 11: the provider itself tells the amount."""
    shop.card.pay(placed.attempt.id, amount=100)
    assert shop.verify(placed) is Verdict.FINAL
    account = shop.account(placed)
    assert (account.order.status, attempt(account)) == (OrderStatus.PENDING_PAYMENT, AttemptState.REVIEW)
    shop.clock.forward(RESERVATION + WINDOW + timedelta(hours=1))
    assert not shop.expire(placed)
    assert_kept(shop)


def test_more_than_asked_goes_back(shop: Shop, placed: Placement) -> None:
    shop.card.pay(placed.attempt.id, amount=190_000)
    shop.verify(placed)
    account = shop.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert (account.refunds[1].amount, account.refunds[1].why, account.attempts[1].refunded) == (
        10_000,
        "overpaid",
        10_000,
    )
    assert_kept(shop)


def test_an_intent_that_is_not_ours_settles_nothing(shop: Shop, placed: Placement) -> None:
    """Case 24: another currency or other metadata is a person's work."""
    shop.card.intents[placed.attempt.id].doubt = "the intent is bound to another order"
    shop.card.pay(placed.attempt.id)
    assert shop.verify(placed) is Verdict.FINAL
    account = shop.account(placed)
    assert (account.order.status, attempt(account)) == (OrderStatus.PENDING_PAYMENT, AttemptState.REVIEW)
    assert shop.events(placed)[-1].data["attention"] is True
    assert not shop.expire(placed)
    assert_kept(shop)


def test_webhook_and_return_page_both_settle(shop: Shop, placed: Placement) -> None:
    """Case 8: the second finds it settled at its write, and refunds nothing."""
    shop.card.pay(placed.attempt.id)
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: shop.verify(placed), nth=1)
        assert shop.verify(placed) is Verdict.FINAL
    assert shop.event_types(placed).count("PaymentConfirmed") == 1
    assert not shop.account(placed).refunds
    assert_kept(shop)


def test_closing_twice(shop: Shop, placed: Placement) -> None:
    for _ in range(2):
        assert close_payment(shop.till, placed.order.number, 1) is Verdict.FINAL
    assert shop.event_types(placed).count("PaymentFailed") == 1
    assert_kept(shop)


def test_money_for_an_attempt_that_was_given_up_is_found(shop: Shop, placed: Placement) -> None:
    """The provider's own event has even a failed attempt looked up; the second payment of an order goes back."""
    again = shop.pay_again(placed, "by phone")
    shop.verify(again, 2, shop.provider.pay(placed.order.number, 2))  # type: ignore[attr-defined]  # an Mpesa
    shop.card.intents[placed.attempt.id].status = "processing"
    shop.card.pay(placed.attempt.id)
    assert verify_payment(shop.till, placed.order.number, 1) is Verdict.FINAL
    assert not shop.account(placed).refunds, "without a hint nobody asks about an attempt that failed"
    assert verify_payment(shop.till, placed.order.number, 1, hinted=True) is Verdict.FINAL
    refund = shop.account(placed).refunds[1]
    assert (refund.why, refund.attempt, refund.amount) == ("duplicate", 1, 180_000)
    assert_kept(shop)
