"""What a zone may say of itself, to the last admissible value, and where its carrier goes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency
from commerce.shipping.model import ShippingConfig, Zone, check_address
from commerce.tax.model import TaxClass


def zone(**more: Any) -> Zone:
    stated = {
        "label": "Town",
        "carrier": "Rider",
        "estimate": "today",
        "tracked": False,
        "tax_class": TaxClass.STANDARD,
        "prices": {Currency.KES: 200_00, Currency.USD: 1_99},
        **more,
    }
    return Zone(**stated)


@pytest.mark.parametrize("member", ["label", "carrier", "estimate"])
def test_texts_are_short_and_not_empty(member: str) -> None:
    assert getattr(zone(**{member: "x"}), member) == "x"
    assert getattr(zone(**{member: "x" * 80}), member) == "x" * 80
    for text in ("", "x" * 81):
        with pytest.raises(ValidationError, match=member):
            zone(**{member: text})


@pytest.mark.parametrize("name", ["a", "nairobi_metro", "a" * 40, "a0"])
def test_zones_are_asked_for_by_name(name: str) -> None:
    shipping = ShippingConfig(zones={name: zone()})
    assert shipping.zone(name) == zone()


@pytest.mark.parametrize("name", ["", "A", "0a", "_a", "a-b", "a" * 41, "a\n", b"a"])
def test_what_is_no_name_of_a_zone(name: Any) -> None:
    with pytest.raises(ValidationError, match="zones"):
        ShippingConfig(zones={name: zone()})


def test_an_unknown_zone_is_answered_with_those_there_are() -> None:
    shipping = ShippingConfig(zones={"town": zone(), "country": zone()})
    with pytest.raises(InvalidRequest, match="town, country") as refused:
        shipping.zone("mars")
    assert refused.value.field == "zone"
    with pytest.raises(InvalidRequest) as refused:
        shipping.zone("mars", field="shipping.zone")
    assert refused.value.field == "shipping.zone"


def test_delivery_may_be_free_and_is_never_below() -> None:
    assert zone(prices={Currency.KES: 0}).prices == {Currency.KES: 0}
    for member in ("prices", "free_from"):
        for currency, below in ((Currency.KES, -100), (Currency.USD, -1)):
            with pytest.raises(ValidationError, match=member):
                zone(**{member: {currency: below}})


def test_shillings_are_whole_and_cents_of_a_dollar_are_not() -> None:
    assert zone(prices={Currency.USD: 1}).prices[Currency.USD] == 1
    for member in ("prices", "free_from"):
        with pytest.raises(ValidationError, match=f"{member}.KES must be whole shillings"):
            zone(**{member: {Currency.KES: 101}})


def test_a_threshold_is_of_a_price() -> None:
    assert zone(free_from={Currency.KES: 0, Currency.USD: 100}).free_from[Currency.USD] == 100
    with pytest.raises(ValidationError, match=r"free_from\.KES has no price"):
        zone(prices={Currency.USD: 100}, free_from={Currency.KES: 100, Currency.USD: 100})


def test_a_zone_is_of_these_countries_or_of_all_but_those() -> None:
    only, but, all_of_them = zone(countries=frozenset({"KE", "UG"})), zone(not_countries=frozenset({"KE"})), zone()
    served = {name: [only, but, all_of_them] for name in ("KE", "UG", "TZ")}
    assert {name: [one.delivers_to(name) for one in zones] for name, zones in served.items()} == {
        "KE": [True, False, True],
        "UG": [True, True, True],
        "TZ": [False, True, True],
    }
    with pytest.raises(ValidationError, match="either"):
        zone(countries=frozenset({"KE"}), not_countries=frozenset({"UG"}))


@pytest.mark.parametrize("country", ["ke", "K", "KEN", "K1", "Ke", "ÜÜ", "", "K ", "ΚΕ"])
def test_a_country_is_its_two_letters(country: str) -> None:
    with pytest.raises(InvalidRequest, match="two-letter") as refused:
        check_address(zone(), country)
    assert refused.value.field == "shipping.address.country"
    with pytest.raises(ValidationError, match="countries"):
        zone(countries=frozenset({country}))


def test_an_address_elsewhere_is_refused_where_it_stood() -> None:
    check_address(zone(countries=frozenset({"KE"})), "KE")
    with pytest.raises(InvalidRequest, match="Town does not deliver to UG") as refused:
        check_address(zone(countries=frozenset({"KE"})), "UG", field="country")
    assert refused.value.field == "country"
