"""What an order used of a voucher and of store credit: taken in one commit, given back and taken again in others."""

from __future__ import annotations

from dataclasses import dataclass, field

from pynamodb.models import Model

from commerce.kernel.commit import Commit
from commerce.kernel.money import Money
from commerce.kernel.tables import Database
from commerce.ordering.model import Order
from commerce.promotions.credit_store import Credit, CreditRow, Credits, credit_key, to_credit
from commerce.promotions.model import Redemption, Voucher, customer_keys, redemption_of, shard_with_uses
from commerce.promotions.store import VoucherRow, Vouchers, to_voucher, voucher_key


@dataclass(frozen=True, slots=True)
class Retaken:
    """What an order could take again: the voucher as it stands now, and what changes about the order."""

    voucher: Voucher | None = None
    changes: dict[str, object] = field(default_factory=dict)


class Concessions:
    """Adds an order's voucher and store credit to its commits (promise 2)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vouchers = Vouchers(database)
        self._credits = Credits(database)

    def take(self, commit: Commit, order: Order, voucher: Voucher | None) -> None:
        """Use what `order.redemption` names of a voucher, and spend the order's store credit.

        The commit fails with VoucherSpent, VoucherRefused or CreditShort.
        """
        if order.redemption is not None and voucher is not None:
            used = Redemption.from_text(order.redemption)
            self._vouchers.redeem(commit, voucher, used, _buyer(order), order.number)
        spent = _spent(order)
        if order.credit_id is not None and spent.amount:
            self._credits.debit(commit, order.credit_id, spent)

    def give_back(self, commit: Commit, order: Order) -> None:
        """Give back the voucher's use, and the store credit that has not been given back yet.

        The commit must change the order as `given_back` says.
        """
        if order.redemption is not None:
            self._vouchers.release(commit, Redemption.from_text(order.redemption), _buyer(order), order.number)
        spent = _spent(order)
        if order.credit_id is not None and spent.amount:
            self._credits.restore(commit, order.credit_id, spent)

    def again(self, order: Order) -> Retaken | None:
        """Look up whether an order that gave everything back can take it again; None when too little is left.

        The buyer was promised the discount when the order was placed, so only counts and balance matter here: not
        whether the code may still be used by others.
        """
        voucher, credit = self._named(order)
        changes: dict[str, object] = {}
        if order.terms.voucher is not None:
            if voucher is None:
                return None
            left = [uses.left for uses in self._vouchers.by_shard(voucher.code, voucher.shards)]
            shard = shard_with_uses(order.id, voucher.code, dict(enumerate(left)))
            if shard is None:
                return None
            changes["redemption"] = redemption_of(voucher, shard).to_text()
        if order.credit_returned:
            if credit is None or credit.balance.amount < order.terms.credit:
                return None
            changes["credit_returned"] = 0
        return Retaken(voucher, changes)

    def _named(self, order: Order) -> tuple[Voucher | None, Credit | None]:
        """Read the voucher and the credit that the order used."""
        wanted: list[tuple[type[Model], str, str]] = []
        if order.terms.voucher is not None:
            wanted.append((self._vouchers.rows, *voucher_key(order.terms.voucher)))
        if order.credit_id is not None:
            wanted.append((self._credits.rows, *credit_key(order.credit_id)))
        voucher: Voucher | None = None
        credit: Credit | None = None
        for row in self._database.read_together(wanted):
            if isinstance(row, VoucherRow):
                voucher = to_voucher(row).voucher
            elif isinstance(row, CreditRow):
                credit = to_credit(row)
        return voucher, credit

    def mark_bought(self, commit: Commit, order: Order) -> None:
        """Remember that the order's buyer has bought, unless the order has the place of a first one already."""
        if order.redemption is None or not Redemption.from_text(order.redemption).first:
            self._vouchers.mark_bought(commit, _buyer(order))


def given_back(order: Order) -> dict[str, object]:
    """Return what changes about an order whose voucher and store credit are given back."""
    return {"redemption": None, "credit_returned": order.terms.credit}


def _buyer(order: Order) -> tuple[str, str]:
    return customer_keys(order.terms.customer.email, order.terms.customer.phone)


def _spent(order: Order) -> Money:
    return Money(order.terms.credit - order.credit_returned, order.terms.currency)
