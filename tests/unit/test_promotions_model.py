"""What a voucher may promise, whose uses count, and how its limit is shared out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.kernel.money import Currency
from commerce.promotions.credit_code import ENTROPY_BYTES, credit_code, credit_id
from commerce.promotions.model import (
    Redemption,
    Voucher,
    VoucherRefused,
    allowances,
    customer_keys,
    home_shard,
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


@pytest.mark.parametrize(
    ("member", "least", "most"),
    [("percent", 1, 100), ("total_limit", 1, 10**9), ("per_customer_limit", 1, 10**6), ("shards", 1, 20)],
)
def test_numbers_from_the_least_to_the_most(member: str, least: int, most: int) -> None:
    for number in (least, most):
        good: dict[str, Any] = {member: number}
        assert getattr(voucher(**good), member) == number
    for number in (least - 1, most + 1):
        wrong: dict[str, Any] = {member: number}
        with pytest.raises(ValidationError, match=member):
            voucher(**wrong)


def test_texts_and_shelves_have_an_end() -> None:
    assert len(voucher(description="x" * 120, categories=[f"shelf-{number}" for number in range(20)]).categories) == 20
    assert voucher(description="x").description == "x"
    for wrong in (
        {"description": ""},
        {"description": "x" * 121},
        {"categories": [f"shelf-{number}" for number in range(21)]},
        {"categories": ["No Shelf"]},
    ):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            voucher(**wrong)


@pytest.mark.parametrize("code", ["ABC", "0-1", "A--", "A" * 32])
def test_what_may_be_a_code(code: str) -> None:
    assert voucher(code).code == code
    assert voucher(code.lower()).code == code


@pytest.mark.parametrize("code", ["", "AB", "A" * 33, "-AB", "A B", "A_B", "KÄRIBU", "AB\nC"])
def test_what_no_voucher_can_have(code: str) -> None:
    """Refused as a code is that nobody knows."""
    with pytest.raises(ValueError, match=r"\AThis code cannot be used\.\Z"):
        voucher_code(code)


def test_a_refusal_says_no_more_than_it_must_and_where_the_code_stood() -> None:
    refused = VoucherRefused()
    assert (refused.detail, refused.field) == ("This code cannot be used.", "voucher")
    told = VoucherRefused("Spend more.", field="codes")
    assert (told.detail, told.field) == ("Spend more.", "codes")


def test_the_contract_says_how_long_a_code_may_be() -> None:
    assert Voucher.model_json_schema()["properties"]["code"]["maxLength"] == 32


@pytest.mark.parametrize("member", ["amounts", "minimum_spend"])
def test_amounts_are_whole_shillings_or_cents_and_above_zero(member: str) -> None:
    kind = "fixed" if member == "amounts" else "percent"
    for amounts in ({"KES": 100, "USD": 1}, {"KES": 10**12, "USD": 10**12}):
        good: dict[str, Any] = {member: amounts}
        assert getattr(voucher(kind=kind, **good), member) == amounts
        for one in ({"KES": 101}, {"USD": 0}, {"USD": -1}, {"USD": 10**12 + 1}):
            wrong: dict[str, Any] = {member: {**amounts, **one}}
            with pytest.raises(ValidationError, match=member):
                voucher(kind=kind, **wrong)


def test_in_which_currencies_a_code_is_good() -> None:
    assert voucher().good_in == set(Currency)
    assert voucher(currencies=["USD"]).good_in == {Currency.USD}
    assert voucher(kind="fixed", amounts={"KES": 100}).good_in == {Currency.KES}
    assert voucher(currencies=["USD"], minimum_spend={"USD": 1}).minimum_spend == {Currency.USD: 1}
    with pytest.raises(ValidationError, match="minimum_spend: "):
        voucher(currencies=["USD"], minimum_spend={"USD": 1, "KES": 100})


def test_a_code_lives_from_its_first_moment_until_just_before_its_last() -> None:
    begins, ends = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    lives = voucher(valid_from=begins.isoformat(), valid_until=ends.isoformat())
    assert [lives.live(at) for at in (begins - moment, begins, ends - moment, ends)] == [False, True, True, False]
    assert voucher(valid_from=begins.isoformat()).live(ends)
    assert voucher(valid_until=ends.isoformat()).live(begins)
    assert voucher().live(begins)
    assert not voucher(active=False).live(begins)
    with pytest.raises(ValidationError, match="valid_until: "):
        voucher(valid_from=begins.isoformat(), valid_until=begins.isoformat())


def test_a_redemption_is_short_in_the_orders_row() -> None:
    assert Redemption("AB-1", 7, counted=True, first=True).to_text() == "AB-1/7/cf"
    assert Redemption("AB-1", 7).to_text() == "AB-1/7/"
    assert Redemption.from_text("AB-1/7/f") == Redemption("AB-1", 7, first=True)


def test_a_label_and_the_case_of_an_address_make_no_new_customer() -> None:
    """Each key is of what it says it is: these are in the table of uses."""
    mail, phone = customer_keys("wanjiku@example.com", "+254712345678")
    assert (mail, phone) == (
        sha256(b"email:wanjiku@example.com").hexdigest()[:32],
        sha256(b"phone:+254712345678").hexdigest()[:32],
    )
    assert customer_keys('"a@b"@example.com', "x")[0] == sha256(b'email:"a@b"@example.com').hexdigest()[:32]
    assert customer_keys('"a@b"+shoes@example.com', "x") == customer_keys('"a@b"@example.com', "x")
    assert customer_keys("a+b+c@example.com", "x")[0] == sha256(b"email:a@example.com").hexdigest()[:32]
    assert customer_keys("\ud800@example.com", "x")[0], "even what is no text has a key"


@given(st.text(min_size=1), st.dictionaries(st.integers(0, 4), st.integers(0, 2) | st.none(), min_size=5))
def test_the_first_shard_from_home_on_that_has_uses(order: str, left: dict[int, int | None]) -> None:
    """A retry comes to the same shard."""
    home = home_shard(order, "CODE", 5)
    ring = [(home + step) % 5 for step in range(5)]
    assert shard_with_uses(order, "CODE", left) == next((shard for shard in ring if left[shard] != 0), None)


def test_the_shard_after_home_is_asked_before_the_one_that_lies_before() -> None:
    home = home_shard("order", "CODE", 5)
    left: dict[int, int | None] = dict.fromkeys(range(5), 0)
    assert shard_with_uses("order", "CODE", {**left, (home + 1) % 5: 1, (home - 1) % 5: 1}) == (home + 1) % 5


def test_codes_of_one_order_start_at_shards_of_their_own() -> None:
    assert len({home_shard("order", f"CODE{number}", 8) for number in range(50)}) == 8


@pytest.mark.parametrize(
    ("limit", "used", "shares"),
    [
        (10, [0, 0, 0], [4, 3, 3]),
        (10, [5, 1, 0], [7, 2, 1]),
        (3, [1, 1, 1], [1, 1, 1]),
        (1, [0], [1]),
        (2, [3, 0, 1], [1, 0, 0]),
        (4, [3, 2], [2, 1]),
    ],
)
def test_how_a_limit_is_shared_out(limit: int, used: list[int], shares: list[int]) -> None:
    assert allowances(limit, used) == shares
