"""What a product must be before it may be published."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from commerce.catalog.model import MAX_STOCK_BUCKETS, Product, search_words
from commerce.kernel.money import Currency
from tests.unit.catalog_world import product, variant


def test_a_product_survives_its_stored_document() -> None:
    original = product("thinkpad-t14", variant("T14-16"), variant("T14-32", kes=2_000_00, buckets=8))
    assert Product.model_validate_json(original.model_dump_json()) == original


def test_a_kes_price_must_be_whole_shillings() -> None:
    with pytest.raises(ValidationError, match="whole shillings"):
        variant("A", kes=1_000_50)


@pytest.mark.parametrize("prices", [{}, {"KES": 0}, {"KES": -100}, {"KES": 100.0}, {"KES": "100"}, {"EUR": 100}])
def test_prices_are_positive_whole_minor_units_of_known_currencies(prices: dict[str, object]) -> None:
    document = product("a").model_dump(mode="json")
    document["variants"][0]["prices"] = prices
    with pytest.raises(ValidationError, match="prices"):
        _from_json(document)


@pytest.mark.parametrize("buckets", [0, MAX_STOCK_BUCKETS + 1])
def test_stock_has_1_to_64_buckets(buckets: int) -> None:
    with pytest.raises(ValidationError, match="stock_buckets"):
        variant("A", buckets=buckets)


@pytest.mark.parametrize("sku", ["", "A#1", "a b", "x" * 41, "-A"])
def test_a_sku_cannot_break_the_keys_it_is_part_of(sku: str) -> None:
    with pytest.raises(ValidationError, match="sku"):
        variant(sku)


@pytest.mark.parametrize("slug", ["", "A", "a--b", "a#b", "a/b", "-a"])
def test_a_slug_is_lower_case_words(slug: str) -> None:
    with pytest.raises(ValidationError, match="slug"):
        product(slug, variant("A"))


def test_a_picture_comes_from_this_site_or_over_https() -> None:
    document = product("a").model_dump(mode="json")
    document["images"][0]["url"] = "javascript:alert(1)"
    with pytest.raises(ValidationError, match="url"):
        _from_json(document)


def test_two_variants_cannot_share_a_sku() -> None:
    with pytest.raises(ValidationError, match="same SKU"):
        product("a", variant("A"), variant("A"))


def test_an_unknown_member_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        _from_json({**product("a").model_dump(mode="json"), "colour": "red"})


def test_price_from_is_the_lowest_of_each_currency() -> None:
    cheap, dear = variant("A", kes=1_000_00), variant("B", kes=3_000_00)
    assert product("a", dear, cheap).price_from() == cheap.prices


def test_price_from_knows_a_currency_that_only_one_variant_has() -> None:
    only_kes = variant("A").model_copy(update={"prices": {Currency.KES: 500_00}})
    assert product("a", only_kes, variant("B", kes=900_00)).price_from()[Currency.USD] == 900_00 // 130


def test_search_text_holds_everything_that_is_searched_folded() -> None:
    text = product("a", variant("SKU-1"), category="hand-tools", brand="MÜLLER", summary="STRASSE").search_text()
    assert all(word in text for word in ("müller", "strasse", "hand-tools", "hand tools", "sku-1"))


def test_search_words_are_distinct_and_folded() -> None:
    assert search_words("  Lenovo lenovo STRAẞE ") == ("lenovo", "strasse")


def _from_json(document: dict[str, object]) -> Product:
    return Product.model_validate_json(json.dumps(document))
