"""Publishing: product, SKUs, counts and event together or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commerce.audit.store import EventLog
from commerce.catalog.browse_products import browse_products
from commerce.catalog.list_categories import list_categories
from commerce.catalog.model import Category, Offer, Product
from commerce.catalog.publish_category import publish_category
from commerce.catalog.publish_product import publish_product
from commerce.catalog.show_product import show_product
from commerce.catalog.store import Catalog, sku_key, sku_row, to_offer
from commerce.inventory.receive_stock import receive_stock
from commerce.inventory.store import Stock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import InvalidRequest, NotFound, StaleWrite
from commerce.kernel.money import Currency
from commerce.kernel.tables import Database
from commerce.tax.model import TaxClass
from tests.unit.catalog_world import LAPTOPS, SHIRTS, FixedClock, product, recorder, tables, variant


@pytest.fixture
def database() -> Iterator[Database]:
    with tables() as made:
        for category in (SHIRTS, LAPTOPS):
            publish_category(made, FixedClock(), category, record=recorder(made))
        yield made


def publish(database: Database, *products: Product) -> list[int]:
    return [publish_product(database, FixedClock(), each, record=recorder(database)) for each in products]


def offers(database: Database, *skus: str) -> dict[str, Offer]:
    rows = sku_row(database)
    found = database.read_together([(rows, *sku_key(sku)) for sku in skus])
    return {offer.sku: offer for offer in map(to_offer, found)}  # type: ignore[arg-type]


def counts(database: Database) -> dict[str, int]:
    return {stored.category.slug: stored.products for stored in list_categories(Catalog(database))}


def events(database: Database, subject: str) -> list[tuple[str, str]]:
    return [(event.type, event.sequence) for event in EventLog(database).trail(subject)]


def test_checkout_reads_what_was_published_in_one_go(database: Database) -> None:
    publish(database, product("t14", variant("T14-16", buckets=4, name="16 GB"), variant("T14-32", kes=2_000_00)))
    assert offers(database, "T14-16", "T14-32", "NONE")["T14-16"] == Offer(
        sku="T14-16",
        product="t14",
        name="T14, 16 GB",
        prices={Currency.KES: 1_000_00, Currency.USD: 769},
        tax_class=TaxClass.STANDARD,
        weight_grams=500,
        stock_buckets=4,
        category="laptops",
        for_sale=True,
    )


def test_a_sku_row_is_small_enough_for_half_a_read_unit(database: Database) -> None:
    wordy = product("t14", variant("S" * 40, name="v" * 120), name="n" * 120)
    publish(database, wordy)
    row = sku_row(database).get(*sku_key("S" * 40))
    assert len(str(row.serialize())) < 1000


def test_publishing_is_recorded_and_counted(database: Database) -> None:
    assert publish(database, product("t14"), product("shirt", category="shirts")) == [1, 1]
    assert counts(database) == {"laptops": 1, "shirts": 1}
    assert events(database, "product/t14") == [("ProductPublished", "000001")]
    assert events(database, "category/laptops") == [("CategoryPublished", "000001")]


def test_publishing_the_same_again_changes_nothing(database: Database) -> None:
    assert publish(database, product("t14"), product("t14")) == [1, 1]
    assert publish_category(database, FixedClock(), LAPTOPS, record=recorder(database)) == 1
    assert counts(database)["laptops"] == 1
    assert len(events(database, "product/t14")) == 1


def test_a_product_moves_to_another_category(database: Database) -> None:
    publish(database, product("t14"), product("t14", category="shirts"))
    assert counts(database) == {"laptops": 0, "shirts": 1}
    assert slugs(database, "laptops") == []
    assert slugs(database, "shirts") == ["t14"]


def test_a_product_is_taken_off_the_shelf_and_put_back(database: Database) -> None:
    publish(database, product("t14"), product("t14", for_sale=False))
    assert counts(database)["laptops"] == 0
    assert slugs(database, None) == []
    assert not offers(database, "SKU-t14")["SKU-t14"].for_sale
    with pytest.raises(NotFound):
        show_product(Catalog(database), Stock(database).available, "t14")
    assert publish(database, product("t14")) == [3]
    assert counts(database)["laptops"] == 1
    assert slugs(database, None) == ["t14"]


def test_an_unsold_product_is_moved_and_opened_without_losing_count(database: Database) -> None:
    hidden = product("t14", for_sale=False)
    publish(database, hidden, product("t14", category="shirts", for_sale=False), product("t14", category="shirts"))
    assert counts(database) == {"laptops": 0, "shirts": 1}


def test_a_variant_that_is_dropped_cannot_be_bought(database: Database) -> None:
    publish(database, product("t14", variant("A"), variant("B")), product("t14", variant("A")))
    assert {sku: offer.for_sale for sku, offer in offers(database, "A", "B").items()} == {"A": True, "B": False}


def test_an_unknown_category_is_named(database: Database) -> None:
    with pytest.raises(InvalidRequest) as refused:
        publish(database, product("book", category="books"))
    assert refused.value.field == "category"
    assert offers(database, "SKU-book") == {}
    assert events(database, "product/book") == []


def test_a_sku_belongs_to_one_product(database: Database) -> None:
    publish(database, product("t14", variant("A")))
    with pytest.raises(InvalidRequest) as refused:
        publish(database, product("t15", variant("B"), variant("A")))
    assert refused.value.field == "variants.1.sku"
    assert offers(database, "B") == {}


def test_stock_buckets_grow_and_never_shrink(database: Database) -> None:
    publish(database, product("t14", variant("A", buckets=4)), product("t14", variant("A", buckets=8)))
    with pytest.raises(InvalidRequest) as refused:
        publish(database, product("t14", variant("A", buckets=7)))
    assert refused.value.field == "variants.0.stock_buckets"


def test_of_two_writers_who_read_the_same_the_second_is_refused(database: Database) -> None:
    publish(database, product("t14"))
    catalog = Catalog(database)
    read = catalog.product("t14", consistent=True)
    publish(database, product("t14", summary="First."))
    commit = Commit(database)
    catalog.put_product(commit, product("t14", summary="Second."), replaces=read)
    commit._recorded = True
    with pytest.raises(StaleWrite):
        commit.send()


def test_a_product_cannot_be_published_without_its_event(database: Database) -> None:
    with pytest.raises(RuntimeError, match="without an event"):
        publish_product(database, FixedClock(), product("t14"), record=lambda commit, event: None)


def test_a_category_gets_another_name_and_keeps_its_count(database: Database) -> None:
    publish(database, product("t14"))
    renamed = Category(slug="laptops", name="Notebooks")
    assert publish_category(database, FixedClock(), renamed, record=recorder(database)) == 2
    stored = {each.category.slug: each for each in list_categories(Catalog(database))}["laptops"]
    assert (stored.category.name, stored.products) == ("Notebooks", 1)


def test_categories_are_listed_by_name(database: Database) -> None:
    publish_category(database, FixedClock(), Category(slug="zz", name="audio"), record=recorder(database))
    assert [each.category.name for each in list_categories(Catalog(database))] == ["audio", "Laptops", "Shirts"]


def test_a_product_is_shown_with_what_is_left_over_all_its_buckets(database: Database) -> None:
    publish(database, product("t14", variant("A", buckets=3), variant("B")))
    receive_stock(database, FixedClock(), sku="A", quantity=7, buckets=3, delivery="1")
    shown = show_product(Catalog(database), Stock(database).available, "t14")
    assert shown.available == {"A": 7, "B": 0}


def test_the_index_pages_and_filters_as_the_shelf_in_memory_does(database: Database) -> None:
    publish(
        database,
        *(product(f"laptop-{n}", summary="Old and RED." if n % 2 else "New.") for n in range(5)),
        *(product(f"shirt-{n}", category="shirts", summary="A red shirt.") for n in range(3)),
    )
    assert slugs(database, "laptops", limit=2) == [f"laptop-{n}" for n in range(5)]
    assert slugs(database, None, text="Red", limit=1) == ["laptop-1", "laptop-3", "shirt-0", "shirt-1", "shirt-2"]
    assert slugs(database, "laptops", text="red OLD") == ["laptop-1", "laptop-3"]
    assert slugs(database, None, text="sku-shirt-2") == ["shirt-2"]
    receive_stock(database, FixedClock(), sku="SKU-laptop-3", quantity=1, buckets=1, delivery="1")
    assert slugs(database, None, in_stock=True) == ["laptop-3"]


def test_a_cursor_outlives_the_product_it_stands_on(database: Database) -> None:
    publish(database, *(product(f"laptop-{n}") for n in range(3)))
    first = browse_products(Catalog(database), Stock(database).available, limit=1)
    publish(database, product("laptop-0", for_sale=False))
    second = browse_products(Catalog(database), Stock(database).available, limit=5, cursor=first.next_cursor)
    assert [listed.product.slug for listed in second.items] == ["laptop-1", "laptop-2"]


def slugs(
    database: Database, category: str | None, *, text: str = "", in_stock: bool = False, limit: int = 24
) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = browse_products(
            Catalog(database),
            Stock(database).available,
            category=category,
            text=text,
            in_stock=in_stock,
            limit=limit,
            cursor=cursor,
        )
        found += [listed.product.slug for listed in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
