"""What a product must be before it may be published."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from commerce.catalog.model import Product, search_words
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


@pytest.mark.parametrize("buckets", [0, 97])
def test_stock_has_1_to_96_buckets(buckets: int) -> None:
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
    assert product("a", cheap, dear).price_from() == cheap.prices


def test_price_from_knows_a_currency_that_only_one_variant_has() -> None:
    only_kes = variant("A").model_copy(update={"prices": {Currency.KES: 500_00}})
    assert product("a", only_kes, variant("B", kes=900_00)).price_from()[Currency.USD] == 900_00 // 130


def test_search_text_holds_everything_that_is_searched_folded() -> None:
    text = product("a", variant("SKU-1"), category="hand-tools", brand="MÜLLER", summary="STRASSE").search_text()
    assert all(word in text for word in ("müller", "strasse", "hand-tools", "hand tools", "sku-1"))


def test_search_words_are_distinct_and_folded() -> None:
    assert search_words("  Lenovo lenovo STRAẞE ") == ("lenovo", "strasse")


@pytest.mark.parametrize("sku", ["A", "0", "a.b_c-D", "x" * 40])
def test_what_may_be_a_sku(sku: str) -> None:
    assert variant(sku).sku == sku


@pytest.mark.parametrize("slug", ["a", "0", "a-b-c", "a" * 80])
def test_what_may_be_a_slug(slug: str) -> None:
    assert product(slug, variant("A")).slug == slug


@pytest.mark.parametrize(
    ("member", "shortest", "longest"),
    [("name", 1, 120), ("brand", 1, 120), ("condition", 1, 120), ("summary", 1, 300), ("description", 0, 10_000)],
)
def test_texts_have_a_beginning_and_an_end(member: str, shortest: int, longest: int) -> None:
    document = product("a").model_dump(mode="json")
    for length in (shortest, longest):
        assert len(getattr(_from_json({**document, member: "x" * length}), member)) == length
    for length in {shortest - 1, longest + 1} - {-1}:
        with pytest.raises(ValidationError, match=member):
            _from_json({**document, member: "x" * length})


def test_a_slug_has_an_end() -> None:
    with pytest.raises(ValidationError, match="slug"):
        product("a" * 81, variant("A"))
    with pytest.raises(ValidationError, match="category"):
        product("a", variant("A"), category="Hand Tools")


@pytest.mark.parametrize("url", ["/a.svg", "https://a", "/" + "x" * 499])
def test_where_a_picture_may_be(url: str) -> None:
    assert _pictured(url=url).images[0].url == url


@pytest.mark.parametrize("url", ["", "/", "http://a/b", "/a b", "https://", "/" + "x" * 500, "x/a.svg", "/a\n"])
def test_where_a_picture_cannot_be(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        _pictured(url=url)


def test_a_picture_says_what_it_shows() -> None:
    for length in (1, 200):
        assert len(_pictured(alt="x" * length).images[0].alt) == length
    for length in (0, 201):
        with pytest.raises(ValidationError, match="alt"):
            _pictured(alt="x" * length)


def test_a_product_has_up_to_40_variants_and_20_pictures() -> None:
    """Replacing them all takes one commit of 100 writes."""
    variants = [variant(f"SKU-{number}") for number in range(41)]
    assert len(product("a", *variants[:40]).variants) == 40
    with pytest.raises(ValidationError, match="variants"):
        product("a", *variants)
    document = product("a").model_dump(mode="json")
    assert len(_from_json({**document, "images": document["images"] * 20}).images) == 20
    for member, wrong in (("images", document["images"] * 21), ("images", []), ("variants", [])):
        with pytest.raises(ValidationError, match=member):
            _from_json({**document, member: wrong})


@pytest.mark.parametrize(
    ("member", "good", "wrong"),
    [
        ("weight_grams", [1, 1_000_000], [0, 1_000_001]),
        ("stock_buckets", [1, 96], [0, 97]),
        ("prices", [{"USD": 1}, {"KES": 100}, {"KES": 10**12}, {"USD": 10**12}], [{"USD": 0}, {"USD": 10**12 + 1}]),
        (
            "attributes",
            [{}, {f"{number}": "x" for number in range(20)}, {"x" * 120: "x" * 120}],
            [{f"{number}": "x" for number in range(21)}, {"": "x"}, {"x": ""}, {"x" * 121: "x"}, {"x": "x" * 121}],
        ),
    ],
)
def test_what_a_variant_may_say(member: str, good: list[object], wrong: list[object]) -> None:
    document = product("a").model_dump(mode="json")
    for value in good:
        document["variants"][0][member] = value
        assert _from_json(document).model_dump(mode="json")["variants"][0][member] == value
    for value in wrong:
        document["variants"][0][member] = value
        with pytest.raises(ValidationError, match=member):
            _from_json(document)


def test_a_product_is_for_sale_unless_it_says_no() -> None:
    document = product("a").model_dump(mode="json")
    del document["for_sale"]
    assert _from_json(document).for_sale
    assert not product("a", for_sale=False).for_sale


def test_over_how_many_buckets_each_sku_is_spread() -> None:
    assert product("a", variant("A"), variant("B", buckets=8)).buckets() == {"A": 1, "B": 8}


def test_search_text_is_of_words_that_stand_apart() -> None:
    text = product("a", variant("S-1"), variant("S-2"), category="hand-tools", name="Saw", brand="Bahco").search_text()
    assert text.split() == ["saw", "bahco", "sound.", "hand-tools", "hand", "tools", "s-1", "s-2"]


def _pictured(**picture: str) -> Product:
    document = product("a").model_dump(mode="json")
    document["images"][0].update(picture)
    return _from_json(document)


def _from_json(document: dict[str, object]) -> Product:
    return Product.model_validate_json(json.dumps(document))
