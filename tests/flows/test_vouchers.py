"""Vouchers in an order's life: used when it is placed, given back when it ends unpaid, used again for late money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.views import placed_view
from commerce.kernel.errors import InvalidRequest, KeyReused
from commerce.ordering.model import Order, OrderStatus
from commerce.ordering.store import OrderRow
from commerce.payments.decision import Verdict
from commerce.promotions.model import Redemption, VoucherRefused
from commerce.promotions.store import Vouchers
from tests.support.interleave import READ, WRITE, calls_of
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop
from tests.support.vouchers import give_credit, publish, voucher

OTIENO = {"name": "Otieno Odhiambo", "email": "otieno@example.com", "phone": "+254 733 000 000"}
ABROAD = {"zone": "international", "address": {"line1": "1 Main St", "city": "Leeds", "country": "GB"}}
#: KES 1,500 of goods and KES 300 delivery.
GOODS, DELIVERY = 150_000, 30_000


@pytest.fixture
def selling(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=5)
    return quick


def announce(shop: Shop, code: str = "KARIBU10", kind: str = "percent", **more: Any) -> None:
    publish(shop.database, shop.clock, voucher(code, kind, **more))


def used(shop: Shop, code: str = "KARIBU10", shards: int = 1) -> int:
    return sum(each.used for each in Vouchers(shop.database).by_shard(code, shards))


def place(shop: Shop, key: str = "key", lines: Sequence[tuple[str, int]] = (("LAP-1", 1),), **more: Any) -> Placement:
    return shop.order(key, *lines, **{"voucher": "KARIBU10", **more})


def refusal(shop: Shop, key: str, **more: Any) -> str:
    with pytest.raises(VoucherRefused) as refused:
        place(shop, key, **more)
    assert refused.value.field == "voucher"
    return refused.value.detail


def amounts(order: Order) -> tuple[int, int, int, int]:
    terms = order.terms
    return terms.discount, terms.shipping_discount, terms.total, terms.due


def test_ten_per_cent(selling: Shop, mpesa: Mpesa) -> None:
    announce(selling)
    placed = place(selling, voucher=" karibu10 ")
    assert amounts(placed.order) == (15_000, 0, 165_000, 165_000)
    assert (placed.order.terms.voucher, placed.order.terms.lines[0].discount) == ("KARIBU10", 15_000)
    assert placed.attempt.amount == mpesa.prompts[placed.order.number, 1].amount == 165_000
    assert selling.verify(placed, claim=mpesa.pay(placed.order.number)) is Verdict.FINAL
    account = selling.account(placed)
    assert (account.order.status, account.order.paid) == (OrderStatus.PROCESSING, 165_000)
    event = selling.events(placed)[0].data
    assert (event["discount"], event["voucher"], event["total"]) == (15_000, "KARIBU10", 165_000)
    assert used(selling) == 1
    assert_kept(selling)
    assert_money(selling, mpesa, settled=True)


def test_tax_is_of_what_is_paid(selling: Shop) -> None:
    """16 % is contained in what is left of goods and delivery, line by line, half-up."""
    announce(selling, percent=33)
    selling.sell("BOOK-1", stock=5, price=99_900, tax_class="zero")
    placed = place(selling, lines=(("LAP-1", 1), ("BOOK-1", 2)))
    laptop, books = placed.order.terms.lines
    assert (laptop.discount, books.discount) == (49_500, 65_934)
    assert (laptop.tax, books.tax) == (13_862, 0)
    assert {line.letter: line.tax for line in placed.order.terms.tax_record} == {"B": 13_862 + 4_138, "C": 0}
    assert_kept(selling)


def test_odd_cents_are_the_shops(selling: Shop, mpesa: Mpesa) -> None:
    selling.sell("PEN-1", stock=5, price=14_900)
    announce(selling, percent=15)
    placed = place(selling, lines=(("PEN-1", 1),))
    terms = placed.order.terms
    assert (terms.discount, terms.rounding, terms.total) == (2_235, -65, 42_600)
    assert mpesa.prompts[placed.order.number, 1].amount == 42_600
    assert_kept(selling)


def test_a_fixed_amount_is_no_more_than_the_goods(selling: Shop) -> None:
    announce(selling, kind="fixed", amounts={"KES": 1_000_000, "USD": 10_000})
    placed = place(selling)
    assert amounts(placed.order) == (GOODS, 0, DELIVERY, DELIVERY), "delivery is still paid for"
    assert placed.order.terms.tax == 4_138
    assert_kept(selling)


def test_free_delivery(selling: Shop) -> None:
    announce(selling, kind="free_shipping")
    placed = place(selling)
    terms = placed.order.terms
    assert amounts(placed.order) == (DELIVERY, DELIVERY, GOODS, GOODS)
    assert terms.shipping == DELIVERY, "what it would cost is still shown"
    assert terms.tax == terms.lines[0].tax
    assert_kept(selling)


def test_free_delivery_that_is_free_anyway_is_kept(selling: Shop) -> None:
    book = selling.desk.book
    zone = book.zones.zones["nairobi_metro"].model_copy(update={"free_from": {"KES": GOODS}})
    zones = book.zones.model_copy(update={"zones": {**book.zones.zones, "nairobi_metro": zone}})
    object.__setattr__(selling.desk, "book", type(book)(zones, book.tax_rates, book.reservation))
    announce(selling, kind="free_shipping")
    assert "nothing" in refusal(selling, "key")
    announce(selling, "TENTH")
    placed = place(selling, "other", voucher="TENTH")
    assert amounts(placed.order) == (15_000, 0, GOODS - 15_000, GOODS - 15_000), "a voucher never makes it dearer"
    assert used(selling) == 0
    assert_kept(selling)


def test_everything_free(selling: Shop, mpesa: Mpesa) -> None:
    """A voucher that leaves nothing to pay: the order is paid at once, and nobody is asked for money."""
    announce(selling, percent=100)
    book = selling.desk.book
    zone = book.zones.zones["nairobi_metro"].model_copy(update={"prices": {"KES": 0}})
    zones = book.zones.model_copy(update={"zones": {**book.zones.zones, "nairobi_metro": zone}})
    object.__setattr__(selling.desk, "book", type(book)(zones, book.tax_rates, book.reservation))
    placed = place(selling)
    account = selling.account(placed)
    assert amounts(account.order) == (GOODS, 0, 0, 0)
    assert (account.order.status, placed.attempt.method, placed.attempt.amount) == (
        OrderStatus.PROCESSING,
        "credit",
        0,
    )
    assert mpesa.started == []
    assert selling.stock("LAP-1")["sold"] == 1
    again = place(selling)
    assert again.replayed
    view = placed_view(placed.order, placed.attempt)
    assert placed_view(again.order, again.attempt).model_dump_json() == view.model_dump_json()
    assert (view.payment.method, view.payment.status) == ("credit", "paid")
    assert_kept(selling)


def test_dollars(selling: Shop) -> None:
    """Cents are charged in dollars: nothing is rounded; here store credit pays, for M-Pesa takes shillings only."""
    selling.sell("BAG-1", stock=5, prices={"USD": 4_999})
    announce(selling, percent=15)
    code = give_credit(selling.database, 50_000, currency="USD")
    abroad: dict[str, Any] = {"currency": "USD", "shipping": ABROAD, "credit": code, "voucher": "KARIBU10"}
    with pytest.raises(InvalidRequest) as refused:
        selling.order("by mpesa", ("BAG-1", 1), **abroad)
    assert refused.value.field == "currency"
    assert used(selling) == 0
    terms = selling.order("key", ("BAG-1", 1), **abroad, payment={"method": "credit"}).order.terms
    assert (terms.subtotal, terms.discount, terms.shipping, terms.rounding) == (4_999, 750, 3_500, 0)
    assert (terms.total, terms.credit, terms.due) == (7_749, 7_749, 0)
    assert_kept(selling)


def test_credit_as_method_pays_only_what_credit_covers(selling: Shop) -> None:
    with pytest.raises(InvalidRequest) as refused:
        selling.order("key", ("LAP-1", 1), payment={"method": "credit"})
    assert refused.value.field == "payment.method"
    assert selling.stock("LAP-1")["available"] == 5


def test_a_code_that_is_not_for_this_order(selling: Shop) -> None:
    announce(selling, minimum_spend={"KES": GOODS + 100, "USD": 10_000})
    assert "KES 1,501" in refusal(selling, "key")
    announce(selling, categories=["books"])
    assert "these goods" in refusal(selling, "key")
    announce(selling, currencies=["USD"])
    assert "USD" in refusal(selling, "key")
    announce(selling)
    assert not place(selling).replayed, "a refusal leaves the key free"


def test_dead_codes_answer_alike(selling: Shop) -> None:
    announce(selling, "OVER", valid_until="2026-11-22T08:59:59Z")
    announce(selling, "LATER", valid_from="2026-11-22T09:00:01Z")
    announce(selling, "OFF", active=False)
    announce(selling, "SPENT", total_limit=1)
    announce(selling, "ONCE", per_customer_limit=1)
    place(selling, "a", voucher="SPENT", customer=OTIENO)
    place(selling, "b", voucher="ONCE")
    codes = ["OVER", "LATER", "OFF", "SPENT", "ONCE", "NEVER", "n!o@pe", "Ü" * 64]
    assert {refusal(selling, code, voucher=code) for code in codes} == {"This code cannot be used."}
    assert len(assert_kept(selling)) == 2


def test_one_use_for_each_customer_of_two_unpaid_orders(selling: Shop, mpesa: Mpesa) -> None:
    """Case 16: used when the order is placed, not when it is paid; given back when it expires."""
    announce(selling, per_customer_limit=1)
    first = place(selling, "first")
    assert refusal(selling, "second") == "This code cannot be used."
    same_phone = {**OTIENO, "phone": "0712345678"}
    assert refusal(selling, "third", customer=same_phone) == "This code cannot be used."
    place(selling, "another buyer", customer=OTIENO)
    mpesa.fail(first.order.number)
    assert selling.expire(first)
    assert used(selling) == 1
    place(selling, "second")
    assert_kept(selling)


def test_given_back_once(selling: Shop, mpesa: Mpesa) -> None:
    announce(selling, total_limit=1, per_customer_limit=1, first_order_only=True)
    placed = place(selling)
    mpesa.fail(placed.order.number)
    assert selling.expire(placed)
    assert not selling.expire(placed)
    assert selling.account(placed).order.redemption is None
    assert used(selling) == 0
    assert_kept(selling)


def test_first_order_only(selling: Shop, mpesa: Mpesa) -> None:
    announce(selling, first_order_only=True)
    plain = selling.order("plain", ("LAP-1", 1))
    first = place(selling, "first")
    assert refusal(selling, "second") == "This code cannot be used."
    mpesa.fail(first.order.number)
    assert selling.expire(first)
    again = place(selling, "second")
    assert Redemption.from_text(again.order.redemption or "").first
    mpesa.fail(again.order.number)
    assert selling.expire(again)
    assert_kept(selling)
    selling.verify(plain, claim=mpesa.pay(plain.order.number))
    assert refusal(selling, "third") == "This code cannot be used.", "who has bought has no first order"
    assert_kept(selling)


def test_who_bought_with_the_code_has_had_the_first_order(selling: Shop, mpesa: Mpesa) -> None:
    announce(selling, first_order_only=True)
    placed = place(selling)
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    assert refusal(selling, "second") == "This code cannot be used."
    assert_kept(selling)


def test_late_money_uses_the_code_again(selling: Shop, mpesa: Mpesa) -> None:
    announce(selling, total_limit=1, per_customer_limit=1, first_order_only=True)
    placed = place(selling)
    assert selling.expire(placed)
    assert used(selling) == 0
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    account = selling.account(placed)
    assert (account.order.status, account.order.redemption) == (OrderStatus.PROCESSING, "KARIBU10/0/cf")
    assert used(selling) == 1
    assert_kept(selling)
    assert_money(selling, mpesa, settled=True)


@pytest.mark.parametrize("limit", [{"total_limit": 1}, {"per_customer_limit": 1}, {"first_order_only": True}])
def test_late_money_goes_back_when_the_code_is_used_up(selling: Shop, mpesa: Mpesa, limit: dict[str, Any]) -> None:
    announce(selling, **limit)
    placed = place(selling)
    assert selling.expire(placed)
    place(selling, "quicker")
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    account = selling.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert [(refund.amount, refund.why) for refund in account.refunds.values()] == [(165_000, "late")]
    assert used(selling) == 1
    assert_kept(selling)


def test_late_money_finds_its_code_switched_off(selling: Shop, mpesa: Mpesa) -> None:
    """What was promised when the order was placed is kept: only counts matter."""
    announce(selling)
    placed = place(selling)
    assert selling.expire(placed)
    announce(selling, active=False)
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    assert selling.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(selling)


def test_the_home_shard_is_empty(selling: Shop) -> None:
    """Every shard's uses can be had, whichever shard an order tries first."""
    announce(selling, total_limit=5, shards=5)
    for number in range(5):
        place(selling, f"key {number}", customer={**OTIENO, "email": f"buyer{number}@example.com"})
    assert [each.used for each in Vouchers(selling.database).by_shard("KARIBU10", 5)] == [1] * 5
    selling.sell("LAP-2", stock=1)
    assert refusal(selling, "one more", lines=(("LAP-2", 1),)) == "This code cannot be used."
    assert_kept(selling)


def test_more_uses_for_a_code_that_orders_hold(selling: Shop, mpesa: Mpesa) -> None:
    announce(selling, total_limit=1)
    first = place(selling, "first")
    assert refusal(selling, "second") == "This code cannot be used."
    announce(selling, total_limit=2, shards=2)
    place(selling, "second")
    mpesa.fail(first.order.number)
    assert selling.expire(first)
    assert used(selling, shards=2) == 1
    place(selling, "third")
    assert_kept(selling)


def test_replayed_when_the_code_is_used_up(selling: Shop) -> None:
    """The order's own use is no reason to refuse its replay; nor is a code that was changed or withdrawn since."""
    announce(selling, total_limit=1)
    first = place(selling)
    body = placed_view(first.order, first.attempt).model_dump_json()
    for change in ({"total_limit": 1}, {"percent": 50}, {"active": False}):
        announce(selling, **change)
        again = place(selling, voucher="karibu10")
        assert again.replayed
        assert placed_view(again.order, again.attempt).model_dump_json() == body
    assert used(selling) == 1
    with pytest.raises(KeyReused):
        place(selling, voucher="OTHER")
    with pytest.raises(KeyReused):
        place(selling, voucher=None)
    assert_kept(selling)


def test_costs_no_round_trip_more(selling: Shop) -> None:
    announce(selling, total_limit=9, per_customer_limit=9, first_order_only=True, shards=3)
    assert calls_of(selling, lambda: place(selling)) == [READ, WRITE, "start", WRITE]
    assert calls_of(selling, lambda: place(selling)) == [READ]


def test_the_orders_row_stays_under_a_kilobyte(selling: Shop, mpesa: Mpesa) -> None:
    selling.sell("LAP-2", stock=1)
    announce(selling, "A-LONG-CODE-OF-THIRTY-TWO-SIGNS-", per_customer_limit=1, first_order_only=True)
    placed = place(selling, lines=(("LAP-1", 1), ("LAP-2", 1)), voucher="A-LONG-CODE-OF-THIRTY-TWO-SIGNS-")
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    rows = selling.database.bind(OrderRow, "orders")
    row = rows.get(placed.order.number, "ORDER").serialize()
    size = sum(len(name) + len(str(next(iter(value.values())))) for name, value in row.items() if name != "terms")
    assert size + len(rows.get(placed.order.number, "ORDER").terms) < 1024


def test_what_is_not_sent_leaves_the_request_what_it_was(selling: Shop) -> None:
    placed = selling.order("key", ("LAP-1", 1))
    assert selling.order("key", ("LAP-1", 1), voucher=None, credit=None).replayed
    assert selling.account(placed).order.redemption is None
