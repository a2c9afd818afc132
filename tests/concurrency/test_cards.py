"""Orders by card when several things happen in the same moment: one intent, one charge, one settlement (promise 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress
from commerce.checkout.views import placed_view
from commerce.ordering.model import OrderStatus
from commerce.payments.breaker import FAILURES, FIRST_PAUSE_SECONDS, PaymentMethodUnavailable
from commerce.payments.decision import Verdict
from commerce.payments.model import AttemptState
from commerce.payments.verify_payment import verify_payment
from tests.support.books import assert_books
from tests.support.interleave import WRITE, Crash, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import RESERVATION, WINDOW, Shop
from tests.support.stories import CARD
from tests.support.vouchers import give_credit, publish, voucher

TOTAL = 180_000


@pytest.fixture(autouse=True)
def _goods(shop: Shop) -> None:
    shop.sell("LAP-1", stock=2)


@pytest.fixture
def placed(shop: Shop) -> Placement:
    return shop.order("key", ("LAP-1", 1), **CARD)


def body(placed: Placement) -> str:
    return placed_view(placed.order, placed.attempt).model_dump_json()


def hear(shop: Shop, placed: Placement, attempt: int = 1) -> Callable[[], Verdict]:
    return lambda: verify_payment(shop.till, placed.order.number, attempt, hinted=True)


def kept(shop: Shop, mpesa: Mpesa, *, settled: bool = False) -> None:
    assert_books(shop, mpesa, assert_kept(shop), settled=settled)


def test_one_basket_submitted_three_times_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 5: none of three can see the others' order: one order, one intent, one use of each code, one answer."""
    publish(shop.database, shop.clock, voucher(total_limit=1))
    code = give_credit(shop.database, 50_000)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(3), nth=1)
        answers = together(
            *[lambda: shop.order("key", ("LAP-1", 1), voucher="KARIBU10", credit=code, **CARD)] * 3,
        )
    assert sorted(answer.replayed for answer in answers) == [False, True, True]
    assert len({body(answer) for answer in answers}) == 1
    assert len(shop.card.intents) == 1
    assert shop.stock("LAP-1")["reserved"] == 1
    kept(shop, mpesa)


def test_two_submissions_both_ask_for_the_intent(shop: Shop, mpesa: Mpesa) -> None:
    """Cases 5 and 7: the second finds the order before its first start is answered, and starts the very same again."""
    second: list[Placement] = []
    with interleaving(shop) as steps:
        steps.before("start", lambda: second.append(shop.order("key", ("LAP-1", 1), **CARD)), nth=1)
        first = shop.order("key", ("LAP-1", 1), **CARD)
    assert body(first) == body(second[0])
    assert (len(shop.card.started), len(shop.card.intents)) == (2, 1)
    assert shop.event_types(first).count("PaymentPrompted") == 1
    kept(shop, mpesa)


def test_same_key_by_card_and_by_phone_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 6: another way to pay is another request: one of them is placed and started, the other refused."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(
            lambda: shop.order("key", ("LAP-1", 1), **CARD),
            lambda: shop.order("key", ("LAP-1", 1)),
        )
    assert sorted(type(result).__name__ for result in results) == ["KeyReused", "Placement"]
    assert len(shop.card.intents) + len(mpesa.prompts) == 1
    kept(shop, mpesa)


@pytest.mark.parametrize("charged", [False, True])
def test_a_lost_start_and_a_retry_under_a_new_key(shop: Shop, mpesa: Mpesa, charged: bool) -> None:
    """Case 7: the intent was made, its answer lost; a new try ends it first, or finds that it was paid meanwhile."""
    shop.card.answers = "lost"
    placed = shop.order("key", ("LAP-1", 1), **CARD)
    assert placed.attempt.state is AttemptState.UNKNOWN
    shop.card.answers = "ok"
    with interleaving(shop) as steps:
        if charged:
            steps.before("cancel", lambda: shop.card.pay(placed.attempt.id), nth=1)
            with pytest.raises(OrderNotPayable):
                shop.pay_again(placed, "new key", method="card")
        else:
            shop.pay_again(placed, "new key", method="card")
    waiting = [intent.id for intent in shop.card.intents.values() if intent.status == "waiting"]
    assert len(waiting) == (0 if charged else 1)
    assert shop.account(placed).order.live_attempt == (None if charged else 2)
    kept(shop, mpesa)


def test_one_event_three_times_at_once(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Cases 8 and 9: event, return page and poll have read the unpaid order and write together: one settles."""
    shop.card.pay(placed.attempt.id)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(3), nth=1)
        results = together(hear(shop, placed), hear(shop, placed), lambda: shop.verify(placed))
    assert results == [Verdict.FINAL] * 3
    assert shop.event_types(placed).count("PaymentConfirmed") == 1
    assert not shop.account(placed).refunds
    kept(shop, mpesa, settled=True)


def test_processing_is_read_before_and_written_after_the_money(shop: Shop, mpesa: Mpesa) -> None:
    """Case 10: a worker holds a look that is old by now; it neither fulfils early nor takes the payment back."""
    with interleaving(shop) as steps, pytest.raises(Crash):
        steps.crash("after", "start")
        shop.order("key", ("LAP-1", 1), **CARD)
    [intent] = shop.card.intents.values()
    number = intent.request.order_number
    intent.status = "processing"

    def money_comes() -> None:
        shop.card.pay(intent.request.name)
        assert shop.verify_number(number) is Verdict.FINAL

    with interleaving(shop) as steps:
        steps.after("look_up", money_comes, nth=1)
        assert shop.verify_number(number) is Verdict.FINAL
        assert steps.calls.count(WRITE) == 1, "what it read no longer holds"
    account = shop.till.payments.account(number)
    assert account is not None
    assert (account.order.status, account.attempts[1].state) == (OrderStatus.PROCESSING, AttemptState.SUCCEEDED)
    kept(shop, mpesa, settled=True)


@pytest.mark.parametrize(("amount", "back"), [(TOTAL + 10_000, [10_000]), (TOTAL - 100, [])])
def test_another_amount_found_twice_at_once(
    shop: Shop, mpesa: Mpesa, placed: Placement, amount: int, back: list[int]
) -> None:
    """Case 11: the difference goes back once; too little is held for review once, and the sweep leaves it alone."""
    shop.card.pay(placed.attempt.id, amount=amount)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        assert together(hear(shop, placed), hear(shop, placed)) == [Verdict.FINAL] * 2
    shop.clock.forward(RESERVATION + WINDOW)
    assert not expire_order(shop.till, placed.order.number)
    account = shop.account(placed)
    assert [refund.amount for refund in account.refunds.values()] == back
    assert account.order.status is (OrderStatus.PROCESSING if back else OrderStatus.PENDING_PAYMENT)
    assert shop.event_types(placed).count("PaymentHeldForReview") == (0 if back else 1)
    kept(shop, mpesa)


def test_two_ways_to_pay_are_both_paid(shop: Shop, mpesa: Mpesa) -> None:
    """Case 12: a prompt that had failed is paid after all while the card is charged: one pays, the other goes back."""
    placed = shop.order("key", ("LAP-1", 1))
    number = placed.order.number
    shop.verify(placed, claim=mpesa.fail(number))
    by_card = shop.pay_again(placed, "by card", method="card")
    claim = mpesa.pay(number)
    shop.card.pay(by_card.attempt.id)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: shop.verify(placed, claim=claim), hear(shop, placed, 2))
    assert results == [Verdict.FINAL] * 2
    account = shop.account(placed)
    [refund] = account.refunds.values()
    assert (refund.amount, refund.why) == (TOTAL, "duplicate")
    assert account.paying_attempt is not None
    assert {refund.attempt, account.paying_attempt.number} == {1, 2}
    assert shop.stock("LAP-1")["sold"] == 1
    kept(shop, mpesa)


def test_two_tabs_leave_the_card_at_once(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 12: both tabs end the card's attempt; one starts its own, the other is told of it."""
    with interleaving(shop) as steps:
        steps.before("cancel", meeting(2), nth=1)
        results = together(
            lambda: shop.pay_again(placed, "by phone"), lambda: shop.pay_again(placed, "by phone, other tab")
        )
    assert sorted(type(result).__name__ for result in results) == ["PaymentInProgress", "Placement"]
    assert isinstance(next(one for one in results if isinstance(one, Exception)), PaymentInProgress)
    assert (len(mpesa.prompts), shop.account(placed).order.attempts) == (1, 2)
    kept(shop, mpesa)


def test_charged_while_the_sweep_is_about_to_cancel(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Cases 3 and 13: the cancellation itself finds the money, and the order is paid instead of expired."""
    shop.clock.forward(RESERVATION + WINDOW)
    with interleaving(shop) as steps:
        steps.before("cancel", lambda: shop.card.pay(placed.attempt.id), nth=1)
        assert not expire_order(shop.till, placed.order.number)
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    kept(shop, mpesa, settled=True)


@pytest.mark.parametrize("gone", ["goods", "voucher", "credit"])
def test_late_money_and_another_buyer_at_once(shop: Shop, mpesa: Mpesa, gone: str) -> None:
    """Case 13: what late money needs is there when it looks and taken when it writes: the money goes back, once."""
    publish(shop.database, shop.clock, voucher(total_limit=1))
    code = give_credit(shop.database, 50_000)
    placed = shop.order("key", ("LAP-1", 1), voucher="KARIBU10", credit=code, **CARD)
    intent = shop.card.intents[placed.attempt.id]
    intent.status = "processing"
    assert shop.expire(placed)
    shop.card.pay(placed.attempt.id)
    takes: dict[str, Callable[[], object]] = {
        "goods": lambda: shop.order("other", ("LAP-1", 2)),
        "voucher": lambda: shop.order("other", ("LAP-1", 1), voucher="KARIBU10"),
        "credit": lambda: shop.order("other", ("LAP-1", 1), credit=code),
    }
    with interleaving(shop) as steps:
        steps.before(WRITE, takes[gone], nth=1)
        assert hear(shop, placed)() is Verdict.FINAL
    account = shop.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert [(refund.why, refund.amount) for refund in account.refunds.values()] == [("late", intent.captured)]
    kept(shop, mpesa)


def test_failures_at_once_open_the_circuit_and_one_probe_goes_first(shop: Shop, mpesa: Mpesa) -> None:
    """Case 26: failures of several workers add up; after the pause exactly one of two buyers reaches the provider."""
    shop.sell("BAG-1", stock=50)
    shop.card.answers = "down"

    def buy(key: str) -> Callable[[], Any]:
        return lambda: shop.order(key, ("BAG-1", 1), **CARD)

    with interleaving(shop) as steps:
        steps.before("start", meeting(FAILURES), nth=1)
        together(*(buy(f"down {number}") for number in range(FAILURES)))
    with pytest.raises(PaymentMethodUnavailable):
        buy("refused")()
    held = shop.stock("BAG-1")["reserved"]
    shop.clock.moment += 2 * WINDOW
    assert 2 * WINDOW.total_seconds() > FIRST_PAUSE_SECONDS
    asked = len(shop.card.started)
    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(2), nth=1)
        results = together(buy("one"), buy("two"))
    assert sorted(type(result).__name__ for result in results) == ["PaymentMethodUnavailable", "Placement"]
    assert len(shop.card.started) == asked + 1
    assert shop.stock("BAG-1")["reserved"] == held + 1, "who is refused holds nothing"
    kept(shop, mpesa)
