"""An order: where it may go, what it costs, and how long its goods are held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commerce.kernel.money import Currency, Money
from commerce.ordering.model import (
    EXPIRY_GRACE,
    LONGEST_HOLD,
    MOST_ATTEMPTS,
    TRANSITIONS,
    ForbiddenTransition,
    OrderStatus,
    TimelineEntry,
)
from tests.unit.orders import an_order

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_where_an_order_may_go() -> None:
    """Nothing leaves the shop unpaid, nothing comes back once delivered, and only late money revives an order."""
    assert {(start.value, end.value) for start, ends in TRANSITIONS.items() for end in ends} == {
        ("pending_payment", "processing"),
        ("pending_payment", "expired"),
        ("pending_payment", "cancelled"),
        ("processing", "shipped"),
        ("processing", "in_transit"),
        ("processing", "delivered"),
        ("processing", "cancelled"),
        ("shipped", "in_transit"),
        ("shipped", "delivered"),
        ("in_transit", "delivered"),
        ("expired", "processing"),
    }


def test_each_change_counts_and_is_told_at_its_moment() -> None:
    order = an_order()
    after = order.step("OrderPaid", NOW, to=OrderStatus.PROCESSING, paid=180_000)
    assert (after.version, after.status, after.paid) == (2, OrderStatus.PROCESSING, 180_000)
    assert after.timeline == (*order.timeline, TimelineEntry(type="OrderPaid", at="2026-11-22T09:30:00.000Z"))
    assert after.step("RefundRequested", NOW).version == 3


def test_a_change_need_not_move_the_order() -> None:
    order = an_order().model_copy(update={"status": OrderStatus.DELIVERED})
    assert order.step("RefundRequested", NOW).status is OrderStatus.DELIVERED
    assert order.step("RefundRequested", NOW, to=OrderStatus.DELIVERED).status is OrderStatus.DELIVERED
    with pytest.raises(ForbiddenTransition):
        order.step("OrderPaid", NOW, to=OrderStatus.PROCESSING)


def test_a_payment_brings_what_store_credit_does_not() -> None:
    order = an_order()
    assert order.total == order.due == Money(180_000, Currency.KES)
    spent = order.model_copy(update={"terms": order.terms.model_copy(update={"credit": 50_000})})
    assert spent.due == Money(130_000, Currency.KES)
    assert spent.terms.due == 130_000
    assert spent.total == Money(180_000, Currency.KES), "the credit pays, it takes nothing off"


def test_a_line_is_charged_less_its_share_of_a_voucher() -> None:
    (line,) = an_order().terms.lines
    assert line.charged == 150_000
    assert line.model_copy(update={"discount": 15_000}).charged == 135_000


def test_an_order_is_known_by_its_number() -> None:
    assert an_order().subject == "order/ABCDEFGHJK"


def test_how_long_a_buyer_may_keep_goods_from_others() -> None:
    """Promise 6: an hour in all, five attempts, and five minutes for a payment that is just being confirmed."""
    assert timedelta(hours=1) == LONGEST_HOLD
    assert timedelta(minutes=5) == EXPIRY_GRACE
    assert MOST_ATTEMPTS == 5
