"""Rates by class and day, and amounts that always add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.tax.model import LETTERS, TaxClass, TaxedAmounts, TaxRate, TaxRates, taxable_part

FIRST, LAST = date(2020, 4, 1), date(2020, 12, 31)
DAY = timedelta(days=1)


def rate(tax_class: TaxClass = TaxClass.STANDARD, **more: Any) -> TaxRate:
    stated = {
        "letter": LETTERS[tax_class],
        "percent": Decimal(0) if tax_class in (TaxClass.ZERO, TaxClass.EXEMPT) else Decimal(14),
        "valid_from": FIRST,
        "valid_until": LAST,
        "reference": "L",
        **more,
    }
    return TaxRate(tax_class=tax_class, **stated)


def test_letters_are_those_of_the_revenue_authority() -> None:
    assert {kind.value: letter for kind, letter in LETTERS.items()} == {
        "exempt": "A",
        "standard": "B",
        "zero": "C",
        "reduced": "E",
    }


@pytest.mark.parametrize("tax_class", TaxClass)
def test_a_class_without_tax_has_none_and_the_others_some(tax_class: TaxClass) -> None:
    untaxed = tax_class in (TaxClass.ZERO, TaxClass.EXEMPT)
    assert rate(tax_class).letter == LETTERS[tax_class]
    with pytest.raises(ValidationError, match="cannot be the rate"):
        rate(tax_class, percent=Decimal(8) if untaxed else Decimal(0))


@pytest.mark.parametrize("percent", ["0.01", "8.25", "99.99"])
def test_a_rate_is_below_100_per_cent_in_hundredths(percent: str) -> None:
    assert rate(percent=Decimal(percent)).percent == Decimal(percent)


@pytest.mark.parametrize("percent", ["-0.01", "100", "16.001"])
def test_what_is_no_rate(percent: str) -> None:
    with pytest.raises(ValidationError, match="percent"):
        rate(percent=Decimal(percent))


def test_a_rate_holds_from_its_first_day_to_its_last() -> None:
    held = [day for day in (FIRST - DAY, FIRST, LAST, LAST + DAY) if rate().covers(day)]
    assert held == [FIRST, LAST]
    assert rate(valid_until=None).covers(LAST + 9999 * DAY)
    assert not rate(valid_until=None).covers(FIRST - DAY)
    assert rate(valid_until=FIRST).covers(FIRST), "one day is a period"
    with pytest.raises(ValidationError, match="before valid_from"):
        rate(valid_until=FIRST - DAY)


@given(st.integers(-5, 5), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_no_class_has_two_rates_on_a_day(start: int, mine: int, other: int, same: bool) -> None:
    one = rate(valid_until=FIRST + mine * DAY)
    begins = FIRST + start * DAY
    two = rate(TaxClass.STANDARD if same else TaxClass.REDUCED, valid_from=begins, valid_until=begins + other * DAY)
    days = [FIRST + step * DAY for step in range(-5, 11)]
    if same and any(one.covers(day) and two.covers(day) for day in days):
        with pytest.raises(ValidationError, match="another rate on the same days"):
            TaxRates(rates=(one, two))
        return
    rates = TaxRates(rates=(one, two))
    for day in days:
        if two.covers(day):
            assert rates.rate(two.tax_class, day) is two


def test_nothing_is_sold_untaxed_by_accident() -> None:
    rates = TaxRates(rates=(rate(TaxClass.ZERO), rate()))
    assert rates.rate(TaxClass.STANDARD, FIRST).percent == 14
    for missing in ((TaxClass.STANDARD, FIRST - DAY), (TaxClass.REDUCED, FIRST)):
        with pytest.raises(LookupError, match=r"rates\.toml has no"):
            rates.rate(*missing)


def test_the_overlap_is_named() -> None:
    with pytest.raises(ValidationError, match=r"rates\.1: class standard"):
        TaxRates(rates=(rate(), rate()))


def test_tax_and_what_is_taxed_make_the_total() -> None:
    assert TaxedAmounts(taxable=0, tax=0, total=0).total == 0
    for taxable, tax, total in ((86, 14, 101), (86, 15, 100), (101, -1, 100), (-1, 101, 100)):
        with pytest.raises(ValidationError):
            TaxedAmounts(taxable=taxable, tax=tax, total=total)


@pytest.mark.parametrize(
    ("total", "percent", "taxable"),
    [(116, "16", 100), (100, "16", 86), (1, "16", 1), (0, "16", 0), (100, "0", 100), (108, "8", 100), (3, "100", 2)],
)
def test_prices_hold_their_tax(total: int, percent: str, taxable: int) -> None:
    """Half a cent goes up: the authority computes the same and refuses an invoice that differs."""
    assert taxable_part(total, Decimal(percent)) == taxable
