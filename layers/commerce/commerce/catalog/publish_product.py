"""A product appears in the shop, changes, or leaves it."""

from __future__ import annotations

from collections import Counter

from commerce.catalog.events import ProductPublished, Recorder
from commerce.catalog.model import Product
from commerce.catalog.store import Catalog, StoredProduct
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.events import Event
from commerce.kernel.tables import Database


def publish_product(database: Database, clock: Clock, product: Product, *, record: Recorder) -> int:
    """Write a product, its SKUs, its category's count and the event in one commit; nothing where nothing changed.

    Parameters
    ----------
    record
        Appends the event to the commit (promise 5): ``EventLog(database).record``.

    Returns
    -------
    int
        The product's revision: 1 when it is new.

    Raises
    ------
    InvalidRequest
        When there is no such category, a SKU belongs to another product, or stock buckets would become fewer.
    StaleWrite
        When somebody else published the product at the same time.
    """
    catalog = Catalog(database)
    stored = catalog.product(product.slug, consistent=True)
    if stored is not None and stored.product == product:
        return stored.revision
    revision = stored.revision + 1 if stored else 1
    commit = Commit(database)
    catalog.put_product(commit, product, replaces=stored)
    for category, change in _moves(stored, product).items():
        catalog.count_products(commit, category, change)
    fact = ProductPublished(
        slug=product.slug,
        revision=revision,
        name=product.name,
        category=product.category,
        for_sale=product.for_sale,
        prices={
            variant.sku: {currency.value: price for currency, price in variant.prices.items()}
            for variant in product.variants
        },
    )
    record(commit, Event.of(fact, subject=f"product/{product.slug}", sequence=f"{revision:06d}", at=clock.now()))
    commit.send()
    return revision


def _moves(stored: StoredProduct | None, product: Product) -> dict[str, int]:
    """Return how the categories' counts change; one that is new to the product is named even where its count stays."""
    moves = Counter({product.category: int(product.for_sale)})
    if stored is not None:
        moves[stored.product.category] -= int(stored.product.for_sale)
    new = stored is None or stored.product.category != product.category
    return {name: change for name, change in moves.items() if change or (new and name == product.category)}
