"""Store credit in two tabs: together they never spend more than there is (promise 2)."""

from __future__ import annotations

from collections.abc import Callable

from commerce.checkout.place_order import Placement
from commerce.ordering.model import OrderStatus
from commerce.promotions.credit_code import credit_id
from commerce.promotions.credit_store import CreditRefused, Credits
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop
from tests.support.vouchers import give_credit

#: KES 1,500 of goods and KES 300 delivery.
TOTAL = 180_000


def balance(shop: Shop, code: str) -> int:
    credit = Credits(shop.database).credit(credit_id(code))
    assert credit is not None
    return credit.balance.amount


def tab(shop: Shop, number: int, code: str) -> Callable[[], Placement]:
    return lambda: shop.order(f"tab {number}", ("LAP-1", 1), credit=code)


def test_two_tabs_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 17: both have read the whole balance before one of them writes; the other gets what is left."""
    shop.sell("LAP-1", stock=9)
    code = give_credit(shop.database, 250_000)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(tab(shop, 1, code), tab(shop, 2, code))
    assert sorted(result.order.terms.credit for result in results) == [250_000 - TOTAL, TOTAL]
    assert sorted(result.attempt.amount for result in results) == [0, 2 * TOTAL - 250_000]
    assert balance(shop, code) == 0
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_many_tabs_on_credit_for_one(shop: Shop, mpesa: Mpesa) -> None:
    shop.sell("LAP-1", stock=9)
    code = give_credit(shop.database, TOTAL)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(6), nth=1)
        results = together(*(tab(shop, number, code) for number in range(6)))
    assert sum(isinstance(result, Placement) for result in results) == 1, results
    assert sum(isinstance(result, CreditRefused) for result in results) == 5, results
    assert mpesa.started == []
    assert shop.stock("LAP-1")["sold"] == 1
    assert_kept(shop)


def test_spent_between_read_and_write(shop: Shop) -> None:
    shop.sell("LAP-1", stock=9)
    code = give_credit(shop.database, 200_000)
    with interleaving(shop) as steps:
        steps.before(WRITE, tab(shop, 1, code), nth=1)
        slower = tab(shop, 2, code)()
    assert slower.order.terms.credit == 200_000 - TOTAL
    assert balance(shop, code) == 0
    assert_kept(shop)


def test_same_key_in_flight_over_the_last_credit(shop: Shop) -> None:
    """Case 4: the first try spent the credit; the second is shown its order."""
    shop.sell("LAP-1", stock=9)
    code = give_credit(shop.database, 50_000)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        first, second = together(tab(shop, 1, code), tab(shop, 1, code))
    assert first.order.number == second.order.number
    assert balance(shop, code) == 0
    assert_kept(shop)


def test_late_money_meets_an_order_over_the_same_credit(shop: Shop, mpesa: Mpesa) -> None:
    """Case 13 with credit: it is spent between the look and the write; the money goes back."""
    shop.sell("LAP-1", stock=9)
    code = give_credit(shop.database, 60_000)
    placed = tab(shop, 1, code)()
    assert shop.expire(placed)
    with interleaving(shop) as steps:
        steps.before(WRITE, tab(shop, 2, code), nth=1)
        shop.verify(placed, claim=mpesa.pay(placed.order.number))
    account = shop.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert [(refund.amount, refund.why) for refund in account.refunds.values()] == [(TOTAL - 60_000, "late")]
    assert balance(shop, code) == 0
    assert_kept(shop)


def test_both_late(shop: Shop, mpesa: Mpesa) -> None:
    """Two orders that each had the credit and gave it back are paid late at once: one gets it, one its money."""
    shop.sell("LAP-1", stock=9)
    code = give_credit(shop.database, 60_000)
    orders: list[Placement] = []
    for number in (1, 2):
        orders.append(tab(shop, number, code)())
        assert shop.expire(orders[-1])
    claims = [mpesa.pay(placed.order.number) for placed in orders]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        together(*(lambda at=at: shop.verify(orders[at], claim=claims[at]) for at in range(2)))
    states = sorted(shop.account(placed).order.status.value for placed in orders)
    assert states == ["expired", "processing"]
    assert balance(shop, code) == 0
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)
