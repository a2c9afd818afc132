"""The sweep: what is not paid in time is for sale again, and nothing else is (promises 1 and 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.checkout.expire_orders import MOST_IN_ONE_RUN, Sweep, expire_order, expire_orders
from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable
from commerce.inventory.store import StockRow
from commerce.kernel.commit import TRIES
from commerce.ordering.model import LONGEST_HOLD, MOST_ATTEMPTS, OrderStatus
from commerce.ordering.store import DUE_SHARDS, OrderRow
from commerce.payments.model import AttemptState
from commerce.payments.port import LookUpOutcome, Pending, References
from tests.support.interleave import READ, WRITE, Crash, calls_of, interleaving
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import RESERVATION, WINDOW, Shop

SECOND = timedelta(seconds=1)


@pytest.fixture
def placed(quick: Shop) -> Placement:
    quick.sell("LAP-1", stock=1)
    return quick.order("key", ("LAP-1", 1))


def sweep(shop: Shop, seconds: float = 60) -> Sweep:
    return expire_orders(shop.till, seconds=seconds)


def due_rows(shop: Shop) -> list[str]:
    rows = shop.database.bind(OrderRow, "orders")
    return [row.pk for shard in range(DUE_SHARDS) for row in rows.due.query(str(shard))]


def fail(shop: Shop, mpesa: Mpesa, placed: Placement, attempt: int = 1) -> None:
    shop.verify(placed, attempt, mpesa.fail(placed.order.number, attempt))


def test_not_before_it_is_due(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    fail(quick, mpesa, placed)
    quick.clock.forward(RESERVATION - SECOND)
    assert sweep(quick) == Sweep()
    assert expire_order(quick.till, placed.order.number) is False
    quick.clock.forward(SECOND)
    assert sweep(quick) == Sweep(seen=1, expired=1)
    assert quick.stock("LAP-1") == {"available": 1, "reserved": 0, "sold": 0, "received": 1}
    assert sweep(quick) == Sweep()
    assert_kept(quick)


def test_pending_payment_gets_its_grace(quick: Shop, placed: Placement) -> None:
    """A prompt that is still open delays the release, but only so long (promise 6)."""
    quick.clock.forward(RESERVATION)
    assert sweep(quick) == Sweep(seen=1, waiting=1)
    quick.clock.forward(WINDOW - SECOND)
    assert sweep(quick) == Sweep(seen=1, waiting=1)
    assert quick.stock("LAP-1")["reserved"] == 1
    quick.clock.forward(SECOND)
    assert sweep(quick) == Sweep(seen=1, expired=1)
    assert quick.events(placed)[-1].data == {"order_number": placed.order.number, "live_attempt": 1}
    assert_kept(quick)


def test_failed_at_the_last_look(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """The provider says it failed: no grace is needed."""
    mpesa.fail(placed.order.number)
    quick.clock.forward(RESERVATION)
    assert sweep(quick) == Sweep(seen=1, expired=1)
    assert quick.event_types(placed)[-2:] == ["PaymentFailed", "OrderExpired"]
    assert_kept(quick)


def test_worker_that_died_at_the_push(quick: Shop, mpesa: Mpesa) -> None:
    """Case 28: an attempt that is still starting is called unknown, and its order expires as any other."""
    quick.sell("LAP-1", stock=1)
    with interleaving(quick) as steps, pytest.raises(Crash):
        steps.crash("before", "start")
        quick.order("key", ("LAP-1", 1))
    placed = quick.order("key", ("LAP-1", 1))
    quick.clock.forward(RESERVATION + WINDOW)
    assert sweep(quick) == Sweep(seen=1, expired=1)
    assert quick.account(placed).attempts[1].state is AttemptState.UNKNOWN
    assert quick.event_types(placed) == ["OrderPlaced", "PaymentOutcomeUnknown", "OrderExpired"]
    assert mpesa.started == []
    assert_kept(quick)


def test_retry_prolongs_the_hold(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """A retry at the last moment has its whole window; the index follows."""
    fail(quick, mpesa, placed)
    quick.clock.forward(RESERVATION - SECOND)
    quick.pay_again(placed, "again")
    quick.clock.forward(SECOND)
    assert sweep(quick) == Sweep()
    fail(quick, mpesa, placed, 2)
    quick.clock.forward(WINDOW - 2 * SECOND)
    assert sweep(quick) == Sweep()
    quick.clock.forward(SECOND)
    assert sweep(quick) == Sweep(seen=1, expired=1)
    assert_kept(quick)


def test_hold_is_not_prolonged_for_ever(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """However often the buyer tries, within the tries there are, stock is free again after the longest hold."""
    fail(quick, mpesa, placed)
    for attempt in range(2, MOST_ATTEMPTS + 1):
        quick.clock.moment = quick.account(placed).order.reserved_until - SECOND
        quick.pay_again(placed, f"try {attempt}")
        fail(quick, mpesa, placed, attempt)
    assert quick.account(placed).order.reserved_until <= placed.order.terms.placed_at + LONGEST_HOLD
    with pytest.raises(OrderNotPayable):
        quick.pay_again(placed, "one more")
    assert quick.expire(placed)
    assert_kept(quick)


@pytest.mark.parametrize("end", ["paid", "expired", "review"])
def test_marker_goes_with_what_it_marks(quick: Shop, mpesa: Mpesa, placed: Placement, end: str) -> None:
    """The index holds what is due and nothing else: every way out of waiting takes the marker along."""
    assert due_rows(quick) == [placed.order.number]
    if end == "expired":
        fail(quick, mpesa, placed)
        quick.expire(placed)
    else:
        amount = 100 if end == "review" else None
        quick.verify(placed, claim=mpesa.pay(placed.order.number, amount=amount))
    assert due_rows(quick) == []
    assert_kept(quick)


def test_cost_grows_with_what_is_due(quick: Shop, mpesa: Mpesa) -> None:
    """Nothing due: one query a shard, whatever exists. One due: its read and its write more."""
    quick.sell("LAP-1", stock=20)
    placed = [quick.order(f"key {number}", ("LAP-1", 1)) for number in range(8)]
    for each in placed:
        fail(quick, mpesa, each)
    assert calls_of(quick, lambda: sweep(quick)) == ["Query"] * DUE_SHARDS
    quick.clock.forward(RESERVATION)
    late = quick.order("late", ("LAP-1", 1))
    assert sweep(quick).expired == 8
    fail(quick, mpesa, late)
    quick.clock.forward(RESERVATION)
    calls = calls_of(quick, lambda: sweep(quick))
    assert (calls.count("Query"), calls.count(WRITE), calls.count(READ)) == (DUE_SHARDS + 1, 1, 0)


def test_oldest_first_within_the_time_there_is(quick: Shop, mpesa: Mpesa) -> None:
    """A run that must stop early has done the oldest, in whatever shard; the rest is due at the next run."""
    quick.sell("LAP-1", stock=20)
    numbers = []
    for number in range(8):
        placed = quick.order(f"key {number}", ("LAP-1", 1))
        fail(quick, mpesa, placed)
        numbers.append(placed.order.number)
        quick.clock.forward(SECOND)
    quick.clock.forward(RESERVATION)
    with interleaving(quick) as steps:
        steps.after(WRITE, lambda: quick.clock.forward(10 * SECOND), nth=None)
        done = sweep(quick, seconds=25)
    assert done == Sweep(seen=3, expired=3)
    states = [quick.till.payments.account(number) for number in numbers]
    assert [state.order.status is OrderStatus.EXPIRED for state in states if state] == [True] * 3 + [False] * 5
    assert sweep(quick).expired == 5
    assert_kept(quick)


def test_no_more_than_one_run_can_do(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("LAP-1", stock=20)
    for number in range(8):
        fail(quick, mpesa, quick.order(f"key {number}", ("LAP-1", 1)))
    quick.clock.forward(RESERVATION)
    assert expire_orders(quick.till, seconds=60, most=3).seen == 3
    assert expire_orders(quick.till, seconds=60, most=MOST_IN_ONE_RUN).expired == 5


def test_busy_order_does_not_stop_the_others(quick: Shop, mpesa: Mpesa) -> None:
    """Case 29: one order that keeps changing is left for the next run; the rest goes on."""
    quick.sell("LAP-1", stock=20)
    for number in range(4):
        fail(quick, mpesa, quick.order(f"key {number}", ("LAP-1", 1)))
    quick.clock.forward(RESERVATION)
    with interleaving(quick) as steps:
        for write in range(1, TRIES + 1):
            steps.cancel("TransactionConflict", "None", "None", nth=write)
        assert sweep(quick) == Sweep(seen=4, expired=3, busy=1)
    assert sweep(quick) == Sweep(seen=1, expired=1)
    assert_kept(quick)


def test_broken_order_does_not_stop_the_others(quick: Shop, mpesa: Mpesa) -> None:
    """Case 29: an order that cannot be released at all is reported after the others are done, and stays due."""
    quick.sell("BAD", stock=1)
    quick.sell("LAP-1", stock=20)
    bad = quick.order("bad", ("BAD", 1))
    fail(quick, mpesa, bad)
    quick.clock.forward(SECOND)
    for number in range(4):
        fail(quick, mpesa, quick.order(f"key {number}", ("LAP-1", 1)))
    rows = quick.database.bind(StockRow, "stock")
    rows("BAD#0").update(actions=[rows.reserved.set(0)])
    quick.clock.forward(RESERVATION)
    with pytest.raises(ExceptionGroup) as broken:
        sweep(quick)
    assert len(broken.value.exceptions) == 1
    assert bad.order.number in str(broken.value.exceptions[0].__notes__)
    assert quick.stock("LAP-1") == {"available": 20, "reserved": 0, "sold": 0, "received": 20}
    assert due_rows(quick) == [bad.order.number]


def test_slow_provider_uses_up_one_run_only(quick: Shop, mpesa: Mpesa) -> None:
    """Case 26: each look takes ten seconds; the run ends in time and the orders wait for the next."""
    quick.sell("LAP-1", stock=20)
    for number in range(6):
        quick.order(f"key {number}", ("LAP-1", 1))
    quick.clock.forward(RESERVATION)

    def slow(_: References) -> LookUpOutcome:
        quick.clock.forward(10 * SECOND)
        return Pending("time-out")

    quick.provider.look_up = slow  # type: ignore[assignment]
    assert sweep(quick, seconds=15) == Sweep(seen=2, waiting=2)
    assert quick.stock("LAP-1")["reserved"] == 6
    assert_kept(quick)


def test_clock_that_is_behind(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 30: a worker an hour behind cannot revive or settle anything by its clock: stored state decides."""
    quick.expire(placed)
    quick.clock.forward(-timedelta(hours=1))
    with pytest.raises(OrderNotPayable):
        quick.pay_again(placed, "again")
    assert sweep(quick) == Sweep()
    quick.verify(placed, claim=mpesa.pay(placed.order.number))
    assert quick.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(quick)


def test_clock_that_is_ahead(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 30: expired an hour early by a wrong clock: the money that then comes still finds its order."""
    quick.clock.forward(timedelta(hours=1))
    assert expire_order(quick.till, placed.order.number)
    quick.clock.forward(-timedelta(hours=1))
    quick.verify(placed, claim=mpesa.pay(placed.order.number))
    assert quick.stock("LAP-1")["sold"] == 1
    assert_kept(quick)
