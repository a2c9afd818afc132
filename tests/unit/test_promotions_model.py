"""What a voucher may promise, whose uses count, and how its limit is shared out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.promotions.credit_code import ENTROPY_BYTES, credit_code, credit_id
from commerce.promotions.model import (
    Redemption,
    allowances,
    customer_keys,
    redemption_of,
    shard_with_uses,
    voucher_code,
)
from tests.support.vouchers import voucher


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": 0},
        {"percent": 101},
        {"percent": None},
        {"amounts": {"KES": 100}},
        {"kind": "free_shipping", "percent": 10},
        {"kind": "fixed", "percent": None, "amounts": {}},
        {"kind": "fixed", "percent": None, "amounts": {"KES": 150}},
        {"kind": "fixed", "percent": None, "amounts": {"KES": 100}, "currencies": ["KES"]},
        {"minimum_spend": {"KES": 100_000}},
        {"minimum_spend": {"KES": 100_000, "USD": 1000}, "currencies": ["KES"]},
        {"valid_from": "2026-11-22T09:00:00Z", "valid_until": "2026-11-22T09:00:00Z"},
        {"valid_from": "2026-11-22T09:00:00"},
        {"total_limit": 0},
        {"per_customer_limit": 0},
        {"shards": 0},
        {"shards": 21},
        {"code": "NO SPACES"},
        {"code": "AB"},
        {"code": "-AB"},
        {"code": "KÄRIBU"},
        {"code": "A" * 33},
        {"surprise": 1},
    ],
)
def test_contradictions_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        voucher(**{"code": "GOOD", **wrong})


def test_codes_are_the_same_in_small_letters() -> None:
    assert voucher(" karibu-10 ").code == voucher_code("Karibu-10") == "KARIBU-10"


@given(st.from_regex(r"\A[A-Z0-9][A-Z0-9-]{2,31}\Z"), st.integers(0, 19), st.booleans(), st.booleans())
def test_a_redemption_is_read_as_it_was_written(code: str, shard: int, counted: bool, first: bool) -> None:
    used = Redemption(code, shard, counted, first)
    assert Redemption.from_text(used.to_text()) == used
    assert len(used.to_text()) <= len(code) + 6


def test_only_what_is_limited_is_counted() -> None:
    assert redemption_of(voucher(), 0) == Redemption("KARIBU10", 0)
    assert redemption_of(voucher(per_customer_limit=1), 2) == Redemption("KARIBU10", 2, counted=True)
    assert redemption_of(voucher(first_order_only=True), 0) == Redemption("KARIBU10", 0, first=True)


def test_a_customer_is_known_by_address_and_by_phone() -> None:
    known = customer_keys("wanjiku@example.com", "+254712345678")
    assert customer_keys(" Wanjiku+shoes@Example.com", "+254712345678") == known
    assert len(set(known)) == 2
    assert all(len(key) == 32 and "wanjiku" not in key for key in known)
    assert customer_keys("other@example.com", "+254712345678")[1] == known[1]
    assert customer_keys("wanjiku@example.com", "+254712345679")[0] == known[0]


@given(st.text(min_size=1), st.dictionaries(st.integers(0, 4), st.integers(0, 2) | st.none(), min_size=5))
def test_a_shard_is_found_while_any_has_uses(order: str, left: dict[int, int | None]) -> None:
    shard = shard_with_uses(order, "CODE", left)
    if shard is None:
        assert not any(uses is None or uses for uses in left.values())
    else:
        assert left[shard] is None or left[shard]


def test_orders_start_at_shards_of_their_own() -> None:
    full = dict.fromkeys(range(8), 5)
    starts = {shard_with_uses(f"order {number}", "CODE", full) for number in range(100)}
    assert starts == set(range(8))


LIMITS = st.integers(1, 40)
SHARDS = st.lists(st.integers(0, 12), min_size=1, max_size=6)


@given(LIMITS, SHARDS)
def test_a_limit_that_covers_the_uses_is_shared_out_whole(limit: int, used: list[int]) -> None:
    shares = allowances(limit, used)
    if sum(used) <= limit:
        assert sum(shares) == limit
        assert all(share >= count for share, count in zip(shares, used, strict=True))
        left = [share - count for share, count in zip(shares, used, strict=True)]
        assert max(left) - min(left) <= 1, "evenly"
    else:
        assert all(0 <= share <= count for share, count in zip(shares, used, strict=True))


@given(LIMITS, SHARDS, st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60))
def test_uses_never_pass_a_limit_however_they_go_and_come_back(
    limit: int, used: list[int], moves: list[tuple[bool, int]]
) -> None:
    """Promise 2, also for a limit set below what is used: no use is added while the sum is at the limit or above."""
    shares = allowances(limit, used)
    for redeem, place in moves:
        shard = place % len(used)
        if redeem and used[shard] < shares[shard]:
            assert sum(used) < limit
            used[shard] += 1
        elif not redeem and used[shard]:
            used[shard] -= 1


@given(st.binary(min_size=ENTROPY_BYTES, max_size=40))
def test_a_credits_code_is_read_as_people_write_it(entropy: bytes) -> None:
    code = credit_code(entropy)
    assert len(code) == 23
    known = credit_id(code)
    assert known == credit_id(f" {code.lower().replace('-', ' ')} ")
    assert known == credit_id(code.replace("1", "l").replace("0", "O").replace("-", ""))
    assert len(known) == 32
    assert known.upper() not in code


@pytest.mark.parametrize("wrong", ["", "ABCDE", "U" * 20, "Ä" * 20, "0" * 21])
def test_what_no_credit_can_have(wrong: str) -> None:
    with pytest.raises(ValueError, match="cannot be used"):
        credit_id(wrong)


def test_a_code_needs_chance_enough() -> None:
    with pytest.raises(ValueError, match="13"):
        credit_code(b"short")
