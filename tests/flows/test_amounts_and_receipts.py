"""Amounts that differ, and receipts that come twice: a callback's word moves no money (promises 3 and 4)."""

from __future__ import annotations

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress
from commerce.checkout.views import tracking_view
from commerce.ordering.model import OrderStatus
from commerce.payments.check_record import ask_for_record, give_up_record, note_record
from commerce.payments.decision import Verdict
from commerce.payments.model import AttemptState
from commerce.payments.port import PaymentClaim, PaymentRecord
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop

ASKED = 180_000


@pytest.fixture
def placed(quick: Shop) -> Placement:
    quick.sell("LAP-1", stock=1)
    return quick.order("key", ("LAP-1", 1))


def test_less_is_held_for_review(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11: not fulfilled, not released, not payable again; and it stays so when the sweep comes."""
    quick.verify(placed, claim=mpesa.pay(placed.order.number, amount=ASKED - 100))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PENDING_PAYMENT
    assert account.attempts[1].state is AttemptState.REVIEW
    assert quick.events(placed)[-1].data["amount_claimed"] == ASKED - 100
    with pytest.raises(PaymentInProgress):
        quick.pay_again(placed, "again")
    assert not quick.expire(placed)
    assert quick.stock("LAP-1")["reserved"] == 1
    Postman(quick, mpesa).settle_down()
    assert quick.account(placed).order.status is OrderStatus.PENDING_PAYMENT
    assert_kept(quick)


def test_less_after_the_attempt_was_called_failed(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11 after case 19: an order whose money is being looked at takes no further attempt."""
    quick.verify(placed, claim=mpesa.fail(placed.order.number))
    quick.verify(placed, claim=mpesa.pay(placed.order.number, amount=ASKED - 100))
    account = quick.account(placed)
    assert account.attempts[1].state is AttemptState.REVIEW
    assert tracking_view(account, quick.clock.now()).payment.retry_allowed is False
    with pytest.raises(PaymentInProgress):
        quick.pay_again(placed, "again")
    assert not quick.expire(placed)
    assert len(mpesa.started) == 1
    assert_kept(quick)


def test_less_on_an_earlier_attempt(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11 with case 12: the second attempt may still pay the order; ended, there is no third."""
    number = placed.order.number
    quick.verify(placed, claim=mpesa.fail(number))
    quick.pay_again(placed, "again")
    quick.verify(placed, 1, mpesa.pay(number, 1, amount=ASKED - 100))
    quick.verify(placed, 2, mpesa.fail(number, 2))
    with pytest.raises(PaymentInProgress):
        quick.pay_again(placed, "and again")
    assert tracking_view(quick.account(placed), quick.clock.now()).payment.retry_allowed is False
    quick.verify(placed, 2, mpesa.pay(number, 2))
    assert quick.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(quick)


def test_record_clears_a_claim_of_less(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11: the callback claimed less than M-Pesa's own record shows: paid."""
    claim = mpesa.pay(placed.order.number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", claim.receipt, 100))
    assert quick.account(placed).attempts[1].state is AttemptState.REVIEW
    Postman(quick, mpesa).deliver()
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.attempts[1].recorded == ASKED
    assert quick.stock("LAP-1")["sold"] == 1
    assert_kept(quick)
    assert_money(quick, mpesa, settled=True)


def test_more_goes_back_once_the_record_shows_it(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11: the order is paid at once, the difference is refunded on the provider's record alone, once."""
    quick.verify(placed, claim=mpesa.pay(placed.order.number, amount=ASKED + 5_000))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.order.paid == ASKED
    assert account.refunds == {}
    Postman(quick, mpesa).deliver()
    Postman(quick, mpesa).deliver()
    account = quick.account(placed)
    assert {refund.amount: refund.why for refund in account.refunds.values()} == {5_000: "overpaid"}
    assert [request.amount.amount for request in mpesa.given_back.values()] == [5_000]
    assert_kept(quick)
    assert_money(quick, mpesa, settled=True)


def test_claim_of_more_that_the_record_does_not_show(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 24: nobody gets money back that never came."""
    claim = mpesa.pay(placed.order.number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", claim.receipt, 9 * ASKED))
    Postman(quick, mpesa).deliver()
    assert quick.account(placed).refunds == {}
    assert mpesa.refunded == []
    assert_money(quick, mpesa, settled=True)


def test_callback_with_another_amount_after_the_poll_settled(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11 after case 8: whichever came first, too much is found and goes back."""
    claim = mpesa.pay(placed.order.number, amount=ASKED + 5_000)
    quick.verify(placed)
    quick.verify(placed, claim=claim)
    Postman(quick, mpesa).deliver()
    assert [refund.amount for refund in quick.account(placed).refunds.values()] == [5_000]
    assert_kept(quick)
    assert_money(quick, mpesa, settled=True)


def test_less_after_the_poll_settled(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11 after case 8: the record shows less than was confirmed: the paid order goes no further."""
    claim = mpesa.pay(placed.order.number, amount=ASKED - 100)
    quick.verify(placed)
    assert quick.account(placed).order.paid == ASKED
    quick.verify(placed, claim=claim)
    Postman(quick, mpesa).settle_down()
    account = quick.account(placed)
    assert (account.order.paid, account.order.live_attempt) == (0, 1)
    assert account.attempts[1].state is AttemptState.REVIEW
    assert quick.events(placed)[-1].data["attention"] is True
    assert quick.stock("LAP-1")["sold"] == 1, "not for sale to others while a person looks"
    assert_kept(quick)


def test_less_for_a_payment_that_goes_back(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Cases 11 and 12: the second payment turns out to be less; the first has paid the order all the same."""
    number = placed.order.number
    quick.verify(placed, claim=mpesa.fail(number))
    quick.pay_again(placed, "again")
    quick.verify(placed, 1, mpesa.pay(number, 1))
    claim = mpesa.pay(number, 2, amount=ASKED - 100)
    quick.verify(placed, 2)
    assert [refund.why for refund in quick.account(placed).refunds.values()] == ["duplicate"]
    quick.verify(placed, 2, claim)
    note_record(quick.till, number, 2, mpesa.record(number, 2))
    account = quick.account(placed)
    assert account.order.paid == ASKED
    assert account.attempts[2].state is AttemptState.SUCCEEDED
    assert quick.events(placed)[-1].data["attention"] is True
    assert_kept(quick)


@pytest.mark.parametrize("claimed", [ASKED - 100, ASKED + 100])
def test_other_amount_without_a_receipt(quick: Shop, mpesa: Mpesa, placed: Placement, claimed: int) -> None:
    """Case 11: without a receipt no record can be asked for, so a person must look."""
    claim = mpesa.pay(placed.order.number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", None, claimed))
    last = quick.events(placed)[-1]
    assert last.data["check_record"] is False
    assert last.type == "PaymentHeldForReview" or last.data["attention"] is True
    assert_kept(quick)


def test_failure_code_says_nothing_about_amounts(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 19: the provider confirms the money; what a failure callback carried beside its code is not looked at."""
    claim = mpesa.pay(placed.order.number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "1032", "RODD", 0))
    account = quick.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.attempts[1].receipt is None
    assert_kept(quick)


def test_receipt_of_another_payment(quick: Shop, mpesa: Mpesa) -> None:
    """Case 19: a receipt exists once in the shop: the second payment settles without it, and says so."""
    quick.sell("LAP-1", stock=2)
    first, second = (quick.order(key, ("LAP-1", 1)) for key in ("first", "second"))
    receipt = mpesa.pay(first.order.number).receipt
    quick.verify(first, claim=mpesa.pay(first.order.number))
    claim = mpesa.pay(second.order.number)
    quick.verify(second, claim=PaymentClaim(claim.references, "0", receipt, ASKED))
    account = quick.account(second)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.attempts[1].receipt is None
    fact = quick.events(second)[-1].data
    assert (fact["receipt_refused"], fact["attention"], fact.get("receipt")) == (receipt, True, None)
    assert_kept(quick)


def test_receipt_of_another_payment_for_a_settled_one(quick: Shop, mpesa: Mpesa) -> None:
    """Case 19: the same when the poll had settled already: the receipt stays where it is, and a person is told once."""
    quick.sell("LAP-1", stock=2)
    first, second = (quick.order(key, ("LAP-1", 1)) for key in ("first", "second"))
    quick.verify(first, claim=mpesa.pay(first.order.number))
    claim = mpesa.pay(second.order.number)
    quick.verify(second)
    taken = mpesa.prompts[first.order.number, 1].receipt
    for _ in range(2):
        assert quick.verify(second, claim=PaymentClaim(claim.references, "0", taken, ASKED)) is Verdict.FINAL
    assert quick.account(second).attempts[1].receipt is None
    [told] = [event for event in quick.events(second) if event.type == "PaymentClaimDisputed"]
    assert told.data["attention"] is True
    assert told.data["receipt_claimed"] == taken
    quick.verify(second, claim=claim)
    assert quick.account(second).attempts[1].receipt == claim.receipt
    assert_kept(quick)


def test_record_of_another_receipt(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 24: a posted record counts for the receipt that was asked for, and only once."""
    number = placed.order.number
    claim = mpesa.pay(number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", claim.receipt, 100))
    assert note_record(quick.till, number, 1, PaymentRecord("ROTHER", ASKED)) is Verdict.PENDING
    assert note_record(quick.till, number, 1, None) is Verdict.PENDING
    assert note_record(quick.till, number, 1, mpesa.record(number)) is Verdict.FINAL
    version = quick.account(placed).order.version
    assert note_record(quick.till, number, 1, mpesa.record(number)) is Verdict.FINAL
    assert ask_for_record(quick.till, number, 1) is Verdict.FINAL
    assert quick.account(placed).order.version == version
    assert_kept(quick)


def test_record_that_never_comes(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 18 for records: a person is told once, however often the last message is delivered."""
    number = placed.order.number
    claim = mpesa.pay(number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", claim.receipt, 100))
    for _ in range(3):
        give_up_record(quick.till, number, 1)
    assert quick.event_types(placed).count("PaymentRecordMissing") == 1
    note_record(quick.till, number, 1, mpesa.record(number))
    assert quick.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(quick)


def test_record_after_the_reviewed_order_was_paid_by_another_attempt(quick: Shop, mpesa: Mpesa) -> None:
    """Cases 11 and 12: the review ends with the full amount, but the order is paid: it goes back."""
    quick.sell("LAP-1", stock=1)
    placed = quick.order("key", ("LAP-1", 1))
    number = placed.order.number
    quick.verify(placed, claim=mpesa.fail(number))
    quick.pay_again(placed, "again")
    claim = mpesa.pay(number, 1)
    quick.verify(placed, 1, PaymentClaim(claim.references, "0", claim.receipt, 100))
    quick.verify(placed, 2, mpesa.pay(number, 2))
    Postman(quick, mpesa).settle_down()
    account = quick.account(placed)
    assert {attempt: refund.why for attempt, refund in account.refunds.items()} == {1: "duplicate"}
    assert_kept(quick)
    assert_money(quick, mpesa, settled=True)
    with pytest.raises(OrderNotPayable):
        quick.pay_again(placed, "third")


def test_less_with_a_receipt_of_another_payment_is_not_fulfilled(quick: Shop, mpesa: Mpesa) -> None:
    """Case 11: the receipt is dropped, but not what the callback said of the amount."""
    quick.sell("LAP-1", stock=2)
    first, second = (quick.order(key, ("LAP-1", 1)) for key in ("first", "second"))
    quick.verify(first, claim=mpesa.pay(first.order.number))
    claim = mpesa.pay(second.order.number)
    taken = mpesa.prompts[first.order.number, 1].receipt

    quick.verify(second, claim=PaymentClaim(claim.references, "0", taken, 100))

    assert quick.account(second).attempts[1].state is AttemptState.REVIEW
    assert quick.account(second).order.status is OrderStatus.PENDING_PAYMENT


def test_less_without_a_receipt_after_the_poll_settled_is_told(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11: in whichever order they come, a person hears of it."""
    claim = mpesa.pay(placed.order.number)
    quick.verify(placed)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", None, 100))
    assert quick.event_types(placed)[-1] == "PaymentClaimDisputed"


def test_a_review_without_a_receipt_takes_the_one_that_comes(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 11: with the receipt the provider's own record can be asked for."""
    claim = mpesa.pay(placed.order.number)
    quick.verify(placed, claim=PaymentClaim(claim.references, "0", None, 100))
    quick.verify(placed, claim=claim)
    account = quick.account(placed)
    assert account.attempts[1].state is AttemptState.REVIEW
    assert account.attempts[1].receipt == claim.receipt
    assert quick.events(placed)[-1].data["check_record"] is True
