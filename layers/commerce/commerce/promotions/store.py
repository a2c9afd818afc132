"""The vouchers table: what codes promise, and the counters of their uses, changed only under a condition (promise 2).

Uses are counted in rows of their own, with partition keys of their own: the definition is only read at checkout, and
many buyers of one code do not meet in one row or partition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.tables import Database
from commerce.promotions.model import Redemption, Voucher, VoucherRefused

#: The partition that lists all codes.
LIST = "VOUCHERS"


class VoucherRow(Model):
    """A voucher: what it promises, as one JSON text."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="VOUCHER")
    document = UnicodeAttribute()
    revision = NumberAttribute()


class ListedRow(Model):
    """Says that there is a code, in the list of all."""

    pk = UnicodeAttribute(hash_key=True, default=LIST)
    sk = UnicodeAttribute(range_key=True)


class UsesRow(Model):
    """How many orders use a voucher, in one shard or by one customer; shards of a limited voucher have an allowance."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    used = NumberAttribute()
    allowed = NumberAttribute(null=True)


class FirstOrderRow(Model):
    """Says that a customer has bought, or which unpaid or paid order has the place of the first one."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="FIRST")
    order_number = UnicodeAttribute(null=True)
    bought = BooleanAttribute(null=True)


@dataclass(frozen=True, slots=True)
class StoredVoucher:
    """A voucher and how often it was published."""

    voucher: Voucher
    revision: int


@dataclass(frozen=True, slots=True)
class Uses:
    """What one shard has counted; `allowed` is None where there is no limit."""

    used: int
    allowed: int | None

    @property
    def left(self) -> int | None:
        """How many more there may be; None for any number."""
        return None if self.allowed is None else max(0, self.allowed - self.used)


class VoucherSpent(Exception):
    """The uses of one shard are used up; another may have some left."""

    def __init__(self, code: str, shard: int) -> None:
        super().__init__(f"{code}#{shard}")
        self.code = code
        self.shard = shard


class UsesMoved(Exception):
    """Orders used or gave back a voucher while its limit was being shared out. Read again."""


class UseMissing(RuntimeError):
    """A use that an order names was not counted: the voucher's uses no longer add up, and a person must look."""


def voucher_key(code: str) -> tuple[str, str]:
    """Return the key of a voucher's row: partition and sort key."""
    return f"VOUCHER#{code}", "VOUCHER"


def shard_key(code: str, shard: int) -> tuple[str, str]:
    """Return the key of the row that counts a shard's uses."""
    return f"VOUCHER#{code}#{shard}", "USES"


def customer_uses_key(customer: str, code: str) -> tuple[str, str]:
    """Return the key of the row that counts one customer's uses of a code."""
    return f"CUSTOMER#{customer}", f"VOUCHER#{code}"


def first_order_key(customer: str) -> tuple[str, str]:
    """Return the key of the row that knows whether a customer has bought."""
    return f"CUSTOMER#{customer}", "FIRST"


def to_voucher(row: VoucherRow) -> StoredVoucher:
    """Read a voucher from its row."""
    return StoredVoucher(Voucher.model_validate_json(row.document), int(row.revision))


def to_uses(row: UsesRow) -> Uses:
    """Read a counter from its row."""
    return Uses(int(row.used), None if row.allowed is None else int(row.allowed))


class Vouchers:
    """Keeps vouchers, and adds their uses to commits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows = database.bind(VoucherRow, "vouchers")
        self.uses = database.bind(UsesRow, "vouchers")
        self.firsts = database.bind(FirstOrderRow, "vouchers")
        self._listed = database.bind(ListedRow, "vouchers")

    def voucher(self, code: str) -> StoredVoucher | None:
        """Return a voucher as it stands now; None when there is none (one read)."""
        try:
            return to_voucher(self.rows.get(*voucher_key(code), consistent_read=True))
        except self.rows.DoesNotExist:
            return None

    def codes(self, *, after: str | None = None, limit: int = 50) -> list[str]:
        """Return the codes there are, in their order, from the one that follows `after`."""
        condition = self._listed.sk > after if after else None
        return [row.sk for row in self._listed.query(LIST, range_key_condition=condition, limit=limit)]

    def vouchers(self, codes: Iterable[str]) -> list[StoredVoucher]:
        """Read the vouchers of at most 100 codes, by code."""
        found = self._database.read_together((self.rows, *voucher_key(code)) for code in codes)
        stored = [to_voucher(row) for row in found if isinstance(row, VoucherRow)]
        return sorted(stored, key=lambda each: each.voucher.code)

    def by_shard(self, code: str, shards: int) -> list[Uses]:
        """Read what every shard of a code has counted (one consistent round trip); none where it was not published."""
        keys = [shard_key(code, shard) for shard in range(shards)]
        found = {row.pk: row for row in self._database.read_together((self.uses, *key) for key in keys)}  # type: ignore[attr-defined]
        counted = [found.get(pk) for pk, _ in keys]
        return [to_uses(row) if isinstance(row, UsesRow) else Uses(0, 0) for row in counted]

    def redeem(
        self, commit: Commit, voucher: Voucher, redemption: Redemption, customers: Sequence[str], order_number: str
    ) -> None:
        """Count one use by an order (promise 2).

        Parameters
        ----------
        customers
            What `customer_keys` returns for the order's buyer.

        The commit fails with VoucherSpent when the shard's uses are used up, and with VoucherRefused when the
        customer's are, or when it was for a first order and there was one.
        """
        code, shard, uses = redemption.code, redemption.shard, self.uses
        commit.update(
            uses(*shard_key(code, shard)),
            actions=[uses.used.add(1)],
            when=uses.pk.exists() & (uses.allowed.does_not_exist() | (uses.used < uses.allowed)),
            otherwise=lambda _: VoucherSpent(code, shard),
        )
        for customer in customers:
            if redemption.counted:
                commit.update(
                    uses(*customer_uses_key(customer, code)),
                    actions=[uses.used.add(1)],
                    when=uses.pk.does_not_exist() | (uses.used < voucher.per_customer_limit),
                    otherwise=lambda _: VoucherRefused(),
                )
            if redemption.first:
                commit.update(
                    self.firsts(*first_order_key(customer)),
                    actions=[self.firsts.order_number.set(order_number)],
                    when=self.firsts.order_number.does_not_exist() & self.firsts.bought.does_not_exist(),
                    otherwise=lambda _: VoucherRefused(),
                )

    def release(self, commit: Commit, redemption: Redemption, customers: Sequence[str], order_number: str) -> None:
        """Give back what `redeem` counted for an order. Fails the commit with UseMissing."""
        code, uses = redemption.code, self.uses
        counters = [shard_key(code, redemption.shard)]
        if redemption.counted:
            counters += [customer_uses_key(customer, code) for customer in customers]
        for key in counters:
            commit.update(
                uses(*key), actions=[uses.used.add(-1)], when=uses.used >= 1, otherwise=lambda _: UseMissing(code)
            )
        for customer in customers if redemption.first else ():
            commit.update(
                self.firsts(*first_order_key(customer)),
                actions=[self.firsts.order_number.remove()],
                when=self.firsts.order_number == order_number,
                otherwise=lambda _: UseMissing(code),
            )

    def mark_bought(self, commit: Commit, customers: Sequence[str]) -> None:
        """Remember that a customer has paid for an order: no later one is the first."""
        for customer in customers:
            commit.update(
                self.firsts(*first_order_key(customer)),
                actions=[self.firsts.bought.set(True)],
                when=self.firsts.pk.does_not_exist() | self.firsts.pk.exists(),
                otherwise=lambda _: StaleWrite("customer"),
            )

    def put(self, commit: Commit, voucher: Voucher, *, revision: int) -> None:
        """Write what a code promises, as its `revision`; fails the commit with StaleWrite when another came first."""
        document = voucher.model_dump_json(exclude_defaults=True)
        commit.put(
            self.rows(*voucher_key(voucher.code), document=document, revision=revision),
            when=self.rows.revision == revision - 1 if revision > 1 else self.rows.pk.does_not_exist(),
            otherwise=lambda _: StaleWrite(voucher.code),
        )
        if revision == 1:
            commit.put(
                self._listed(LIST, voucher.code),
                when=self._listed.pk.does_not_exist(),
                otherwise=lambda _: StaleWrite(voucher.code),
            )

    def allow(self, commit: Commit, code: str, allowed: Sequence[int | None], used: Sequence[int]) -> None:
        """Set what each shard may count, None for any number, as it was worked out from what each had `used`.

        The commit fails with UsesMoved when orders have used more meanwhile than the new allowances go with; uses
        given back do no harm.
        """
        uses = self.uses
        for shard, (share, count) in enumerate(zip(allowed, used, strict=True)):
            actions: list[Action] = [uses.used.add(0)]
            actions.append(uses.allowed.remove() if share is None else uses.allowed.set(share))
            fits = uses.pk.exists() if share is None else uses.used <= max(share, count)
            commit.update(
                uses(*shard_key(code, shard)),
                actions=actions,
                when=uses.pk.does_not_exist() | fits,
                otherwise=lambda _: UsesMoved(code),
            )
