"""How a code stands at one moment: told to a buyer who asks, and nothing is used by asking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pynamodb.models import Model

from commerce.kernel.tables import Database
from commerce.promotions.model import MOST_SHARDS, Voucher
from commerce.promotions.store import (
    FirstOrderRow,
    UsesRow,
    VoucherRow,
    Vouchers,
    customer_uses_key,
    first_order_key,
    shard_key,
    to_uses,
    to_voucher,
    voucher_key,
)


def standing_keys(database: Database, code: str, customers: Sequence[str]) -> list[tuple[type[Model], str, str]]:
    """Return what must be read to know how a code stands, for `Database.read_together`.

    It is the same for every code, known or not, limited or not: the time an answer takes tells nothing.
    """
    vouchers = Vouchers(database)
    return [
        (vouchers.rows, *voucher_key(code)),
        *((vouchers.uses, *shard_key(code, shard)) for shard in range(MOST_SHARDS)),
        *((vouchers.uses, *customer_uses_key(customer, code)) for customer in customers),
        *((vouchers.firsts, *first_order_key(customer)) for customer in customers),
    ]


def usable_voucher(code: str, rows: Iterable[Model], customers: Sequence[str]) -> Voucher | None:
    """Return what a code promises, from the rows of `standing_keys`; None when there is none, or no use of it is left.

    Without `customers` nothing is said about their limits.
    """
    voucher: Voucher | None = None
    uses: dict[tuple[str, str], UsesRow] = {}
    had_first = False
    for row in rows:
        match row:
            case VoucherRow():
                voucher = to_voucher(row).voucher
            case UsesRow():
                uses[row.pk, row.sk] = row
            case FirstOrderRow():
                had_first = had_first or bool(row.order_number or row.bought)
    if voucher is None or (voucher.first_order_only and had_first):
        return None
    shards = [uses.get(shard_key(code, shard)) for shard in range(voucher.shards)]
    if not any(to_uses(row).left != 0 for row in shards if row is not None):
        return None
    limit = voucher.per_customer_limit
    counted = [uses.get(customer_uses_key(customer, code)) for customer in customers]
    if limit is not None and any(int(row.used) >= limit for row in counted if row is not None):
        return None
    return voucher
