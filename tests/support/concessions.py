"""Promise 2, checked on what is stored: vouchers and store credit add up with the orders that use them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from commerce.ordering.model import Order, OrderStatus
from commerce.promotions.credit_store import CreditRow
from commerce.promotions.model import Redemption, customer_keys
from commerce.promotions.store import (
    FirstOrderRow,
    UsesRow,
    VoucherRow,
    customer_uses_key,
    first_order_key,
    shard_key,
    to_voucher,
)
from tests.support.shop import Shop

ENDED = (OrderStatus.EXPIRED, OrderStatus.CANCELLED)


def assert_concessions(shop: Shop, orders: Sequence[Order]) -> None:
    """Uses = redemptions of orders that hold them, within every limit; credit issued = balance + what orders spent."""
    for order in orders:
        _assert_order(order)
    _assert_uses(shop, orders)
    _assert_firsts(shop, orders)
    _assert_credits(shop, orders)


def _assert_order(order: Order) -> None:
    terms = order.terms
    assert terms.total == terms.subtotal - terms.discount + terms.shipping + terms.rounding
    assert terms.discount == sum(line.discount for line in terms.lines) + terms.shipping_discount
    assert terms.tax == sum(line.tax for line in terms.tax_record)
    charged = sum(line.charged for line in terms.lines) + terms.shipping - terms.shipping_discount
    assert sum(line.taxable + line.tax for line in terms.tax_record) == charged
    assert 0 <= terms.credit <= terms.total
    assert 0 <= order.credit_returned <= terms.credit
    if order.status in ENDED:
        assert order.redemption is None, f"{order.number} ended and still uses its voucher"
        assert order.credit_returned == terms.credit, f"{order.number} ended and keeps store credit"
    else:
        assert (order.redemption is None) == (terms.voucher is None), f"{order.number} has a discount without a use"
        assert (order.credit_id is None) == (terms.credit == 0)


def _assert_uses(shop: Shop, orders: Sequence[Order]) -> None:
    held: Counter[tuple[str, str]] = Counter()
    for order, used in _redemptions(orders):
        held[shard_key(used.code, used.shard)] += 1
        for customer in _buyer(order) if used.counted else ():
            held[customer_uses_key(customer, used.code)] += 1
    rows = shop.database.bind(UsesRow, "vouchers")
    counted = [
        row
        for row in rows.scan(consistent_read=True, filter_condition=rows.used.exists())
        if row.sk == "USES" or row.sk.startswith("VOUCHER#")
    ]
    assert {(row.pk, row.sk): int(row.used) for row in counted if row.used} == held, "uses and orders do not add up"
    definitions = shop.database.bind(VoucherRow, "vouchers")
    for definition in definitions.scan(definitions.sk == "VOUCHER", consistent_read=True):
        voucher = to_voucher(definition).voucher
        shards = [shard_key(voucher.code, shard) for shard in range(voucher.shards)]
        if voucher.total_limit is not None:
            assert sum(held[shard] for shard in shards) <= voucher.total_limit, f"{voucher.code} is used too often"
        if voucher.per_customer_limit is not None:
            used_by = [held[key] for key in held if key[1] == f"VOUCHER#{voucher.code}"]
            assert max(used_by, default=0) <= voucher.per_customer_limit, f"a customer uses {voucher.code} too often"


def _assert_firsts(shop: Shop, orders: Sequence[Order]) -> None:
    expected = {
        first_order_key(customer): order.number
        for order, used in _redemptions(orders)
        if used.first
        for customer in _buyer(order)
    }
    assert len(expected) == 2 * sum(used.first for _, used in _redemptions(orders)), "two first orders of one customer"
    rows = shop.database.bind(FirstOrderRow, "vouchers")
    found = rows.scan(rows.order_number.exists() & (rows.sk == "FIRST"), consistent_read=True)
    assert {(row.pk, row.sk): row.order_number for row in found} == expected


def _assert_credits(shop: Shop, orders: Sequence[Order]) -> None:
    spent: Counter[str] = Counter()
    for order in orders:
        if order.credit_id is not None:
            spent[f"CREDIT#{order.credit_id}"] += order.terms.credit - order.credit_returned
    rows = shop.database.bind(CreditRow, "vouchers")
    for row in rows.scan(rows.sk == "CREDIT", consistent_read=True):
        assert min(int(row.balance), int(row.spent)) >= 0
        assert int(row.issued) == int(row.balance) + int(row.spent)
        assert int(row.spent) == spent[row.pk], "a credit and the orders that spend it do not add up"


def _redemptions(orders: Sequence[Order]) -> list[tuple[Order, Redemption]]:
    return [(order, Redemption.from_text(order.redemption)) for order in orders if order.redemption is not None]


def _buyer(order: Order) -> tuple[str, str]:
    return customer_keys(order.terms.customer.email, order.terms.customer.phone)
