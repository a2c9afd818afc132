"""Store credit's rows: a balance that no two orders can spend together (promise 2)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from commerce.kernel.commit import Commit
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency, Money
from commerce.kernel.tables import Database


class CreditRow(Model):
    """One credit, in minor units of its currency: issued = balance + spent."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="CREDIT")
    currency = UnicodeAttribute()
    issued = NumberAttribute()
    balance = NumberAttribute()
    spent = NumberAttribute()
    origin = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit and what is left of it.

    Parameters
    ----------
    id
        What `credit_code.credit_id` returns for its code.
    origin
        What it was issued for, as ``7K2M9QX4TD-R1``.
    """

    id: str
    balance: Money
    issued: Money
    origin: str

    def having(self, balance: int) -> Credit:
        """Return the credit as it is once others have spent of it: with this balance, minor units."""
        return replace(self, balance=Money(balance, self.balance.currency))


class CreditRefused(InvalidRequest):
    """No such credit, nothing left of it, or one in another currency: the answer is the same."""

    def __init__(self) -> None:
        super().__init__("This credit cannot be used.", field="credit")


class CreditShort(Exception):
    """The credit has less than was to be spent; `balance`, in minor units, is what it has."""

    def __init__(self, credit: str, balance: int) -> None:
        super().__init__(credit)
        self.balance = balance


class CreditExists(Exception):
    """The credit was issued before."""


class SpendingMissing(RuntimeError):
    """An order's spending was not booked on its credit: the credit no longer adds up, and a person must look."""


def credit_key(credit: str) -> tuple[str, str]:
    """Return the key of a credit's row, from its id: partition and sort key."""
    return f"CREDIT#{credit}", "CREDIT"


def to_credit(row: CreditRow) -> Credit:
    """Read a credit from its row."""
    currency = Currency(row.currency)
    return Credit(
        row.pk.removeprefix("CREDIT#"), Money(int(row.balance), currency), Money(int(row.issued), currency), row.origin
    )


class Credits:
    """Keeps credits, and adds their changes to commits."""

    def __init__(self, database: Database) -> None:
        self.rows = database.bind(CreditRow, "vouchers")

    def credit(self, credit: str) -> Credit | None:
        """Return a credit as it stands now; None when there is none (one read)."""
        try:
            return to_credit(self.rows.get(*credit_key(credit), consistent_read=True))
        except self.rows.DoesNotExist:
            return None

    def issue(self, commit: Commit, credit: str, amount: Money, *, origin: str) -> None:
        """Open a credit of `amount`. Fails the commit with CreditExists when it was issued before."""
        commit.put(
            self.rows(
                *credit_key(credit),
                currency=amount.currency.value,
                issued=amount.amount,
                balance=amount.amount,
                spent=0,
                origin=origin,
            ),
            when=self.rows.pk.does_not_exist(),
            otherwise=lambda _: CreditExists(credit),
        )

    def debit(self, commit: Commit, credit: str, amount: Money) -> None:
        """Move `amount` from balance to spent when there is so much. Fails the commit with CreditShort."""

        def short(stored: CreditRow | None) -> CreditShort:
            return CreditShort(credit, int(stored.balance) if stored else 0)

        commit.update(
            self.rows(*credit_key(credit)),
            actions=[self.rows.balance.add(-amount.amount), self.rows.spent.add(amount.amount)],
            when=(self.rows.balance >= amount.amount) & (self.rows.currency == amount.currency.value),
            otherwise=short,
        )

    def restore(self, commit: Commit, credit: str, amount: Money) -> None:
        """Move `amount` from spent back to balance. Fails the commit with SpendingMissing."""
        commit.update(
            self.rows(*credit_key(credit)),
            actions=[self.rows.balance.add(amount.amount), self.rows.spent.add(-amount.amount)],
            when=(self.rows.spent >= amount.amount) & (self.rows.currency == amount.currency.value),
            otherwise=lambda _: SpendingMissing(credit),
        )
