"""Store credit: nobody spends more of it than there is, however many try at once (case 17)."""

from __future__ import annotations

import pytest

from commerce.audit.store import EventLog
from commerce.kernel.commit import Commit
from commerce.kernel.events import Event, EventData
from commerce.kernel.money import Currency, Money
from commerce.promotions.credit_code import credit_code, credit_id
from commerce.promotions.credit_store import CreditExists, Credits, CreditShort, SpendingMissing
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.shop import Shop

CREDIT = credit_id(credit_code(b"a credit to spend"))


class _TestedCredit(EventData):
    """So that a commit may be sent."""


class Purse:
    """Issues, spends and restores one credit, each in a commit of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.credits = Credits(shop.database)

    def issue(self, amount: int) -> None:
        commit = Commit(self.shop.database)
        self.credits.issue(commit, CREDIT, Money(amount, Currency.KES), origin="7K2M9QX4TD-R1")
        self._send(commit, "issued")

    def spend(self, amount: int, name: str, currency: Currency = Currency.KES) -> None:
        commit = Commit(self.shop.database)
        self.credits.debit(commit, CREDIT, Money(amount, currency))
        self._send(commit, name)

    def restore(self, amount: int, name: str) -> None:
        commit = Commit(self.shop.database)
        self.credits.restore(commit, CREDIT, Money(amount, Currency.KES))
        self._send(commit, name)

    @property
    def balance(self) -> int:
        known = self.credits.credit(CREDIT)
        assert known is not None
        row = self.credits.rows.get(f"CREDIT#{CREDIT}", "CREDIT")
        assert int(row.issued) == int(row.balance) + int(row.spent)
        return known.balance.amount

    def _send(self, commit: Commit, name: str) -> None:
        event = Event.of(_TestedCredit(), subject=f"test/{name}", sequence="1", at=self.shop.clock.now())
        EventLog(self.shop.database).record(commit, event)
        commit.send()


@pytest.fixture
def purse(shop: Shop) -> Purse:
    purse = Purse(shop)
    purse.issue(100_000)
    return purse


def test_spent_and_restored(purse: Purse) -> None:
    purse.spend(60_000, "A")
    assert purse.balance == 40_000
    with pytest.raises(CreditShort) as short:
        purse.spend(60_000, "B")
    assert short.value.balance == 40_000
    purse.restore(60_000, "A back")
    purse.spend(100_000, "C")
    assert purse.balance == 0


def test_no_more_comes_back_than_was_spent(purse: Purse) -> None:
    with pytest.raises(SpendingMissing):
        purse.restore(1, "nothing was spent")
    assert purse.balance == 100_000


def test_issued_once(purse: Purse) -> None:
    with pytest.raises(CreditExists):
        purse.issue(50_000)
    assert purse.balance == 100_000


def test_of_one_currency(purse: Purse) -> None:
    with pytest.raises(CreditShort):
        purse.spend(1, "dollars", Currency.USD)


def test_unknown(shop: Shop) -> None:
    purse = Purse(shop)
    assert purse.credits.credit(CREDIT) is None
    with pytest.raises(CreditShort) as short:
        purse.spend(1, "A")
    assert short.value.balance == 0


def test_many_at_once(purse: Purse) -> None:
    with interleaving(purse.shop) as steps:
        steps.before(WRITE, meeting(8), nth=1)
        results = together(*(lambda name=name: purse.spend(30_000, name) for name in "ABCDEFGH"))
    assert sum(result is None for result in results) == 3, results
    assert purse.balance == 10_000
