"""Money meets its order once, whoever else is at the order in the same moment (promises 1 and 3)."""

from __future__ import annotations

import threading

import pytest

from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable
from commerce.kernel.errors import CommitBusy
from commerce.ordering.model import OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.port import LookUpOutcome, LookUpRequest, Paid, Pending
from commerce.payments.verify_payment import give_up
from tests.support.interleave import WRITE, calls_of, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import RESERVATION, WINDOW, Shop

SOLD_OUT = {"available": 0, "reserved": 0, "sold": 1, "received": 1}


@pytest.fixture
def placed(shop: Shop) -> Placement:
    shop.sell("LAP-1", stock=1)
    return shop.order("key", ("LAP-1", 1))


def late(shop: Shop) -> None:
    shop.clock.forward(RESERVATION + WINDOW)


def test_settle_costs_one_read_one_look_and_one_write(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    claim = mpesa.pay(placed.order.number)
    assert calls_of(shop, lambda: shop.verify(placed, claim=claim)) == ["Query", "look_up", WRITE]


def test_three_verifications_at_once(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Cases 8 and 9: three deliveries have read the unpaid order and write together: one settles, two see it done."""
    claim = mpesa.pay(placed.order.number)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(3), nth=1)
        results = together(*[lambda: shop.verify(placed, claim=claim)] * 3)

    assert results == [Verdict.FINAL] * 3
    assert shop.event_types(placed).count("PaymentConfirmed") == 1
    assert shop.stock("LAP-1") == SOLD_OUT
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_callback_and_poll_at_once(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 8: the one knows the receipt, the other does not; whoever wins, it is settled once and the receipt kept."""
    claim = mpesa.pay(placed.order.number)
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: shop.verify(placed), nth=1)
        assert shop.verify(placed, claim=claim) is Verdict.FINAL

    assert shop.account(placed).attempts[1].receipt == claim.receipt
    assert shop.event_types(placed)[-2:] == ["PaymentConfirmed", "PaymentReceiptRecorded"]
    assert_kept(shop)


def test_settlement_wins_against_the_sweep(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: the sweep has read the unpaid order; settlement commits first; the sweep leaves the order alone."""
    late(shop)

    def settle() -> None:
        mpesa.pay(placed.order.number)
        shop.verify(placed)

    with interleaving(shop) as steps:
        steps.before(WRITE, settle, nth=1)
        assert expire_order(shop.till, placed.order.number) is False
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert shop.stock("LAP-1") == SOLD_OUT
    assert_kept(shop)


def test_sweep_wins_against_the_settlement(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: settlement has read the held order; the sweep releases it first; the money reserves it again."""
    claim = mpesa.pay(placed.order.number)
    late(shop)

    def sweep() -> None:
        truth, mpesa.prompts = mpesa.prompts, {}
        assert expire_order(shop.till, placed.order.number)
        mpesa.prompts = truth

    with interleaving(shop) as steps:
        steps.before(WRITE, sweep, nth=1)
        assert shop.verify(placed, claim=claim) is Verdict.FINAL
    assert shop.event_types(placed)[-2:] == ["OrderExpired", "PaymentConfirmed"]
    assert shop.events(placed)[-1].data["late"] is True
    assert shop.stock("LAP-1") == SOLD_OUT
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_sweep_and_settlement_write_together(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: both are at their write; whoever wins, stock moves once and the money is booked once."""
    late(shop)
    claim = mpesa.pay(placed.order.number)
    asked = threading.local()

    def last_look_came_before_the_money(request: LookUpRequest) -> LookUpOutcome:
        return Pending("4999") if getattr(asked, "by_the_sweep", False) else Paid()

    def sweep() -> bool:
        asked.by_the_sweep = True
        return expire_order(shop.till, placed.order.number)

    shop.provider.look_up = last_look_came_before_the_money  # type: ignore[method-assign]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        expired, verdict = together(sweep, lambda: shop.verify(placed, claim=claim))
    assert verdict is Verdict.FINAL
    assert shop.event_types(placed).count("OrderExpired") == int(expired)
    assert shop.event_types(placed).count("PaymentConfirmed") == 1
    assert shop.stock("LAP-1") == SOLD_OUT
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_two_sweeps_at_once(shop: Shop, placed: Placement) -> None:
    """Case 3: a run that overlaps the next releases nothing twice."""
    late(shop)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: expire_order(shop.till, placed.order.number)] * 2)
    assert sorted(results) == [False, True]
    assert shop.stock("LAP-1") == {"available": 1, "reserved": 0, "sold": 0, "received": 1}
    assert shop.event_types(placed).count("OrderExpired") == 1
    assert_kept(shop)


def test_paid_at_the_last_look(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: no callback ever came, but the provider says paid when the sweep asks: paid, not expired."""
    late(shop)
    mpesa.pay(placed.order.number)
    assert expire_order(shop.till, placed.order.number) is False
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert "OrderExpired" not in shop.event_types(placed)
    assert_kept(shop)


def test_retry_against_the_sweep(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: the sweep has read the failed order at its last moment; a retry prolongs the hold first, and keeps it."""
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    shop.clock.forward(RESERVATION)
    now = shop.clock.moment

    def retry() -> None:
        shop.clock.moment = now - WINDOW / 2
        shop.pay_again(placed, "again")
        shop.clock.moment = now

    with interleaving(shop) as steps:
        steps.before(WRITE, retry, nth=1)
        assert expire_order(shop.till, placed.order.number) is False
    assert shop.stock("LAP-1")["reserved"] == 1
    assert_kept(shop)


def test_sweep_against_the_retry(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: the other way round: the retry finds the order expired, pushes nothing and says so."""
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    shop.clock.forward(RESERVATION - WINDOW / 2)
    now = shop.clock.moment

    def sweep() -> None:
        # Another worker's clock is ahead (case 30).
        shop.clock.forward(WINDOW)
        assert expire_order(shop.till, placed.order.number)
        shop.clock.moment = now

    with interleaving(shop) as steps, pytest.raises(OrderNotPayable):
        steps.before(WRITE, sweep, nth=1)
        shop.pay_again(placed, "again")
    assert len(mpesa.started) == 1
    assert_kept(shop)


def test_late_success_against_the_retry(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 12: the failed attempt turns out paid while the buyer starts another: the other never starts."""
    claim = mpesa.fail(placed.order.number)
    shop.verify(placed, claim=claim)
    with interleaving(shop) as steps, pytest.raises(OrderNotPayable):
        steps.before(WRITE, lambda: shop.verify(placed, claim=mpesa.pay(placed.order.number)), nth=1)
        shop.pay_again(placed, "again")
    assert len(mpesa.started) == 1
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_conflicting_failures_at_once(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 19: 1037 and 1019 for one request, both at the write: one ends it, the other changes nothing."""
    claim = mpesa.fail(placed.order.number)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: shop.verify(placed, claim=claim)] * 2)
    assert results == [Verdict.FINAL] * 2
    assert shop.event_types(placed).count("PaymentFailed") == 1
    assert_kept(shop)


def test_give_up_against_the_settlement(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 18: the last check is about to call a person when the money is booked: nobody is called."""

    def settle() -> None:
        mpesa.pay(placed.order.number)
        shop.verify(placed)

    with interleaving(shop) as steps:
        steps.before(WRITE, settle, nth=1)
        give_up(shop.till, placed.order.number, 1)
    assert "PaymentUnresolved" not in shop.event_types(placed)
    assert_kept(shop)


def test_giving_up_twice_at_once(shop: Shop, placed: Placement) -> None:
    """Case 18: two chains of checks end together: a person is called once."""
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        assert together(*[lambda: give_up(shop.till, placed.order.number, 1)] * 2) == [None, None]
    assert shop.event_types(placed).count("PaymentUnresolved") == 1
    assert_kept(shop)


def test_order_that_never_holds_still(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 29: tries are bounded; then the message goes back to its queue, and nothing was booked by half."""
    mpesa.pay(placed.order.number)
    with interleaving(shop) as steps:
        # The event, then the order, the attempt, the stock, and the buyer by address and phone.
        steps.cancel("None", "ConditionalCheckFailed", "None", "None", "None", "None", nth=None)
        with pytest.raises(CommitBusy):
            shop.verify(placed)
        assert steps.calls.count(WRITE) == 5
    assert_kept(shop)
    assert shop.verify(placed) is Verdict.FINAL
    assert shop.stock("LAP-1") == SOLD_OUT
