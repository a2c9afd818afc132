"""Money that comes late, twice, or after all: it pays an order or goes back, exactly once (promise 3)."""

from __future__ import annotations

import json

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.views import tracking_view
from commerce.inventory.receive_stock import receive_stock
from commerce.kernel.commit import Commit
from commerce.ordering.events import OrderExpired
from commerce.ordering.model import OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.messages import CheckMessage
from commerce.payments.model import AttemptState, RefundState
from commerce.payments.port import PaymentClaim, References
from commerce.payments.verify_payment import give_up
from tests.support.interleave import WRITE, interleaving
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop

SOLD = {"available": 0, "reserved": 0, "sold": 1, "received": 1}


@pytest.fixture
def placed(quick: Shop) -> Placement:
    quick.sell("LAP-1", stock=1)
    return quick.order("key", ("LAP-1", 1))


def failed_then_again(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    shop.pay_again(placed, "again")


def quiet(shop: Shop, mpesa: Mpesa) -> None:
    Postman(shop, mpesa).settle_down()
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_late_money_while_stock_is_there(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 13: reserved again and sold in the settlement's own commit."""
    assert quick.expire(placed)
    assert quick.verify(placed, claim=mpesa.pay(placed.order.number)) is Verdict.FINAL
    account = quick.account(placed)
    assert (account.order.status, account.refunds) == (OrderStatus.PROCESSING, {})
    assert quick.events(placed)[-1].data["late"] is True
    assert quick.stock("LAP-1") == SOLD
    quiet(quick, mpesa)


def test_late_money_when_the_stock_is_gone(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 13: the money goes back by itself, once, and the other buyer's goods stay theirs."""
    quick.expire(placed)
    other = quick.order("other", ("LAP-1", 1))
    quick.verify(other, claim=mpesa.pay(other.order.number))
    claim = mpesa.pay(placed.order.number)
    for _ in range(3):
        quick.verify(placed, claim=claim)
    account = quick.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert account.order.paid == 0
    assert [(refund.amount, refund.why) for refund in account.refunds.values()] == [(180_000, "late")]
    assert quick.event_types(placed)[-1] == "LatePaymentReceived"
    quiet(quick, mpesa)
    assert quick.account(placed).refunds[1].state is RefundState.SUCCEEDED
    assert list(mpesa.given_back) == [account.refunds[1].reference]
    assert quick.stock("LAP-1") == SOLD


def test_stock_goes_between_the_read_and_the_write(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 13: there when looked at, gone when written: read again, and given back."""
    quick.expire(placed)
    claim = mpesa.pay(placed.order.number)
    with interleaving(quick) as steps:
        steps.before(WRITE, lambda: quick.order("other", ("LAP-1", 1)), nth=1)
        quick.verify(placed, claim=claim)
    account = quick.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert account.refunds[1].amount == 180_000
    assert quick.stock("LAP-1")["reserved"] == 1
    quiet(quick, mpesa)


def test_one_of_several_skus_is_gone(quick: Shop, mpesa: Mpesa) -> None:
    """Case 13: late money buys the whole order or nothing of it."""
    quick.sell("A", stock=3, buckets=2)
    quick.sell("B", stock=1)
    placed = quick.order("key", ("A", 2), ("B", 1))
    quick.expire(placed)
    quick.order("other", ("B", 1))
    quick.verify(placed, claim=mpesa.pay(placed.order.number))
    assert quick.stock("A") == {"available": 3, "reserved": 0, "sold": 0, "received": 3}
    assert quick.account(placed).refunds[1].why == "late"
    quiet(quick, mpesa)


def test_late_money_takes_stock_from_other_buckets(quick: Shop, mpesa: Mpesa) -> None:
    """Case 13: the bucket of the first hold is empty now; the others together have enough."""
    quick.sell("A", stock=4, buckets=4)
    placed = quick.order("key", ("A", 2))
    quick.expire(placed)
    quick.order("other", ("A", 2))
    quick.verify(placed, claim=mpesa.pay(placed.order.number))
    assert quick.account(placed).order.status is OrderStatus.PROCESSING
    assert quick.stock("A") == {"available": 0, "reserved": 2, "sold": 2, "received": 4}
    quiet(quick, mpesa)


def test_money_after_the_order_was_cancelled(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 13: a cancelled order is never revived, even if stock is there."""
    order = quick.account(placed).order
    commit = Commit(quick.database)
    fact = OrderExpired(order_number=order.number)
    quick.till.change_order(commit, order, fact, to=OrderStatus.CANCELLED, due_at=None, live_attempt=None)
    quick.till.stock.release(commit, "LAP-1", order.holds["LAP-1"])
    commit.send()
    quick.verify(placed, claim=mpesa.pay(order.number))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.CANCELLED
    assert account.refunds[1].amount == 180_000
    assert quick.stock("LAP-1")["available"] == 1
    quiet(quick, mpesa)


def test_failure_then_success(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 19: money wins over any failure that was said before."""
    quick.verify(placed, claim=mpesa.fail(placed.order.number))
    assert quick.account(placed).attempts[1].state is AttemptState.FAILED
    quick.verify(placed, claim=mpesa.pay(placed.order.number))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.attempts[1].state is AttemptState.SUCCEEDED
    quiet(quick, mpesa)


def test_success_then_failure(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 19 and promise 4: a failure claim never downgrades confirmed money; the provider is not even asked."""
    number = placed.order.number
    quick.verify(placed, claim=mpesa.pay(number))
    before, asked = quick.account(placed), len(mpesa.looked_up)
    claim = PaymentClaim(mpesa.prompts[number, 1].references, "1032")
    assert quick.verify(placed, claim=claim) is Verdict.FINAL
    assert quick.account(placed) == before
    assert len(mpesa.looked_up) == asked
    quiet(quick, mpesa)


def test_first_attempt_turns_out_paid_while_the_second_is_live(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Cases 12 and 23: the first pays the order; the second, never paid, ends by itself and changes nothing."""
    failed_then_again(quick, mpesa, placed)
    quick.verify(placed, 1, mpesa.pay(placed.order.number, 1))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.attempts[2].live
    view = tracking_view(account, quick.clock.now())
    assert (view.payment.status, view.payment.id) == ("paid", f"{placed.order.number}-1")
    quick.verify(placed, 2, mpesa.fail(placed.order.number, 2))
    account = quick.account(placed)
    assert account.attempts[2].state is AttemptState.FAILED
    assert tracking_view(account, quick.clock.now()).payment.status == "paid"
    quiet(quick, mpesa)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_attempts_both_paid(quick: Shop, mpesa: Mpesa, placed: Placement, order: tuple[int, int]) -> None:
    """Cases 12 and 23: whichever is confirmed second goes back, once, however often it is reported."""
    failed_then_again(quick, mpesa, placed)
    claims = {attempt: mpesa.pay(placed.order.number, attempt) for attempt in order}
    for attempt in (*order, *order):
        quick.verify(placed, attempt, claims[attempt])
    account = quick.account(placed)
    assert account.order.paid == 180_000
    assert {refund.attempt: refund.why for refund in account.refunds.values()} == {order[1]: "duplicate"}
    assert quick.event_types(placed).count("DuplicatePaymentReceived") == 1
    assert tracking_view(account, quick.clock.now()).payment.id == f"{placed.order.number}-{order[0]}"
    quiet(quick, mpesa)
    assert len(mpesa.given_back) == 1
    assert quick.stock("LAP-1") == SOLD


def test_both_paid_after_the_order_expired(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Cases 12 and 13 together: with the stock gone, both go back, each by its own refund."""
    failed_then_again(quick, mpesa, placed)
    quick.expire(placed)
    quick.order("other", ("LAP-1", 1))
    for attempt in (1, 2):
        quick.verify(placed, attempt, mpesa.pay(placed.order.number, attempt))
    assert {refund.why for refund in quick.account(placed).refunds.values()} == {"late"}
    quiet(quick, mpesa)
    assert len(mpesa.given_back) == 2


def test_stock_comes_back_between_two_late_payments(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 13: the first late payment found nothing and goes back; the second finds goods and pays."""
    failed_then_again(quick, mpesa, placed)
    quick.expire(placed)
    quick.order("other", ("LAP-1", 1))
    quick.verify(placed, 1, mpesa.pay(placed.order.number, 1))
    receive_stock(quick.database, quick.clock, sku="LAP-1", quantity=1, buckets=1, delivery="second")
    quick.verify(placed, 2, mpesa.pay(placed.order.number, 2))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert list(account.refunds) == [1]
    view = tracking_view(account, quick.clock.now())
    assert view.payment.id == f"{placed.order.number}-2"
    quiet(quick, mpesa)


def test_unknown_push_is_found_paid(quick: Shop, mpesa: Mpesa) -> None:
    """Case 21: the push errors, the prompt appears and is paid: no second push, and the callback finds the money."""
    quick.sell("LAP-1", stock=1)
    mpesa.push_answers = "lost"
    placed = quick.order("key", ("LAP-1", 1))
    assert placed.attempt.state is AttemptState.UNKNOWN
    quick.order("key", ("LAP-1", 1))
    claim = mpesa.pay(placed.order.number)
    assert quick.verify(placed) is Verdict.PENDING, "without its names there is nothing to ask about"
    assert quick.verify(placed, claim=claim) is Verdict.FINAL
    assert len(mpesa.started) == 1
    assert quick.account(placed).order.status is OrderStatus.PROCESSING
    quiet(quick, mpesa)


def test_claim_that_brings_another_requests_names(quick: Shop, mpesa: Mpesa) -> None:
    """Case 24 and promise 4: a claim cannot make one payment settle another order."""
    quick.sell("LAP-1", stock=2)
    victim, thief = (quick.order(key, ("LAP-1", 1)) for key in ("victim", "thief"))
    paid = mpesa.pay(victim.order.number)
    assert quick.verify(thief, claim=paid) is Verdict.PENDING
    half = References(mpesa.prompts[thief.order.number, 1].references.request_id, "ws_CO_other")
    assert quick.verify(thief, claim=PaymentClaim(half, "0", "RX", 180_000)) is Verdict.PENDING
    assert quick.account(thief).order.status is OrderStatus.PENDING_PAYMENT
    assert quick.account(thief).attempts[1].receipt is None
    assert_kept(quick)


@pytest.mark.parametrize("amount", [100, 180_000, 900_000])
def test_claim_of_another_request_about_a_paid_order(quick: Shop, mpesa: Mpesa, placed: Placement, amount: int) -> None:
    """Case 24: the order is paid, but not by what this claim speaks of: its receipt and amount are not taken."""
    mpesa.pay(placed.order.number)
    claim = PaymentClaim(References("m-other", "ws_CO_other"), "0", "ROTHER", amount)
    assert quick.verify(placed, claim=claim) is Verdict.FINAL
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.attempts[1].receipt is None
    assert quick.verify(placed, claim=claim) is Verdict.FINAL
    assert quick.account(placed) == account
    quiet(quick, mpesa)


def test_success_that_only_the_callback_claims(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 24: the provider does not confirm it: nothing moves."""
    claim = PaymentClaim(mpesa.prompts[placed.order.number, 1].references, "0", "RFORGED", 180_000)
    before = quick.account(placed)
    assert quick.verify(placed, claim=claim) is Verdict.PENDING
    assert quick.account(placed) == before


def test_failure_that_only_the_callback_claims(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 19: a failure code without the provider's word ends nothing."""
    claim = PaymentClaim(mpesa.prompts[placed.order.number, 1].references, "1032")
    assert quick.verify(placed, claim=claim) is Verdict.PENDING
    assert quick.account(placed).attempts[1].live


def test_order_nobody_knows(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 29: a message about nothing is done with; it neither fails nor asks the provider."""
    assert quick.verify(placed, 7) is Verdict.MISSING
    assert quick.verify_number("ZZZZZZZZZZ") is Verdict.MISSING
    assert mpesa.looked_up == []


def test_success_claimed_after_a_failure_and_never_confirmed_is_for_a_person(
    quick: Shop, mpesa: Mpesa, placed: Placement
) -> None:
    """Case 24: a failed attempt stays failed, and the last unanswered check of the claim tells a person, once."""
    prompt = mpesa.prompts[placed.order.number, 1]
    prompt.failure = "1032"
    assert quick.verify(placed) is Verdict.FINAL
    prompt.failure = None
    claim = PaymentClaim(prompt.references, "0", "RCLAIMED", 180_000)
    assert quick.verify(placed, claim=claim) is Verdict.PENDING

    give_up(quick.till, placed.order.number, 1)
    give_up(quick.till, placed.order.number, 1)

    assert quick.account(placed).attempts[1].state is AttemptState.FAILED
    assert quick.event_types(placed).count("PaymentUnresolved") == 1


def test_success_claimed_where_the_provider_says_no_is_looked_at_twice_and_told(
    quick: Shop, mpesa: Mpesa, placed: Placement
) -> None:
    """Case 24: a look-up that came too early gets one more; after that a person has the claimed receipt."""
    prompt = mpesa.prompts[placed.order.number, 1]
    prompt.failure = "1037"
    claim = PaymentClaim(prompt.references, "0", "RCLAIMED", 180_000)
    assert quick.verify(placed, claim=claim) is Verdict.PENDING
    assert quick.verify(placed, claim=claim) is Verdict.FINAL
    assert quick.verify(placed, claim=claim) is Verdict.FINAL
    assert quick.account(placed).attempts[1].state is AttemptState.FAILED
    [told] = [event for event in quick.events(placed) if event.type == "PaymentClaimDisputed"]
    assert told.data["receipt_claimed"] == "RCLAIMED"


def test_checks_that_a_person_set_going_again_end_with_a_person(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 29: a dead letter moved back is not swallowed."""
    give_up(quick.till, placed.order.number, 1)
    letter = {"detail-type": "PaymentUnresolved", "detail": {"data": quick.events(placed)[-1].data}}
    message = CheckMessage.from_json(json.dumps(letter))
    assert message.again
    give_up(quick.till, placed.order.number, 1, again=CheckMessage.from_json(message.to_json()).again)
    assert quick.event_types(placed).count("PaymentUnresolved") == 2
