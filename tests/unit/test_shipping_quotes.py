"""Delivery: what it costs, where it goes, and what a wrong configuration says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency
from commerce.shipping.model import check_address
from commerce.shipping.quote_shipping import load_zones, parse_zones, quotes
from commerce.tax.model import TaxClass

ZONES = load_zones()
GOOD = """
[zones.town]
label = "Town"
carrier = "Rider"
estimate = "today"
tracked = false
tax_class = "standard"
countries = ["KE"]
prices = { KES = 20000, USD = 199 }
free_from = { KES = 500000 }
"""


@pytest.mark.parametrize(
    ("zone", "currency", "amount", "carrier", "estimate", "tracked"),
    [
        ("nairobi_metro", Currency.KES, 300_00, "Local courier", "within 24 hours", False),
        ("kenya", Currency.KES, 600_00, "G4S / Wells Fargo", "3-5 days", False),
        ("international", Currency.USD, 35_00, "DHL Express", "3-7 days", True),
    ],
)
def test_the_shop_s_zones(
    zone: str, currency: Currency, amount: int, carrier: str, estimate: str, tracked: bool
) -> None:
    (quote,) = quotes(ZONES, currency, zone, subtotal=10**12)
    assert (quote.zone, quote.amount, quote.currency) == (zone, amount, currency)
    assert (quote.carrier, quote.estimate, quote.tracked) == (carrier, estimate, tracked)
    assert (quote.free_from, quote.tax_class) == (None, TaxClass.STANDARD)


def test_without_a_zone_all_that_are_priced_in_the_currency_are_quoted() -> None:
    assert [quote.zone for quote in quotes(ZONES, Currency.KES)] == ["nairobi_metro", "kenya"]
    assert [quote.zone for quote in quotes(ZONES, Currency.USD)] == ["international"]


def test_an_unknown_zone_is_named_where_it_stood() -> None:
    with pytest.raises(InvalidRequest, match="nairobi_metro, kenya, international") as refused:
        quotes(ZONES, Currency.KES, "mars", field="shipping.zone")
    assert refused.value.field == "shipping.zone"


def test_a_zone_that_is_not_priced_in_the_currency_says_in_which_it_is() -> None:
    with pytest.raises(InvalidRequest, match="priced in USD, not in KES") as refused:
        quotes(ZONES, Currency.KES, "international")
    assert refused.value.field == "zone"


@settings(deadline=None)
@given(st.none() | st.integers(0, 10**7))
def test_delivery_is_free_from_the_threshold_on(subtotal: int | None) -> None:
    (quote,) = quotes(parse_zones(GOOD), Currency.KES, "town", subtotal)
    assert quote.free_from == 5_000_00
    assert quote.amount == (0 if subtotal is not None and subtotal >= 5_000_00 else 200_00)


def test_a_threshold_is_of_one_currency() -> None:
    (quote,) = quotes(parse_zones(GOOD), Currency.USD, "town", 10**9)
    assert (quote.amount, quote.free_from) == (1_99, None)


@pytest.mark.parametrize(
    ("zone", "country", "served"),
    [
        ("nairobi_metro", "KE", True),
        ("nairobi_metro", "UG", False),
        ("kenya", "KE", True),
        ("kenya", "TZ", False),
        ("international", "KE", False),
        ("international", "UG", True),
        ("international", "us", False),
        ("international", "USA", False),
        ("international", "", False),
        ("international", "Ü1", False),
    ],
)
def test_where_a_zone_delivers(zone: str, country: str, served: bool) -> None:
    if served:
        check_address(ZONES.zone(zone), country)
        return
    with pytest.raises(InvalidRequest) as refused:
        check_address(ZONES.zone(zone), country)
    assert refused.value.field == "shipping.address.country"


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ("KES = 20000", "KES = 20050", "prices.KES must be whole shillings"),
        ("KES = 20000", 'KES = "20000"', "zones.town.prices.KES"),
        ("KES = 20000", "KES = -100", "zones.town.prices.KES"),
        ("KES = 20000", "EUR = 200", "zones.town.prices.EUR"),
        ("prices = { KES = 20000, USD = 199 }", "prices = {}", "zones.town.prices"),
        ("prices = { KES = 20000, USD = 199 }", "prices = { USD = 199 }", "free_from.KES"),
        ("free_from = { KES = 500000 }", "free_from = { KES = 1 }", "free_from.KES must be whole shillings"),
        ('label = "Town"', "", "zones.town.label"),
        ("tracked = false", 'tracked = "no"', "zones.town.tracked"),
        ('tax_class = "standard"', 'tax_class = "luxury"', "zones.town.tax_class"),
        ('countries = ["KE"]', 'countries = ["Kenya"]', "zones.town.countries"),
        ('countries = ["KE"]', 'countries = ["KE"]\nnot_countries = ["UG"]', "zones.town"),
        ("tracked = false", "tracked = false\nfree_form = 1", "zones.town.free_form"),
        ("[zones.town]", "[zones.Town]", "zones.Town"),
    ],
)
def test_a_bad_key_is_named(was: str, becomes: str, named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parse_zones(GOOD.replace(was, becomes))
    assert named in str(refused.value)
    assert "zones.toml" in str(refused.value)


def test_a_shop_delivers_somewhere() -> None:
    with pytest.raises(ValidationError, match="zones"):
        parse_zones("[zones]")
