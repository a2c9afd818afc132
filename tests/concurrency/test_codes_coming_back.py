"""Uses and credit that come back while others reach for them: nothing is lost between them, nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement
from commerce.fulfilment.cancel_order import cancel_order
from commerce.ordering.model import OrderStatus
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from commerce.promotions.credit_code import credit_id
from commerce.promotions.credit_store import Credits
from commerce.promotions.model import VoucherRefused
from tests.support.books import assert_books
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import WINDOW, Shop
from tests.support.stories import CARD
from tests.support.vouchers import give_credit, publish, voucher

TOTAL = 180_000
WHY: dict[str, Any] = {"by": "staff-1", "reason": "as agreed with the buyer"}
OTIENO = {"name": "Otieno", "email": "otieno@example.com", "phone": "+254733000000"}


@pytest.fixture(autouse=True)
def _goods(shop: Shop) -> None:
    shop.sell("LAP-1", stock=9)


def balance(shop: Shop, code: str) -> int:
    credit = Credits(shop.database).credit(credit_id(code))
    assert credit is not None
    return credit.balance.amount


def due(shop: Shop, placed: Placement, mpesa: Mpesa) -> Callable[[], bool]:
    """Let an order be due for the sweep; return the sweep of it."""
    mpesa.fail(placed.order.number)
    shop.verify(placed)
    shop.clock.moment = placed.order.reserved_until + WINDOW
    return lambda: expire_order(shop.till, placed.order.number)


def kept(shop: Shop, mpesa: Mpesa) -> None:
    assert_books(shop, mpesa, assert_kept(shop), settled=False)


def test_the_only_use_comes_back_while_others_want_it(shop: Shop, mpesa: Mpesa) -> None:
    """Cases 15 and 16: whatever the order of the writes, it is used once or lies there for the next."""
    publish(shop.database, shop.clock, voucher(total_limit=1, per_customer_limit=1))
    placed = shop.order("key", ("LAP-1", 1), voucher="KARIBU10")
    sweep = due(shop, placed, mpesa)

    def want(key: str, **more: Any) -> Callable[[], Any]:
        return lambda: shop.order(key, ("LAP-1", 1), voucher="KARIBU10", **more)

    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(3), nth=1)
        results = together(sweep, want("same buyer"), want("another", customer=OTIENO))
    assert results[0] is True
    placed_now = [one for one in results[1:] if isinstance(one, Placement)]
    assert len(placed_now) <= 1, results
    assert all(isinstance(one, Placement | VoucherRefused) for one in results[1:]), results
    kept(shop, mpesa)
    if not placed_now:
        assert isinstance(want("the next")(), Placement)
        kept(shop, mpesa)


def test_credit_comes_back_while_another_tab_spends(shop: Shop, mpesa: Mpesa) -> None:
    """Case 17: an order gives KES 500 back while the rest of the balance is spent: no shilling is lost or doubled."""
    code = give_credit(shop.database, 250_000)
    first = shop.order("first", ("LAP-1", 1), credit=code, **CARD)
    assert balance(shop, code) == 250_000 - TOTAL
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        cancelled, second = together(
            lambda: cancel_order(shop.till, first.order.number, **WHY),
            lambda: shop.order("second", ("LAP-1", 1), credit=code, **CARD),
        )
    assert cancelled.status is OrderStatus.CANCELLED
    assert second.order.terms.credit in (250_000 - TOTAL, TOTAL)
    assert balance(shop, code) == 250_000 - second.order.terms.credit
    kept(shop, mpesa)


def test_credit_is_given_back_by_staff_and_spent_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Case 17: a refund to the code and a purchase with it are two commits that both count."""
    code = give_credit(shop.database, 250_000)
    first = shop.order("first", ("LAP-1", 1), credit=code)
    wish = RefundWish(amount=TOTAL)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        refunded, second = together(
            lambda: refund_order(shop.till, first.order.number, wish, key="refund", **WHY),
            lambda: shop.order("second", ("LAP-1", 1), credit=code, **CARD),
        )
    assert refunded.order.credit_returned == TOTAL
    assert balance(shop, code) == 250_000 - second.order.terms.credit
    kept(shop, mpesa)


def test_the_sweep_and_staff_end_an_order_at_once(shop: Shop, mpesa: Mpesa) -> None:
    """Cases 3, 16 and 17: its codes are given back by one of them, once, and can be used again."""
    publish(shop.database, shop.clock, voucher(total_limit=1, per_customer_limit=1, first_order_only=True))
    code = give_credit(shop.database, 50_000)
    placed = shop.order("key", ("LAP-1", 1), voucher="KARIBU10", credit=code)
    sweep = due(shop, placed, mpesa)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        together(sweep, lambda: cancel_order(shop.till, placed.order.number, **WHY))
    assert shop.account(placed).order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    assert balance(shop, code) == 50_000
    assert shop.stock("LAP-1")["available"] == 9
    kept(shop, mpesa)
    again = shop.order("again", ("LAP-1", 1), voucher="KARIBU10", credit=code)
    assert (again.order.terms.discount, again.order.terms.credit) == (15_000, 50_000)
    kept(shop, mpesa)


@pytest.mark.parametrize("both_want", ["voucher", "credit", "voucher and credit"])
def test_two_late_payments_want_the_same_codes(shop: Shop, mpesa: Mpesa, both_want: str) -> None:
    """Cases 13, 15 and 17: two expired orders are paid late at once, and there is one use and credit for one."""
    publish(shop.database, shop.clock, voucher(total_limit=1))
    code = give_credit(shop.database, 50_000)
    codes = {"voucher": "KARIBU10"} if "voucher" in both_want else {}
    codes |= {"credit": code} if "credit" in both_want else {}
    placed: list[Placement] = []
    for number in range(2):
        buyer = {**OTIENO, "email": f"buyer{number}@example.com", "phone": f"+25473300000{number}"}
        placed.append(shop.order(f"key {number}", ("LAP-1", 1), customer=buyer, **codes))
        assert shop.expire(placed[-1])
    claims = [mpesa.pay(one.order.number) for one in placed]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        together(*(lambda n=n: shop.verify(placed[n], claim=claims[n]) for n in range(2)))
    states = sorted(shop.account(one).order.status.value for one in placed)
    assert states == ["expired", "processing"]
    assert [refund.why for one in placed for refund in shop.account(one).refunds.values()] == ["late"]
    assert balance(shop, code) == (0 if "credit" in both_want else 50_000)
    kept(shop, mpesa)
