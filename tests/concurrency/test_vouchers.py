"""Many orders on few uses: exactly as many discounts as uses, and nothing left behind by the others (promise 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pynamodb.exceptions import TransactWriteError

from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import RESERVE_TRIES, Placement
from commerce.kernel.errors import CommitBusy
from commerce.ordering.model import OrderStatus
from commerce.promotions.model import VoucherRefused
from commerce.promotions.store import Vouchers
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import WINDOW, Shop
from tests.support.vouchers import publish, voucher

BUYERS = 12


def announce(shop: Shop, code: str = "KARIBU10", **more: Any) -> None:
    publish(shop.database, shop.clock, voucher(code, **more))


def used(shop: Shop, shards: int = 1) -> int:
    return sum(each.used for each in Vouchers(shop.database).by_shard("KARIBU10", shards))


def customer(number: int) -> dict[str, str]:
    return {"name": "Buyer", "email": f"buyer{number}@example.com", "phone": f"+2547000000{number:02d}"}


def buyer(shop: Shop, number: int, **more: Any) -> Callable[[], Placement]:
    wanted = {"voucher": "KARIBU10", "customer": customer(number), **more}
    return lambda: shop.order(f"buyer {number}", ("LAP-1", 1), **wanted)


def test_one_use_and_many_orders_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 15: every buyer has read the unused code before the first of them writes."""
    shop.sell("LAP-1", stock=50, buckets=4)
    announce(shop, total_limit=1)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(BUYERS), nth=1)
        results = together(*(buyer(shop, number) for number in range(BUYERS)))
    placed = [result for result in results if isinstance(result, Placement)]
    refused = [result for result in results if isinstance(result, VoucherRefused)]
    assert (len(placed), len(refused)) == (1, BUYERS - 1), results
    assert {error.detail for error in refused} == {"This code cannot be used."}
    assert used(shop) == 1
    assert shop.stock("LAP-1")["reserved"] == len(mpesa.prompts) == 1
    assert len(assert_kept(shop)) == 1


def test_every_use_of_every_shard_is_had(shop: Shop) -> None:
    """A hot code over shards: orders whose home shard is empty find the uses elsewhere, and not one more."""
    shop.sell("LAP-1", stock=50, buckets=4)
    announce(shop, total_limit=5, shards=4)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(BUYERS), nth=1)
        results = together(*(buyer(shop, number) for number in range(BUYERS)))
    assert sum(isinstance(result, Placement) for result in results) == 5, results
    assert sum(isinstance(result, VoucherRefused) for result in results) == BUYERS - 5, results
    assert used(shop, 4) == 5
    assert len(assert_kept(shop)) == 5


@pytest.mark.parametrize("limit", [{"per_customer_limit": 1}, {"first_order_only": True}])
def test_one_customer_in_many_tabs(shop: Shop, limit: dict[str, Any]) -> None:
    """Case 16 at once: half of the orders share the e-mail address, half the phone, none everything."""
    shop.sell("LAP-1", stock=50, buckets=4)
    announce(shop, **limit)
    one = customer(0)
    tabs = [one, {**one, "phone": "+254700000099"}, {**one, "email": "alias@example.com"}]
    orders = [buyer(shop, number, customer=tabs[number % 3]) for number in range(6)]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(6), nth=1)
        results = together(*orders)
    placed = [result for result in results if isinstance(result, Placement)]
    # Who shares only the phone and who shares only the address with the first are strangers to one another.
    assert 1 <= len(placed) <= 2, results
    assert len({result.order.terms.customer.phone for result in placed}) == len(placed)
    assert len({result.order.terms.customer.email for result in placed}) == len(placed)
    assert all(isinstance(result, Placement | VoucherRefused) for result in results), results
    assert_kept(shop)


def test_two_first_orders_with_two_codes_at_once(shop: Shop) -> None:
    shop.sell("LAP-1", stock=9)
    announce(shop, "HELLO", first_order_only=True)
    announce(shop, "WELCOME", first_order_only=True)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(
            lambda: shop.order("one", ("LAP-1", 1), voucher="HELLO"),
            lambda: shop.order("two", ("LAP-1", 1), voucher="WELCOME"),
        )
    assert sorted(type(result).__name__ for result in results) == ["Placement", "VoucherRefused"]
    assert_kept(shop)


def test_the_last_use_goes_between_read_and_write(shop: Shop, mpesa: Mpesa) -> None:
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=1)
    with interleaving(shop) as steps, pytest.raises(VoucherRefused):
        steps.before(WRITE, buyer(shop, 1), nth=1)
        buyer(shop, 2)()
    assert len(mpesa.prompts) == 1
    assert shop.stock("LAP-1")["reserved"] == 1
    assert_kept(shop)


def test_same_key_in_flight_over_the_last_use(shop: Shop) -> None:
    """Case 4: the first try has the last use; the second is shown its order, not a refusal."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=1)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        first, second = together(buyer(shop, 1), buyer(shop, 1))
    assert sorted([first.replayed, second.replayed]) == [False, True]
    assert used(shop) == 1
    assert_kept(shop)


def test_same_key_while_the_first_commit_is_being_applied(shop: Shop) -> None:
    """Case 4: the order is still locked and its use taken already; the use may not speak for the order."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=1)
    with interleaving(shop) as steps:
        steps.before(WRITE, buyer(shop, 1), nth=1)
        steps.cancel("TransactionConflict", "None", "None", "None", "ConditionalCheckFailed", "None", nth=1)
        assert buyer(shop, 1)().replayed
    assert used(shop) == 1
    assert_kept(shop)


def test_the_chosen_shard_is_emptied_every_time(shop: Shop, mpesa: Mpesa) -> None:
    """Tries are bounded: who loses each race is told to come again, and has left nothing behind (promise 6)."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=40, shards=20)
    with interleaving(shop) as steps:
        # Order, attempt and event, then the stock, then the voucher's use.
        steps.cancel("None", "None", "None", "None", "ConditionalCheckFailed", "None", nth=None)
        with pytest.raises(CommitBusy):
            buyer(shop, 1)()
        assert steps.calls.count(WRITE) == RESERVE_TRIES
    assert mpesa.prompts == {}
    assert used(shop, 20) == 0
    assert_kept(shop)


def test_expiry_and_settlement_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 3: one of them wins, and the use is counted once or given back once."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=1, per_customer_limit=1, first_order_only=True)
    placed = buyer(shop, 1)()
    shop.clock.moment = placed.order.reserved_until + WINDOW

    def pay_meanwhile() -> None:
        shop.verify(placed, claim=mpesa.pay(placed.order.number))

    with interleaving(shop) as steps:
        steps.before(WRITE, pay_meanwhile, nth=1)
        assert not expire_order(shop.till, placed.order.number)
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert used(shop) == 1
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_two_sweeps_at_once(shop: Shop, mpesa: Mpesa) -> None:
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=3, per_customer_limit=1)
    placed = buyer(shop, 1)()
    buyer(shop, 2)()
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    shop.clock.moment = placed.order.reserved_until + WINDOW
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: expire_order(shop.till, placed.order.number)] * 2)
    assert sorted(results) == [False, True]
    assert used(shop) == 1
    assert_kept(shop)


def test_late_money_and_another_order_meet_over_the_last_use(shop: Shop, mpesa: Mpesa) -> None:
    """Case 13 with a code: the use is gone between the look and the write; the money goes back."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=1)
    placed = buyer(shop, 1)()
    assert shop.expire(placed)
    with interleaving(shop) as steps:
        steps.before(WRITE, buyer(shop, 2), nth=1)
        shop.verify(placed, claim=mpesa.pay(placed.order.number))
    account = shop.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert [refund.why for refund in account.refunds.values()] == ["late"]
    assert used(shop) == 1
    assert_kept(shop)


def test_late_money_finds_another_shard(shop: Shop, mpesa: Mpesa) -> None:
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=2, shards=2)
    placed = buyer(shop, 1)()
    assert shop.expire(placed)

    def take_the_same_shard() -> None:
        for number in range(2, 20):
            if used(shop, 2):
                return
            other = buyer(shop, number)()
            if other.order.redemption != placed.order.redemption:
                shop.expire(other)

    with interleaving(shop) as steps:
        steps.before(WRITE, take_the_same_shard, nth=1)
        shop.verify(placed, claim=mpesa.pay(placed.order.number))
    assert shop.account(placed).order.status is OrderStatus.PROCESSING
    assert used(shop, 2) == 2
    assert_kept(shop)


def test_a_use_is_counted_once_when_the_answer_is_lost(shop: Shop, mpesa: Mpesa) -> None:
    """Case 7: the order was written and the worker cannot know; the same key finds it and uses nothing more."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=1)
    with interleaving(shop) as steps, pytest.raises(TransactWriteError):
        steps.lose_answer(WRITE, nth=1)
        buyer(shop, 1)()
    assert buyer(shop, 1)().replayed
    assert (used(shop), mpesa.started) == (1, [])
    assert_kept(shop)


def test_tables_busy(shop: Shop) -> None:
    """Nothing is used by an order that could not be written."""
    shop.sell("LAP-1", stock=9)
    announce(shop, total_limit=2)
    with interleaving(shop) as steps, pytest.raises(CommitBusy):
        steps.refuse("ThrottlingException", nth=None)
        buyer(shop, 1)()
    assert used(shop) == 0
    assert_kept(shop)
