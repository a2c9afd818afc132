"""Tax: no cent appears or is lost, and each day has its own rates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.kernel.money import Currency
from commerce.tax.assess import assess, load_rates, tax_day
from commerce.tax.model import LETTERS, TaxClass, TaxLine, TaxRecord, taxable_part

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
RATES = load_rates()

totals = st.integers(0, 10**11)
sales = st.lists(st.builds(TaxLine, st.text(max_size=5), st.sampled_from(TaxClass), totals), min_size=1, max_size=12)
percents = st.sampled_from([Decimal(text) for text in ("0", "8", "14", "16", "17.5")])


def standard(total: int, at: datetime = NOW) -> TaxRecord:
    return assess(RATES, [TaxLine("A", TaxClass.STANDARD, total)], at, Currency.KES)


@settings(deadline=None)
@given(sales)
def test_header_and_buckets_are_sums_of_lines(lines: list[TaxLine]) -> None:
    record = assess(RATES, lines, NOW, Currency.KES)
    for amount in ("taxable", "tax", "total"):
        assert getattr(record, amount) == sum(getattr(line, amount) for line in record.lines)
        assert getattr(record, amount) == sum(getattr(bucket, amount) for bucket in record.buckets)
    assert record.total == sum(line.total for line in lines)
    assert [line.reference for line in record.lines] == [line.reference for line in lines]
    assert [bucket.letter for bucket in record.buckets] == sorted({LETTERS[line.tax_class] for line in lines})


@settings(deadline=None)
@given(sales)
def test_every_line_adds_up_and_no_tax_is_negative(lines: list[TaxLine]) -> None:
    for line in assess(RATES, lines, NOW, Currency.USD).lines:
        assert line.taxable + line.tax == line.total
        assert line.tax >= 0
        assert line.tax == 0 or line.tax_class in (TaxClass.STANDARD, TaxClass.REDUCED)


@settings(deadline=None)
@given(totals, st.integers(0, 10**6), percents)
def test_a_higher_price_never_has_less_tax_or_less_taxable(total: int, more: int, percent: Decimal) -> None:
    low, high = taxable_part(total, percent), taxable_part(total + more, percent)
    assert high >= low
    assert total + more - high >= total - low


@settings(deadline=None)
@given(totals, percents)
def test_the_taxable_part_is_the_nearest_cent_and_halves_go_up(total: int, percent: Decimal) -> None:
    exact = Fraction(total * 100) / Fraction(100 + percent)
    assert taxable_part(total, percent) == (exact + Fraction(1, 2)).__floor__()


@settings(deadline=None)
@given(sales)
def test_a_record_survives_being_stored(lines: list[TaxLine]) -> None:
    record = assess(RATES, lines, NOW, Currency.KES)
    assert TaxRecord.model_validate_json(record.model_dump_json()) == record


def test_kra_s_own_example() -> None:
    record = standard(1000_00)
    assert (record.taxable, record.tax) == (862_07, 137_93)
    assert Decimal(record.taxable) / 100 == (Decimal(1000) / Decimal("1.16")).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_lines_are_rounded_one_by_one() -> None:
    lines = [TaxLine(str(n), TaxClass.STANDARD, 3) for n in range(10)]
    assert assess(RATES, lines, NOW, Currency.USD).tax == 0
    assert standard(30).tax == 4


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2013, 9, 2), "16"),
        (date(2020, 3, 31), "16"),
        (date(2020, 4, 1), "14"),
        (date(2020, 12, 31), "14"),
        (date(2021, 1, 1), "16"),
        (date(2026, 11, 22), "16"),
    ],
)
def test_kenya_s_standard_rate_by_day(day: date, percent: str) -> None:
    assert RATES.rate(TaxClass.STANDARD, day).percent == Decimal(percent)


@pytest.mark.parametrize(
    ("tax_class", "letter", "percent"),
    [
        (TaxClass.EXEMPT, "A", "0"),
        (TaxClass.STANDARD, "B", "16"),
        (TaxClass.ZERO, "C", "0"),
        (TaxClass.REDUCED, "E", "8"),
    ],
)
def test_kra_s_letters(tax_class: TaxClass, letter: str, percent: str) -> None:
    rate = RATES.rate(tax_class, NOW.date())
    assert (rate.letter, rate.percent) == (letter, Decimal(percent))
    assert rate.reference


def test_the_day_is_nairobi_s() -> None:
    last_of_2020 = datetime(2020, 12, 31, 20, 59, 59, tzinfo=UTC)
    assert standard(116_00, last_of_2020).lines[0].percent == Decimal(14)
    midnight = last_of_2020 + timedelta(seconds=1)
    assert standard(116_00, midnight).lines[0].percent == Decimal(16)
    assert standard(116_00, midnight).day == date(2021, 1, 1)
    assert tax_day(midnight.astimezone(timezone(timedelta(hours=-8)))) == date(2021, 1, 1)


def test_a_moment_without_a_time_zone_has_no_tax_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        standard(1, datetime(2026, 1, 1))


def test_a_day_without_a_rate_is_never_sold_untaxed() -> None:
    with pytest.raises(LookupError, match="2013-09-01"):
        standard(1, datetime(2013, 9, 1, tzinfo=UTC))


def test_nothing_and_less_than_nothing_cannot_be_assessed() -> None:
    with pytest.raises(ValueError, match="nothing"):
        assess(RATES, [], NOW, Currency.KES)
    with pytest.raises(ValueError, match="negative"):
        standard(-1)
