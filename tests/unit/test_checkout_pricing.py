"""What an order costs, to the cent, and what M-Pesa can charge of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.catalog.model import Offer
from commerce.checkout.bill import chargeable_rounding
from commerce.checkout.pricing import PriceBook, price_order
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency, Money
from commerce.ordering.model import OrderTerms
from commerce.payments.port import Capabilities
from commerce.payments.providers.daraja.registration import CAPABILITIES as MPESA
from commerce.shipping.quote_shipping import load_zones
from commerce.tax.assess import load_rates
from commerce.tax.model import TaxClass
from tests.support.shop import checkout_request

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LEAST, MOST = MPESA.limits[Currency.KES]
ZONES = load_zones()
BOOK = PriceBook(ZONES, load_rates(), timedelta(minutes=15))
SHIPPING = 30_000


def offer(sku: str, price: int | None = None, *, usd: int | None = None, **more: Any) -> Offer:
    prices = {Currency.KES: price, Currency.USD: usd}
    return Offer(
        sku=sku,
        product=sku.lower(),
        name=f"Thing {sku}",
        prices={currency: amount for currency, amount in prices.items() if amount is not None},
        tax_class=more.pop("tax_class", TaxClass.STANDARD),
        weight_grams=100,
        stock_buckets=1,
        category="things",
        for_sale=more.pop("for_sale", True),
    )


def terms(*lines: tuple[str, int], offers: list[Offer], taker: Capabilities = MPESA, **changes: Any) -> OrderTerms:
    request = checkout_request(*lines, **changes)
    return price_order(BOOK, request, {each.sku: each for each in offers}, taker, NOW)


def refused(*lines: tuple[str, int], offers: list[Offer], **changes: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        terms(*lines, offers=offers, **changes)
    return error.value


def test_adds_up() -> None:
    agreed = terms(("A", 2), ("B", 1), offers=[offer("A", 150_000), offer("B", 99_900, tax_class=TaxClass.ZERO)])
    assert agreed.subtotal == 399_900
    assert agreed.shipping == SHIPPING
    assert agreed.total == agreed.subtotal + agreed.shipping + agreed.rounding == 429_900
    assert agreed.tax == sum(line.tax for line in agreed.tax_record)
    assert sum(line.taxable + line.tax for line in agreed.tax_record) == agreed.subtotal + agreed.shipping
    assert [(line.sku, line.total, line.tax) for line in agreed.lines] == [("A", 300_000, 41_379), ("B", 99_900, 0)]


@given(st.integers(1, 10**9))
def test_rounding_is_the_shops_gift(amount: int) -> None:
    rounding = chargeable_rounding(Money(amount, Currency.KES))
    assert -100 < rounding <= 0
    assert (amount + rounding) % 100 == 0
    assert chargeable_rounding(Money(amount, Currency.USD)) == 0


def test_cents_are_not_charged() -> None:
    agreed = terms(("A", 1), offers=[offer("A", 12_345)])
    assert (agreed.rounding, agreed.total) == (-45, 42_300)
    assert sum(line.taxable + line.tax for line in agreed.tax_record) == agreed.subtotal + agreed.shipping


def test_the_most_mpesa_charges() -> None:
    """KES 250,000 goes; a shilling more is refused, naming the field; 99 cents more are the shop's."""
    most = MOST - SHIPPING
    assert terms(("A", 1), offers=[offer("A", most)]).total == 25_000_000
    assert terms(("A", 1), offers=[offer("A", most + 99)]).total == 25_000_000
    error = refused(("A", 1), offers=[offer("A", most + 100)])
    assert error.field == "payment.method"
    assert "KES 250,001" in error.detail
    assert "KES 250,000" in error.detail


def test_the_least_mpesa_charges() -> None:
    """KES 1 goes; 99 cents are refused, naming the field."""
    free = {name: zone.model_copy(update={"prices": {Currency.KES: 0}}) for name, zone in ZONES.zones.items()}
    book = replace(BOOK, zones=ZONES.model_copy(update={"zones": free}))
    request = checkout_request(("A", 1))
    assert price_order(book, request, {"A": offer("A", LEAST)}, MPESA, NOW).total == 100
    with pytest.raises(InvalidRequest) as error:
        price_order(book, request, {"A": offer("A", LEAST - 1)}, MPESA, NOW)
    assert error.value.field == "items"


def test_unknown_sku_names_its_line() -> None:
    assert refused(("A", 1), ("B", 1), offers=[offer("A", 100)]).field == "items.1.sku"
    assert refused(("A", 1), offers=[offer("A", 100, for_sale=False)]).field == "items.0.sku"


def test_currency_is_named() -> None:
    assert refused(("A", 1), offers=[offer("A", 100, usd=100)], currency="USD").field == "currency"
    error = refused(("A", 1), offers=[offer("A", usd=100)])
    assert (error.field, "KES" in error.detail) == ("currency", True)


def test_zone_and_country_are_named() -> None:
    where = {"line1": "x", "city": "y", "country": "KE"}
    offers = [offer("A", 100_000)]
    assert refused(("A", 1), offers=offers, shipping={"zone": "moon", "address": where}).field == "shipping.zone"
    abroad = {"zone": "kenya", "address": {**where, "country": "TZ"}}
    assert refused(("A", 1), offers=offers, shipping=abroad).field == "shipping.address.country"


def test_hold_is_as_long_as_agreed() -> None:
    agreed = terms(("A", 1), offers=[offer("A", 100_000)])
    assert agreed.first_reserved_until - agreed.placed_at == timedelta(minutes=15)
