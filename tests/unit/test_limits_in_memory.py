"""Limits that are partly kept in memory, and addresses as they are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.errors import LookupMissed, TooManyRequests
from commerce.kernel.tables import Database
from commerce.limits.addresses import network_of
from commerce.limits.first_free import FREE_USES, FirstFree
from commerce.limits.leases import LARGEST_LOT, Leases
from commerce.limits.nonces import Nonces
from commerce.limits.order_lookups import MOST_WRONG, OrderLookups
from commerce.limits.store import RateLimits, WindowRow
from commerce.limits.used_up import MOST_REMEMBERED, UsedUp, used_up
from tests.support.interleave import calls_of, lost_on_the_wire
from tests.support.shop import MovableClock, Shop

START = datetime(2026, 11, 22, 9, 0, 10, tzinfo=UTC)
NUMBER, OTHER = "7K2M9QX4TD", "7K2M9QX4TE"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@given(st.ip_addresses(v=6))
def test_a_64_of_ipv6_is_one(address: IPv6Address) -> None:
    if address.ipv4_mapped is not None:
        assert network_of(str(address)) == str(address.ipv4_mapped)
        return
    neighbour = IPv6Address(int(address) ^ 0xFFFF_FFFF_FFFF_FFFF)
    stranger = IPv6Address(int(address) ^ 1 << 64)
    if neighbour.ipv4_mapped is None and stranger.ipv4_mapped is None:
        assert network_of(str(address)) == network_of(str(neighbour)) != network_of(str(stranger))


def test_an_ipv4_address_counts_for_itself() -> None:
    assert network_of("192.0.2.1") == "192.0.2.1" == network_of("::ffff:192.0.2.1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("2001:db8::1") == "2001:db8::/64" == network_of("2001:0DB8:0:0::2")
    assert ip_address("192.0.2.1")


@pytest.mark.parametrize("odd", ["", "unknown", "192.0.2.256", "fe80::1%eth0x", "1" * 100])
def test_what_is_no_address_counts_as_written(odd: str) -> None:
    assert network_of(odd) in (odd, "fe80::/64")


# --- Leases -----------------------------------------------------------------------------------------------------------


def spend(leases: Leases, times: int, limit: int = 600) -> int:
    """Use a limit until it is used up or `times` are; return how many were."""
    for used in range(times):
        try:
            leases.spend("client/web", limit=limit, window_seconds=60)
        except TooManyRequests:
            return used
    return times


def test_twenty_uses_cost_one_write(shop: Shop) -> None:
    leases = Leases(RateLimits(shop.database, shop.clock), shop.clock)
    assert calls_of(shop, lambda: spend(leases, LARGEST_LOT)) == ["UpdateItem"]
    assert calls_of(shop, lambda: spend(leases, 1)) == ["UpdateItem"]


@pytest.mark.parametrize("limit", [1, 2, 7, 60, 600, 613, 1999])
def test_exactly_the_limit_is_given_out(database: Database, clock: MovableClock, limit: int) -> None:
    leases = Leases(RateLimits(database, clock), clock)
    assert spend(leases, limit + 5, limit) == limit


def test_a_lease_ends_with_its_window(database: Database, clock: MovableClock) -> None:
    leases = Leases(RateLimits(database, clock), clock)
    assert spend(leases, 5) == 5
    clock.forward(timedelta(seconds=49))
    assert spend(leases, 1) == 1
    rows = RateLimits(database, clock).rows
    clock.forward(timedelta(seconds=1))
    assert spend(leases, 1) == 1
    assert sorted(int(row.used) for row in rows.scan()) == [20, 20], "the rest of the first is lost, not carried over"


def test_a_refusal_is_remembered_until_the_window_ends(shop: Shop) -> None:
    leases = Leases(RateLimits(shop.database, shop.clock), shop.clock)
    assert spend(leases, 61, limit=60) == 60
    assert calls_of(shop, lambda: spend(leases, 1, limit=60)) == []
    shop.clock.forward(timedelta(seconds=60))
    assert spend(leases, 1, limit=60) == 1


def test_what_is_remembered_is_bounded(clock: MovableClock) -> None:
    memory = UsedUp(clock)
    for place in range(MOST_REMEMBERED + 1):
        memory.note(f"client/{place}", used_up("client", 60))
    memory.check("client/0")
    with pytest.raises(TooManyRequests) as refused:
        memory.check(f"client/{MOST_REMEMBERED}")
    assert (refused.value.retry_after, refused.value.reason) == (60, "client")


# --- The first few are free -------------------------------------------------------------------------------------------


def test_the_first_few_of_a_window_cost_nothing(shop: Shop) -> None:
    limits = FirstFree(RateLimits(shop.database, shop.clock), shop.clock)

    def use() -> None:
        limits.spend("checkout/192.0.2.1", limit=2, window_seconds=60)

    for _ in range(FREE_USES):
        assert calls_of(shop, use) == []
    for _ in range(2):
        assert calls_of(shop, use) == ["UpdateItem"]
    with pytest.raises(TooManyRequests):
        use()
    limits.spend("checkout/192.0.2.2", limit=2, window_seconds=60)
    shop.clock.forward(timedelta(seconds=60))
    assert calls_of(shop, use) == []


# --- Nonces -----------------------------------------------------------------------------------------------------------


def test_a_nonce_is_spent_once_for_each(database: Database, clock: MovableClock) -> None:
    nonces = Nonces(database, clock)
    assert nonces.spend("erp", "n" * 16, seconds=900)
    assert not nonces.spend("erp", "n" * 16, seconds=900)
    assert nonces.spend("books", "n" * 16, seconds=900)
    assert all(int(row.expires_at) == int(START.timestamp()) + 900 for row in nonces.rows.scan())


def test_a_write_that_is_sent_again_is_no_replay(shop: Shop) -> None:
    nonces = Nonces(shop.database, shop.clock)
    with lost_on_the_wire(shop) as sent:
        assert nonces.spend("erp", "n" * 16, seconds=900)
    assert len(sent) == 2
    assert not nonces.spend("erp", "n" * 16, seconds=900)


# --- Asking for orders ------------------------------------------------------------------------------------------------


def ask(lookups: OrderLookups, number: str = NUMBER, *, right: bool = True, network: str = "192.0.2.1") -> None:
    with lookups.asking(number, network):
        if not right:
            raise LookupMissed("No order has this number and e-mail address.")


def wrong(lookups: OrderLookups, number: str = NUMBER, network: str = "192.0.2.1") -> None:
    with pytest.raises(LookupMissed):
        ask(lookups, number, right=False, network=network)


@pytest.fixture
def lookups(database: Database, clock: MovableClock) -> OrderLookups:
    return OrderLookups(database, clock, per_minute=60)


def test_a_right_answer_costs_one_write(shop: Shop) -> None:
    lookups = OrderLookups(shop.database, shop.clock, per_minute=60)
    assert calls_of(shop, lambda: ask(lookups)) == ["UpdateItem"]
    assert calls_of(shop, lambda: wrong(lookups)) == ["UpdateItem"] * 3


def test_an_order_is_asked_for_so_often_a_minute(lookups: OrderLookups, clock: MovableClock) -> None:
    for place in range(60):
        ask(lookups, NUMBER.lower() if place % 2 else NUMBER)
    with pytest.raises(TooManyRequests) as refused:
        ask(lookups)
    assert refused.value.retry_after == 50, "the rest of the minute"
    ask(lookups, OTHER)
    clock.forward(timedelta(seconds=50))
    for _ in range(60):
        ask(lookups)


def test_wrong_answers_lock_the_number_for_the_rest_of_ten_minutes(lookups: OrderLookups, clock: MovableClock) -> None:
    for place in range(MOST_WRONG):
        wrong(lookups, network=f"192.0.2.{place}")
        ask(lookups, OTHER)
    for _ in range(2):
        with pytest.raises(TooManyRequests) as refused:
            ask(lookups, network="198.51.100.1")
    assert refused.value.retry_after == 590
    clock.forward(timedelta(seconds=589))
    with pytest.raises(TooManyRequests):
        ask(lookups)
    clock.forward(timedelta(seconds=1))
    ask(lookups)


def test_another_process_learns_of_the_lock(database: Database, clock: MovableClock) -> None:
    one, other = (OrderLookups(database, clock, per_minute=60) for _ in range(2))
    for _ in range(MOST_WRONG):
        wrong(one)
    with pytest.raises(TooManyRequests) as refused:
        ask(other)
    assert refused.value.retry_after == 590


def test_an_address_that_misses_too_often_is_not_answered(lookups: OrderLookups, clock: MovableClock) -> None:
    for place in range(60):
        wrong(lookups, f"7K2M9QX4{place // 32:X}{'0123456789ABCDEFGHJKMNPQRSTVWXYZ'[place % 32]}")
    with pytest.raises(TooManyRequests):
        ask(lookups, "no number", right=False)
    ask(lookups, OTHER)
    clock.forward(timedelta(seconds=50))
    with pytest.raises(LookupMissed):
        ask(lookups, "no number", right=False)


def test_what_is_no_number_writes_no_row_of_its_own(lookups: OrderLookups) -> None:
    for odd in ("", "no number", "7K2M9QX4T", "7K2M9QX4TI", "#" * 10):
        wrong(lookups, odd)
    assert [row.pk for row in lookups.rows.scan() if str(row.pk).startswith("LOOKUPS#")] == []


def test_a_window_row_is_kept_past_its_window(lookups: OrderLookups, database: Database) -> None:
    ask(lookups)
    (row,) = lookups.rows.scan()
    assert int(row.expires_at) > START.timestamp() + 600
    assert not list(database.bind(WindowRow, "guards").scan(WindowRow.pk.startswith("RATE#")))
