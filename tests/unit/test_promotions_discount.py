"""What a voucher takes off, to the cent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.money import Currency
from commerce.promotions.discount import Discount, Goods, discount_of, spread_over
from commerce.promotions.model import Voucher, VoucherRefused
from commerce.tax.assess import assess, load_rates
from commerce.tax.model import TaxClass, TaxLine, taxable_part
from tests.support.vouchers import voucher

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KES, USD = Currency.KES, Currency.USD
DEAD = "This code cannot be used."

AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=20)
SHELVES = st.sampled_from(["things", "books", "shoes"])
BASKETS = st.lists(st.builds(Goods, SHELVES, st.integers(1, 10**9)), min_size=1, max_size=20)
VOUCHERS = st.one_of(
    st.builds(lambda percent: voucher(percent=percent), st.integers(1, 100)),
    st.builds(lambda amount: voucher(kind="fixed", amounts={"KES": amount * 100}), st.integers(1, 10**8)),
    st.just(voucher(kind="free_shipping")),
    st.builds(lambda percent: voucher(percent=percent, categories=["books"]), st.integers(1, 100)),
    st.builds(
        lambda amount: voucher(kind="fixed", amounts={"KES": amount * 100}, categories=["books", "shoes"]),
        st.integers(1, 10**8),
    ),
)


def goods(*amounts: int, category: str = "things") -> list[Goods]:
    return [Goods(category, amount) for amount in amounts]


def off(
    promised: Voucher | None, lines: list[Goods], *, shipping: int | None = 30_000, currency: Currency = KES
) -> Discount:
    return discount_of(promised, lines, shipping, currency, NOW)


def refusal(promised: Voucher | None, lines: list[Goods], **more: object) -> str:
    with pytest.raises(VoucherRefused) as refused:
        off(promised, lines, **more)  # type: ignore[arg-type]
    assert refused.value.field == "voucher"
    return refused.value.detail


@given(AMOUNTS, st.data())
def test_spreading_is_exact_and_never_more_than_a_line(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    shares = spread_over(amount, weights)
    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
    assert all(
        abs(share * sum(weights) - amount * weight) < sum(weights)
        for share, weight in zip(shares, weights, strict=True)
    ), "no share is a cent or more off its proportion"


def test_cents_go_to_the_largest_remainders() -> None:
    assert spread_over(100, [1, 1, 1]) == (34, 33, 33)
    assert spread_over(10, [199, 1, 800]) == (2, 0, 8)
    assert spread_over(7, [0, 5, 5]) == (0, 4, 3)
    with pytest.raises(ValueError, match="nothing"):
        spread_over(0, [0, 0])


@given(VOUCHERS, BASKETS, st.integers(1, 10**6))
def test_a_discount_never_takes_more_than_there_is(promised: Voucher, lines: list[Goods], shipping: int) -> None:
    try:
        discount = off(promised, lines, shipping=shipping)
    except VoucherRefused:
        return
    assert 0 < discount.total <= sum(line.amount for line in lines) + shipping
    assert 0 <= discount.shipping <= shipping
    for line, less in zip(lines, discount.lines, strict=True):
        assert 0 <= less <= line.amount
        assert not less or not promised.categories or line.category in promised.categories


@given(VOUCHERS, BASKETS, st.integers(0, 10**6), st.data())
def test_tax_is_of_what_is_paid_to_the_cent(
    promised: Voucher, lines: list[Goods], shipping: int, data: st.DataObject
) -> None:
    """Sums of lines, buckets and header agree, whatever is taken off, in whatever tax classes."""
    try:
        discount = off(promised, lines, shipping=shipping)
    except VoucherRefused:
        return
    classes = data.draw(st.lists(st.sampled_from(list(TaxClass)), min_size=len(lines), max_size=len(lines)))
    taxed = [
        TaxLine(str(place), kind, line.amount - less)
        for place, (kind, line, less) in enumerate(zip(classes, lines, discount.lines, strict=True))
    ]
    taxed.append(TaxLine("shipping", TaxClass.STANDARD, shipping - discount.shipping))
    record = assess(load_rates(), taxed, NOW, KES)
    paid = sum(line.amount for line in lines) + shipping - discount.total
    assert record.total == paid == sum(bucket.total for bucket in record.buckets)
    assert record.taxable + record.tax == paid
    for line in record.lines:
        assert line.taxable == taxable_part(line.total, line.percent)
        assert line.tax == line.total - line.taxable


@given(st.integers(1, 100), st.lists(st.integers(1, 10**7), min_size=1, max_size=5))
def test_a_percentage_is_rounded_once_half_up(percent: int, amounts: list[int]) -> None:
    exact = Decimal(sum(amounts)) * percent / 100
    try:
        discount = off(voucher(percent=percent), goods(*amounts))
    except VoucherRefused:
        assert exact < Decimal("0.5")
        return
    assert abs(discount.total - exact) <= Decimal("0.5")
    assert discount.total >= exact - Decimal("0.5")
    if exact % 1 == Decimal("0.5"):
        assert discount.total > exact


def test_odd_amounts() -> None:
    assert off(voucher(percent=15), goods(149_900)).lines == (22_485,)
    assert off(voucher(percent=50), goods(1)).lines == (1,)
    assert off(voucher(percent=33), goods(99, 99, 99)).lines == (33, 33, 32)
    assert off(voucher(percent=100), goods(1, 2, 3)).lines == (1, 2, 3)


def test_a_fixed_amount_is_never_more_than_the_goods_it_is_for() -> None:
    assert off(voucher(kind="fixed"), goods(30_000, 10_000)) == Discount((30_000, 10_000))
    basket = [*goods(30_000, category="books"), *goods(900_000)]
    assert off(voucher(kind="fixed", categories=["books"]), basket) == Discount((30_000, 0))
    assert off(voucher(kind="fixed"), goods(100_000), currency=USD) == Discount((500,))


def test_free_delivery() -> None:
    free = voucher(kind="free_shipping")
    assert off(free, goods(100)) == Discount((0,), 30_000)
    assert off(free, goods(100), shipping=None) == Discount((0,), 0), "not known yet is no reason to refuse"
    assert "nothing" in refusal(free, goods(100), shipping=0), "free from a threshold: the code is kept"
    assert "these goods" in refusal(voucher(kind="free_shipping", categories=["books"]), goods(100))


def test_a_code_that_takes_nothing_off_is_kept() -> None:
    assert "nothing" in refusal(voucher(percent=1), goods(40))


@pytest.mark.parametrize(
    "dead",
    [
        None,
        voucher(active=False),
        voucher(valid_from="2026-11-22T09:00:01Z"),
        voucher(valid_until="2026-11-22T09:00:00Z"),
        voucher(valid_until="2026-11-21T09:00:00Z", minimum_spend={"KES": 10**10, "USD": 10**10}),
        voucher(active=False, currencies=["USD"]),
        voucher(active=False, categories=["books"]),
    ],
)
def test_what_is_dead_answers_as_what_never_was(dead: Voucher | None) -> None:
    assert refusal(dead, goods(100_000)) == DEAD


def test_the_window_opens_with_its_first_moment_and_closes_before_its_last() -> None:
    assert off(voucher(valid_from="2026-11-22T12:00:00+03:00"), goods(100))
    assert off(voucher(valid_until="2026-11-22T09:00:00.001Z"), goods(100))


def test_a_live_code_says_what_it_lacks() -> None:
    assert "USD" in refusal(voucher(kind="fixed", amounts={"USD": 500}), goods(100))
    assert "KES" in refusal(voucher(currencies=["KES"]), goods(100), currency=USD)
    assert "these goods" in refusal(voucher(categories=["books"]), goods(100))
    assert "KES 1,000" in refusal(voucher(minimum_spend={"KES": 100_000, "USD": 800}), goods(99_999))
    assert off(voucher(minimum_spend={"KES": 100_000, "USD": 800}), goods(99_999, 1))


def test_the_least_is_of_the_goods_it_is_for() -> None:
    picky = voucher(minimum_spend={"KES": 100_000, "USD": 800}, categories=["books"])
    basket = [*goods(99_999, category="books"), *goods(500_000)]
    assert "goods it is for" in refusal(picky, basket)
