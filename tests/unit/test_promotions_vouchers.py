"""Voucher rows: uses counted and given back under conditions, limits changed while orders use the code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from commerce.audit.store import EventLog
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, InvalidRequest, NotFound, StaleWrite
from commerce.kernel.events import Event, EventData
from commerce.promotions.model import Redemption, Voucher, VoucherRefused, customer_keys, redemption_of
from commerce.promotions.publish_voucher import SHARING_TRIES, publish_voucher, switch_voucher
from commerce.promotions.store import (
    UseMissing,
    UsesRow,
    Vouchers,
    VoucherSpent,
    customer_uses_key,
    voucher_key,
)
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.shop import Shop
from tests.support.vouchers import publish, voucher

WANJIKU = customer_keys("wanjiku@example.com", "+254712345678")
OTIENO = customer_keys("otieno@example.com", "+254733000000")


class _TestedSomething(EventData):
    """So that a commit may be sent."""


class Till:
    """Uses and gives back a voucher, each in a commit of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.vouchers = Vouchers(shop.database)

    def use(self, promised: Voucher, order: str, customers: Sequence[str] = WANJIKU, shard: int = 0) -> Redemption:
        used = redemption_of(promised, shard)
        self._send(order, lambda commit: self.vouchers.redeem(commit, promised, used, customers, order))
        return used

    def give_back(self, used: Redemption, order: str, customers: Sequence[str] = WANJIKU) -> None:
        self._send(f"{order} again", lambda commit: self.vouchers.release(commit, used, customers, order))

    def buy(self, customers: Sequence[str] = WANJIKU, name: str = "bought") -> None:
        self._send(name, lambda commit: self.vouchers.mark_bought(commit, customers))

    def counts(self, code: str, shards: int = 1) -> list[tuple[int, int | None]]:
        return [(each.used, each.allowed) for each in self.vouchers.by_shard(code, shards)]

    def customer(self, customer: str, code: str) -> int:
        rows = self.shop.database.bind(UsesRow, "vouchers")
        return int(rows.get(*customer_uses_key(customer, code)).used)

    def _send(self, name: str, write: Callable[[Commit], None]) -> None:
        commit = Commit(self.shop.database)
        write(commit)
        event = Event.of(_TestedSomething(), subject=f"test/{name}", sequence="1", at=self.shop.clock.now())
        EventLog(self.shop.database).record(commit, event)
        commit.send()


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def announce(till: Till, promised: Voucher) -> Voucher:
    publish(till.shop.database, till.shop.clock, promised)
    return promised


def test_a_limit_holds(till: Till) -> None:
    promised = announce(till, voucher(total_limit=2))
    till.use(promised, "A")
    till.use(promised, "B")
    with pytest.raises(VoucherSpent):
        till.use(promised, "C")
    assert till.counts("KARIBU10") == [(2, 2)]


def test_a_use_given_back_is_there_again(till: Till) -> None:
    promised = announce(till, voucher(total_limit=1, per_customer_limit=1, first_order_only=True))
    till.give_back(till.use(promised, "A"), "A")
    assert till.counts("KARIBU10") == [(0, 1)]
    assert till.customer(WANJIKU[0], "KARIBU10") == 0
    till.use(promised, "B")
    with pytest.raises(UseMissing):
        till.give_back(redemption_of(promised, 0), "C", OTIENO)


def test_without_a_limit_uses_are_counted_all_the_same(till: Till) -> None:
    promised = announce(till, voucher())
    for order in "ABC":
        till.use(promised, order)
    assert till.counts("KARIBU10") == [(3, None)]
    announce(till, voucher(total_limit=4))
    till.use(promised, "D")
    with pytest.raises(VoucherSpent):
        till.use(promised, "E")
    announce(till, voucher())
    till.use(promised, "F")


@pytest.mark.parametrize("same", [0, 1], ids=["address", "phone"])
def test_a_customers_limit_holds_for_address_and_phone(till: Till, same: int) -> None:
    promised = announce(till, voucher(per_customer_limit=1))
    till.use(promised, "A")
    alias = (WANJIKU[0], OTIENO[1]) if same == 0 else (OTIENO[0], WANJIKU[1])
    with pytest.raises(VoucherRefused):
        till.use(promised, "B", alias)
    till.use(promised, "C", OTIENO)
    assert till.counts("KARIBU10") == [(2, None)], "a refused order counts nowhere"


def test_a_first_order_is_only_one(till: Till) -> None:
    first = announce(till, voucher("HELLO", first_order_only=True))
    other = announce(till, voucher("WELCOME", first_order_only=True))
    used = till.use(first, "A")
    with pytest.raises(VoucherRefused):
        till.use(other, "B", (OTIENO[0], WANJIKU[1]))
    till.give_back(used, "A")
    till.use(other, "B")


def test_who_has_bought_has_no_first_order(till: Till) -> None:
    first = announce(till, voucher("HELLO", first_order_only=True))
    used = till.use(first, "A")
    till.buy()
    till.buy(name="bought again")
    till.give_back(used, "A")
    with pytest.raises(VoucherRefused):
        till.use(first, "B")


def test_an_unknown_code_cannot_be_used(till: Till) -> None:
    with pytest.raises(VoucherSpent):
        till.use(voucher("NEVER"), "A")
    assert till.vouchers.voucher("NEVER") is None
    assert till.counts("NEVER", 3) == [(0, 0)] * 3


def test_shards_hold_their_share(till: Till) -> None:
    promised = announce(till, voucher(total_limit=5, shards=3))
    assert till.counts("KARIBU10", 3) == [(0, 2), (0, 2), (0, 1)]
    till.use(promised, "A", shard=2)
    with pytest.raises(VoucherSpent) as spent:
        till.use(promised, "B", shard=2)
    assert (spent.value.code, spent.value.shard) == ("KARIBU10", 2)
    assert [each.left for each in till.vouchers.by_shard("KARIBU10", 3)] == [2, 2, 0]


def test_limits_go_up_and_down_with_the_uses_kept(till: Till) -> None:
    promised = announce(till, voucher(total_limit=4, shards=2))
    for order in "ABC":
        till.use(promised, order, shard=ord(order) % 2)
    announce(till, voucher(total_limit=10, shards=4))
    counts = till.counts("KARIBU10", 4)
    assert sum(used for used, _ in counts) == 3
    assert sum(allowed or 0 for _, allowed in counts) == 10
    announce(till, voucher(total_limit=1, shards=4))
    for shard in range(4):
        with pytest.raises(VoucherSpent):
            till.use(promised, f"more {shard}", shard=shard)
    assert sum(used for used, _ in till.counts("KARIBU10", 4)) == 3


def test_shards_do_not_become_fewer(till: Till) -> None:
    announce(till, voucher(shards=3))
    with pytest.raises(InvalidRequest) as refused:
        announce(till, voucher(shards=2))
    assert refused.value.field == "shards"


def test_a_limit_is_lowered_while_orders_use_the_code(till: Till) -> None:
    """Promise 2: uses between the reading of the counters and the write are seen; the limit is shared out anew."""
    promised = announce(till, voucher(total_limit=10))
    with interleaving(till.shop) as steps:
        steps.before(WRITE, lambda: [till.use(promised, order) for order in "ABC"], nth=1)
        announce(till, voucher(total_limit=2))
        assert steps.calls.count(WRITE) == 2
    with pytest.raises(VoucherSpent):
        till.use(promised, "D")
    assert till.counts("KARIBU10") == [(3, 2)]


def test_a_code_that_never_rests_is_not_fought_over(till: Till) -> None:
    """Sharing out is bounded (promise 6)."""
    promised = announce(till, voucher(total_limit=1000))
    orders = iter(range(100))
    with interleaving(till.shop) as steps:
        steps.before(WRITE, lambda: [till.use(promised, f"{next(orders)}") for _ in range(2)], nth=None)
        with pytest.raises(CommitBusy):
            announce(till, voucher(total_limit=1))
    assert till.counts("KARIBU10") == [(2 * SHARING_TRIES, 1000)]


def test_two_members_of_staff_at_once(till: Till) -> None:
    announce(till, voucher(percent=10))
    with interleaving(till.shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: announce(till, voucher(percent=20)), lambda: announce(till, voucher(percent=30)))
    assert sorted(isinstance(result, StaleWrite) for result in results) == [False, True]
    stored = till.vouchers.voucher("KARIBU10")
    assert stored is not None
    assert stored.revision == 2


def test_every_change_is_told_with_who_and_why(till: Till) -> None:
    database, clock, log = till.shop.database, till.shop.clock, EventLog(till.shop.database)
    announce(till, voucher(total_limit=3))
    assert publish(database, clock, voucher(total_limit=3)) == 1, "what is the same is not published again"
    off = switch_voucher(database, clock, "KARIBU10", active=False, by="achieng", reason="It leaked", record=log.record)
    assert off == 2
    trail = log.trail("voucher/KARIBU10")
    assert [event.type for event in trail] == ["VoucherPublished"] * 2
    assert [event.sequence for event in trail] == ["000001", "000002"]
    told = trail[1].data
    assert (told["active"], told["by"], told["reason"], told["total_limit"]) == (False, "achieng", "It leaked", 3)
    with pytest.raises(NotFound):
        switch_voucher(database, clock, "NEVER", active=True, by="achieng", reason="?", record=log.record)


def test_switching_costs_no_counter(till: Till) -> None:
    promised = announce(till, voucher(total_limit=3))
    till.use(promised, "A")
    announce(till, voucher(total_limit=3, active=False))
    assert till.counts("KARIBU10") == [(1, 3)]


def test_what_is_published_is_read(till: Till) -> None:
    promised = voucher(
        "TECH-WEEK",
        "fixed",
        minimum_spend={"KES": 200_000, "USD": 2_000},
        valid_from="2026-11-01T00:00:00+03:00",
        valid_until="2026-12-01T00:00:00+03:00",
        categories=["laptops", "phones"],
        total_limit=100,
        per_customer_limit=2,
        first_order_only=True,
        shards=20,
    )
    announce(till, promised)
    announce(till, voucher("ALPHA"))
    announce(till, voucher("BETA"))
    stored = till.vouchers.voucher("TECH-WEEK")
    assert stored is not None
    assert (stored.voucher, stored.revision) == (promised, 1)
    assert till.vouchers.codes() == ["ALPHA", "BETA", "TECH-WEEK"]
    assert till.vouchers.codes(after="ALPHA", limit=1) == ["BETA"]
    listed = till.vouchers.vouchers(["TECH-WEEK", "ALPHA", "GONE"])
    assert [each.voucher.code for each in listed] == ["ALPHA", "TECH-WEEK"]


def test_a_definition_is_small_enough_to_be_read_for_half_a_unit(till: Till) -> None:
    announce(till, voucher(total_limit=100, minimum_spend={"KES": 200_000, "USD": 2_000}))
    row = till.vouchers.rows.get(*voucher_key("KARIBU10"))
    assert len(row.document) < 200


def test_publishing_answers_its_revision(till: Till) -> None:
    record = EventLog(till.shop.database).record
    for revision, percent in enumerate((10, 20, 30), start=1):
        promised = voucher(percent=percent)
        assert revision == publish_voucher(
            till.shop.database, till.shop.clock, promised, by="a", reason="b", record=record
        )
