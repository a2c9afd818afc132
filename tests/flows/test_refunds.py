"""A refund happens once, whatever is redelivered, lost or answered twice (promise 3)."""

from __future__ import annotations

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.decision import Verdict
from commerce.payments.model import RefundState
from commerce.payments.port import RefundAccepted, RefundDone, RefundImpossible, RefundUnknown
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop


@pytest.fixture
def late(quick: Shop, mpesa: Mpesa) -> Placement:
    """An order whose money came after its goods were gone: a refund is due. The callback has not come."""
    quick.sell("LAP-1", stock=1)
    placed = quick.order("key", ("LAP-1", 1))
    quick.expire(placed)
    quick.order("other", ("LAP-1", 1))
    mpesa.pay(placed.order.number)
    quick.verify(placed)
    return placed


def work(shop: Shop, late: Placement) -> Verdict:
    return refund_payment(shop.till, late.order.number, 1)


def note(shop: Shop, late: Placement, outcome: RefundDone | RefundImpossible | RefundUnknown) -> Verdict:
    return note_refund(shop.till, late.order.number, 1, outcome)


def state(shop: Shop, late: Placement) -> RefundState:
    return shop.account(late).refunds[1].state


def test_message_redelivered(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 14: the provider is asked again in the very same words, and only one refund is on record."""
    for _ in range(3):
        assert work(quick, late) is Verdict.PENDING
    assert len(mpesa.refunded) == 3
    assert len({request.reference for request in mpesa.refunded}) == 1
    assert len(mpesa.given_back) == 1, "and the provider asserts that they are the same"
    assert state(quick, late) is RefundState.SENT
    assert quick.event_types(late).count("RefundSent") == 1
    assert_kept(quick)


def test_result_twice(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 14: the second report changes nothing; a message that comes after it asks nothing more."""
    work(quick, late)
    for _ in range(2):
        assert note(quick, late, RefundDone("RB1")) is Verdict.FINAL
    assert quick.event_types(late).count("RefundSucceeded") == 1
    assert work(quick, late) is Verdict.FINAL
    assert len(mpesa.refunded) == 1
    assert quick.account(late).refunds[1].refund_receipt == "RB1"
    assert_kept(quick)


def test_result_before_the_answer_is_recorded(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 20 for refunds: requested -> succeeded; the provider's belated "accepted" is no news."""
    with interleaving(quick) as steps:
        steps.after("refund", lambda: note(quick, late, RefundDone("RB1")), nth=1)
        assert work(quick, late) is Verdict.FINAL
    assert state(quick, late) is RefundState.SUCCEEDED
    assert "RefundSent" not in quick.event_types(late)
    assert_kept(quick)


def test_result_at_the_write_of_the_answer(quick: Shop, late: Placement) -> None:
    with interleaving(quick) as steps:
        steps.before(WRITE, lambda: note(quick, late, RefundDone("RB1")), nth=1)
        assert work(quick, late) is Verdict.FINAL
    assert state(quick, late) is RefundState.SUCCEEDED
    assert_kept(quick)


def test_two_results_at_once(quick: Shop, late: Placement) -> None:
    """Success and failure reported in one moment: success wins whichever writes first."""
    work(quick, late)
    with interleaving(quick) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(
            lambda: note(quick, late, RefundDone("RB1")),
            lambda: note(quick, late, RefundImpossible("1", "no_float")),
        )
    assert results == [Verdict.FINAL] * 2
    assert state(quick, late) is RefundState.SUCCEEDED
    assert_kept(quick)


def test_two_workers_at_once(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 14: both ask, in the same words; one records it."""
    with interleaving(quick) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        assert together(*[lambda: work(quick, late)] * 2) == [Verdict.PENDING] * 2
    assert len(mpesa.given_back) == 1
    assert quick.event_types(late).count("RefundSent") == 1
    assert_kept(quick)


def test_time_out_then_result(quick: Shop, late: Placement) -> None:
    """Case 27: a queue time-out settles nothing; the result that follows does."""
    work(quick, late)
    assert note(quick, late, RefundUnknown("queue time-out")) is Verdict.PENDING
    assert state(quick, late) is RefundState.SENT
    note(quick, late, RefundDone("RB1"))
    assert state(quick, late) is RefundState.SUCCEEDED
    assert_kept(quick)


def test_provider_unreachable(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 26: nothing is recorded, and asking again later is safe."""
    mpesa.refund = lambda _: RefundUnknown("time-out")  # type: ignore[assignment]
    version = quick.account(late).order.version
    assert work(quick, late) is Verdict.PENDING
    assert quick.account(late).order.version == version
    del mpesa.refund
    work(quick, late)
    assert state(quick, late) is RefundState.SENT


def test_impossible_then_done_after_all(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 27: refused for want of float: a person's; a success that comes later is still believed."""
    work(quick, late)
    assert note(quick, late, RefundImpossible("1", "no_float")) is Verdict.FINAL
    assert state(quick, late) is RefundState.FAILED
    assert work(quick, late) is Verdict.FINAL
    assert len(mpesa.refunded) == 1, "the machine leaves to the person what is the person's"
    assert note(quick, late, RefundImpossible("1", "no_float")) is Verdict.FINAL
    assert quick.event_types(late).count("RefundFailed") == 1
    note(quick, late, RefundDone("RB1"))
    assert state(quick, late) is RefundState.SUCCEEDED
    assert note(quick, late, RefundImpossible("1", "no_float")) is Verdict.FINAL
    assert state(quick, late) is RefundState.SUCCEEDED
    assert_kept(quick)


def test_refused_at_once(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    mpesa.refund = lambda _: RefundImpossible("2028", "not_permitted")  # type: ignore[assignment]
    assert work(quick, late) is Verdict.FINAL
    assert quick.events(late)[-1].data["code"] == "2028"
    assert_kept(quick)


def test_already_reversed(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 27: what the provider calls done already is done."""
    mpesa.refund_results = True
    assert work(quick, late) is Verdict.FINAL
    assert state(quick, late) is RefundState.SUCCEEDED
    assert_kept(quick)


def test_given_up_once(quick: Shop, late: Placement) -> None:
    """Case 18 for refunds: the result never came: a person is told once; a late success counts."""
    work(quick, late)
    for _ in range(3):
        assert give_up_refund(quick.till, late.order.number, 1) is Verdict.FINAL
    assert quick.event_types(late).count("RefundFailed") == 1
    note(quick, late, RefundDone("RB1"))
    assert state(quick, late) is RefundState.SUCCEEDED
    assert_kept(quick)


def test_receipt_learnt_meanwhile(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 14: the callback brings the receipt between two tries; the refund goes on the way it began."""
    work(quick, late)
    quick.verify(late, claim=mpesa.prompts[late.order.number, 1].claim())
    assert quick.account(late).attempts[1].receipt is not None
    work(quick, late)
    assert [request.receipt for request in mpesa.refunded] == [None, None]
    assert len(mpesa.given_back) == 1, "and the provider asserts that they are the same"
    assert_kept(quick)


def test_nothing_to_refund(quick: Shop, mpesa: Mpesa, late: Placement) -> None:
    """Case 29: a message about a refund that does not exist is done with."""
    assert refund_payment(quick.till, late.order.number, 9) is Verdict.MISSING
    assert refund_payment(quick.till, "ZZZZZZZZZZ", 1) is Verdict.MISSING
    assert note_refund(quick.till, late.order.number, 9, RefundAccepted("AG")) is Verdict.MISSING
    assert mpesa.refunded == []
