"""The catalog table: a row per product, one per SKU for checkout, one per category.

The index ``listing`` holds three ordered lists: the products for sale and the withdrawn ones, by category and slug, and
the categories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from commerce.catalog.model import Category, Offer, Product, Variant
from commerce.kernel.commit import Commit
from commerce.kernel.errors import InvalidRequest, StaleWrite
from commerce.kernel.money import Currency
from commerce.kernel.tables import Database
from commerce.tax.model import TaxClass

PRODUCTS = "PRODUCTS"
WITHDRAWN = "WITHDRAWN"
CATEGORIES = "CATEGORIES"


class ListingIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Rows in the order in which they are shown."""

    class Meta:
        """The index's name and what it carries."""

        index_name = "listing"
        projection = AllProjection()

    listing_pk = UnicodeAttribute(hash_key=True)
    listing_sk = UnicodeAttribute(range_key=True)


class ProductRow(Model):
    """A product: its document as one JSON text, and what it is listed and searched by."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="PRODUCT")
    listing_pk = UnicodeAttribute(null=True)
    listing_sk = UnicodeAttribute(null=True)
    document = UnicodeAttribute()
    search = UnicodeAttribute()
    revision = NumberAttribute()
    listing = ListingIndex()


class CategoryRow(Model):
    """A category, with the number of its products that are for sale, kept by the commits that change it."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="CATEGORY")
    listing_pk = UnicodeAttribute()
    listing_sk = UnicodeAttribute()
    name = UnicodeAttribute()
    products = NumberAttribute()
    revision = NumberAttribute()
    listing = ListingIndex()


class SkuRow(Model):
    """What checkout needs of a SKU, small enough to be read for half a read unit."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="SKU")
    product = UnicodeAttribute()
    name = UnicodeAttribute()
    price_kes = NumberAttribute(null=True)
    price_usd = NumberAttribute(null=True)
    tax_class = UnicodeAttribute()
    weight_grams = NumberAttribute()
    stock_buckets = NumberAttribute()
    category = UnicodeAttribute()
    for_sale = BooleanAttribute()


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A product and how often it was published."""

    product: Product
    revision: int


@dataclass(frozen=True, slots=True)
class StoredCategory:
    """A category, the number of its products for sale, and how often it was published."""

    category: Category
    products: int
    revision: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Products found by one query, in order; `end` is the position to go on after, None at the list's end."""

    found: tuple[Product, ...]
    end: str | None


def sku_row(database: Database) -> type[SkuRow]:
    """Return the model of SKU rows, for reading them together with other tables' rows by `sku_key`."""
    return database.bind(SkuRow, "catalog")


def sku_key(sku: str) -> tuple[str, str]:
    """Return the key of a SKU's row: partition and sort key."""
    return f"SKU#{sku}", "SKU"


def to_offer(row: SkuRow) -> Offer:
    """Read a SKU's row."""
    prices = {Currency.KES: row.price_kes, Currency.USD: row.price_usd}
    return Offer(
        sku=row.pk.removeprefix("SKU#"),
        product=row.product,
        name=row.name,
        prices={currency: int(price) for currency, price in prices.items() if price is not None},
        tax_class=TaxClass(row.tax_class),
        weight_grams=int(row.weight_grams),
        stock_buckets=int(row.stock_buckets),
        category=row.category,
        for_sale=row.for_sale,
    )


def position(product: Product) -> str:
    """Return a product's place in the list: by category, then by slug."""
    return f"{product.category}#{product.slug}"


class Catalog:
    """Reads the catalogue, and adds its changes to commits.

    Parameters
    ----------
    shelf
        The list of products that `stretches` goes through: `PRODUCTS` that are for sale, or the `WITHDRAWN`.
    """

    def __init__(self, database: Database, *, shelf: str = PRODUCTS) -> None:
        self._shelf = shelf
        self._products = database.bind(ProductRow, "catalog")
        self._categories = database.bind(CategoryRow, "catalog")
        self._skus = sku_row(database)

    def product(self, slug: str, *, consistent: bool = False) -> StoredProduct | None:
        """Return a product, for sale or not; None when there is none (one read)."""
        try:
            row = self._products.get(f"PRODUCT#{slug}", "PRODUCT", consistent_read=consistent)
        except self._products.DoesNotExist:
            return None
        return StoredProduct(Product.model_validate_json(row.document), int(row.revision))

    def category(self, slug: str) -> StoredCategory | None:
        """Return a category as it stands now; None when there is none (one read)."""
        try:
            return _category(self._categories.get(f"CATEGORY#{slug}", "CATEGORY", consistent_read=True))
        except self._categories.DoesNotExist:
            return None

    def categories(self) -> list[StoredCategory]:
        """Return all categories by slug."""
        return [_category(row) for row in self._categories.listing.query(CATEGORIES)]

    def stretches(
        self, *, category: str | None, words: Sequence[str], after: str | None, examine: int
    ) -> Iterator[Stretch]:
        """Go through the products of the shelf, `examine` of them by each query, and yield those that match.

        A query reads what it examines whether it matches or not, so the caller decides when to stop.
        """
        matches = [ProductRow.search.contains(word) for word in words]
        pages = self._products.listing.query(
            self._shelf,
            range_key_condition=ProductRow.listing_sk.startswith(f"{category}#") if category else None,
            filter_condition=reduce(and_, matches) if matches else None,
            last_evaluated_key=_start_key(self._shelf, after) if after else None,
            page_size=examine,
            attributes_to_get=["document"],
        ).page_iter
        for page in pages:
            last = pages.last_evaluated_key
            yield Stretch(
                found=tuple(Product.model_validate_json(item["document"]["S"]) for item in page["Items"]),
                end=last["listing_sk"]["S"] if last else None,
            )

    def put_product(self, commit: Commit, product: Product, *, replaces: StoredProduct | None) -> None:
        """Write a product in place of what was read, and the rows of its SKUs; withdraw SKUs it no longer has.

        The commit fails with StaleWrite when the product changed since it was read, and with InvalidRequest when a
        SKU belongs to another product or its buckets would become fewer.
        """
        commit.put(
            self._products(
                f"PRODUCT#{product.slug}",
                document=product.model_dump_json(),
                search=product.search_text(),
                revision=replaces.revision + 1 if replaces else 1,
                listing_pk=PRODUCTS if product.for_sale else WITHDRAWN,
                listing_sk=position(product),
            ),
            when=ProductRow.revision == replaces.revision if replaces else ProductRow.pk.does_not_exist(),
            otherwise=lambda _: StaleWrite(product.slug),
        )
        for place, variant in enumerate(product.variants):
            self._put_sku(commit, product, variant, field=f"variants.{place}")
        for sku in sorted(replaces.product.buckets().keys() - product.buckets().keys()) if replaces else ():
            commit.update(
                self._skus(*sku_key(sku)),
                actions=[SkuRow.for_sale.set(False)],
                when=SkuRow.product == product.slug,
                otherwise=lambda _: StaleWrite(product.slug),
            )

    def put_category(self, commit: Commit, category: Category, *, revision: int) -> None:
        """Open or rename a category, as its `revision`. The commit fails with StaleWrite when another came first."""
        commit.update(
            self._categories(f"CATEGORY#{category.slug}"),
            actions=[
                CategoryRow.name.set(category.name),
                CategoryRow.listing_pk.set(CATEGORIES),
                CategoryRow.listing_sk.set(category.slug),
                CategoryRow.revision.set(revision),
                CategoryRow.products.add(0),
            ],
            when=CategoryRow.revision == revision - 1 if revision > 1 else CategoryRow.pk.does_not_exist(),
            otherwise=lambda _: StaleWrite(category.slug),
        )

    def count_products(self, commit: Commit, category: str, change: int) -> None:
        """Change a category's number of products; the commit fails with InvalidRequest when it does not exist."""
        commit.update(
            self._categories(f"CATEGORY#{category}"),
            actions=[CategoryRow.products.add(change)],
            when=CategoryRow.pk.exists(),
            otherwise=lambda _: InvalidRequest(f"There is no category {category}.", field="category"),
        )

    def _put_sku(self, commit: Commit, product: Product, variant: Variant, *, field: str) -> None:
        def refused(stored: SkuRow | None) -> InvalidRequest:
            if stored is not None and stored.product != product.slug:
                return InvalidRequest(f"SKU {variant.sku} belongs to {stored.product}.", field=f"{field}.sku")
            return InvalidRequest("Stock would be lost in fewer buckets.", field=f"{field}.stock_buckets")

        plain = variant.name == product.name
        commit.put(
            self._skus(
                sku_key(variant.sku)[0],
                product=product.slug,
                name=product.name if plain else f"{product.name}, {variant.name}",
                price_kes=variant.prices.get(Currency.KES),
                price_usd=variant.prices.get(Currency.USD),
                tax_class=product.tax_class.value,
                weight_grams=variant.weight_grams,
                stock_buckets=variant.stock_buckets,
                category=product.category,
                for_sale=product.for_sale,
            ),
            when=SkuRow.pk.does_not_exist()
            | ((SkuRow.product == product.slug) & (SkuRow.stock_buckets <= variant.stock_buckets)),
            otherwise=refused,
        )


def _category(row: CategoryRow) -> StoredCategory:
    slug = row.pk.removeprefix("CATEGORY#")
    return StoredCategory(Category(slug=slug, name=row.name), int(row.products), int(row.revision))


def _start_key(shelf: str, after: str) -> dict[str, dict[str, Any]]:
    slug = after.partition("#")[2]
    return {
        "pk": {"S": f"PRODUCT#{slug}"},
        "sk": {"S": "PRODUCT"},
        "listing_pk": {"S": shelf},
        "listing_sk": {"S": after},
    }
