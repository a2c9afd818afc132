"""Limits over an order's life: honest buyers never meet one, and who meets one has lost nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commerce.audit.store import EventRow
from commerce.checkout.place_order import place_order
from commerce.kernel.errors import TooManyRequests
from commerce.limits.store import WindowRow
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop, checkout_request

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(quick: Shop) -> Shop:
    """A shop where a phone rings three times an hour and a customer orders twice."""
    till = replace(quick.till, policy=replace(quick.till.policy, prompts_per_phone=3))
    quick.till, quick.desk = till, replace(quick.desk, till=till, orders_per_customer=2)
    quick.sell("LAP-1", stock=20)
    return quick


def test_a_phone_that_rang_too_often_holds_up_nobody_else_and_only_for_an_hour(shop: Shop, mpesa: Mpesa) -> None:
    mpesa.push_answers = "refused"
    placed = shop.order("first", ("LAP-1", 1))
    shop.pay_again(placed, "second")
    mpesa.push_answers = "ok"
    shop.pay_again(placed, "third")
    rang = len(mpesa.started)
    with pytest.raises(TooManyRequests, match="phone") as refused:
        shop.order("a stranger's", ("LAP-1", 1))
    assert (refused.value.reason, refused.value.retry_after) == ("phone", 3600)
    assert len(mpesa.started) == rang == 3

    shop.order("another phone", ("LAP-1", 1), payment={"method": "mpesa", "phone": "0722000111"})
    shop.order("by card", ("LAP-1", 1), payment={"method": "card", "phone": "0712345678"})
    assert shop.stock("LAP-1")["reserved"] == 3
    shop.verify(placed, attempt=3, claim=mpesa.pay(placed.order.number, attempt=3))
    assert shop.account(placed).order.status == "processing", "what is under way goes on"
    shop.clock.forward(HOUR)
    assert not shop.order("a stranger's", ("LAP-1", 1)).replayed
    assert_kept(shop)


def test_a_refused_order_leaves_nothing_behind(shop: Shop, mpesa: Mpesa) -> None:
    for place in range(3):
        shop.order(f"order {place}", ("LAP-1", 1))
    events = shop.database.bind(EventRow, "events")
    stock, trail = shop.stock("LAP-1"), sum(1 for _ in events.scan())
    for _ in range(2):
        with pytest.raises(TooManyRequests):
            shop.order("one too many", ("LAP-1", 1))
    assert (shop.stock("LAP-1"), sum(1 for _ in events.scan())) == (stock, trail)
    assert len(mpesa.started) == 3
    (window,) = shop.database.bind(WindowRow, "guards").scan()
    assert int(window.used) == 3
    assert "712345678" not in str(window.pk)


def test_what_could_not_be_sold_counts_no_prompt(shop: Shop) -> None:
    for place in range(3):
        with pytest.raises(Exception, match="left"):
            shop.order(f"too much {place}", ("LAP-1", 50))
    assert not list(shop.database.bind(WindowRow, "guards").scan())


def test_a_customers_orders_are_counted_whatever_pays_them(shop: Shop) -> None:
    def buy(key: str, customer: str | None, phone: str) -> object:
        request = checkout_request(("LAP-1", 1), payment={"method": "mpesa", "phone": phone})
        return place_order(shop.desk, request, key, customer=customer)

    buy("one", "customer-1", "0722000001")
    buy("two", "customer-1", "0722000002")
    with pytest.raises(TooManyRequests) as refused:
        buy("three", "customer-1", "0722000003")
    assert refused.value.reason == "customer"
    buy("one", "customer-1", "0722000001")
    buy("another's", "customer-2", "0722000004")
    buy("a guest's", None, "0722000005")
    shop.clock.forward(HOUR)
    buy("three", "customer-1", "0722000003")
    assert not [row for row in shop.database.bind(WindowRow, "guards").scan() if "customer-1" in str(row.pk)]
