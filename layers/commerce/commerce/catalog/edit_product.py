"""Staff change a product: its texts, its prices, or whether it is for sale."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from commerce.catalog.events import Recorder
from commerce.catalog.model import Prices, Product
from commerce.catalog.publish_product import ProductChanged, publish_product
from commerce.catalog.store import Catalog, StoredProduct
from commerce.kernel.clock import Clock
from commerce.kernel.errors import InvalidRequest, NotFound, StaleWrite
from commerce.kernel.tables import Database


def change_prices(
    database: Database,
    clock: Clock,
    slug: str,
    prices: Mapping[str, Prices],
    *,
    by: str,
    reason: str,
    record: Recorder,
) -> StoredProduct:
    """Give some of a product's SKUs other prices, in minor units; orders that were placed keep theirs.

    Raises
    ------
    NotFound
        When there is no such product.
    InvalidRequest
        Field ``prices`` when it has no such SKU.
    ProductChanged
        When somebody else changes the product at the same time.
    """

    def repriced(product: Product) -> Product:
        unknown = sorted(prices.keys() - product.buckets().keys())
        if unknown:
            raise InvalidRequest(f"{product.name} has no SKU {unknown[0]}.", field=f"prices.{unknown[0]}")
        variants = tuple(
            variant.model_copy(update={"prices": prices.get(variant.sku, variant.prices)})
            for variant in product.variants
        )
        return product.model_copy(update={"variants": variants})

    return _edit(database, clock, slug, repriced, by=by, reason=reason, record=record)


def offer_product(
    database: Database, clock: Clock, slug: str, *, for_sale: bool, by: str, reason: str, record: Recorder
) -> StoredProduct:
    """Withdraw a product from sale, or put it back; its SKUs and their stock stay its own.

    Raises
    ------
    NotFound
        When there is no such product.
    ProductChanged
        When somebody else changes the product at the same time.
    """

    def offered(product: Product) -> Product:
        return product.model_copy(update={"for_sale": for_sale})

    return _edit(database, clock, slug, offered, by=by, reason=reason, record=record)


def replace_product(
    database: Database,
    clock: Clock,
    product: Product,
    *,
    revision: int,
    by: str,
    reason: str,
    record: Recorder,
) -> StoredProduct:
    """Write a whole product in place of its `revision`, 0 for a new one.

    Raises
    ------
    InvalidRequest
        As of `publish_product`.
    ProductChanged
        When `revision` is not the product's present one.
    """
    try:
        published = publish_product(database, clock, product, record=record, by=by, reason=reason, revision=revision)
    except StaleWrite:
        raise ProductChanged from None
    return StoredProduct(product, published)


def _edit(
    database: Database,
    clock: Clock,
    slug: str,
    change: Callable[[Product], Product],
    *,
    by: str,
    reason: str,
    record: Recorder,
) -> StoredProduct:
    stored = Catalog(database).product(slug, consistent=True)
    if stored is None:
        raise NotFound("There is no such product.")
    return replace_product(
        database, clock, change(stored.product), revision=stored.revision, by=by, reason=reason, record=record
    )
