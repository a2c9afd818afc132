"""A product appears in the shop, changes, or leaves it."""

from __future__ import annotations

from collections import Counter

from commerce.catalog.events import ProductPublished, Recorder
from commerce.catalog.model import Product
from commerce.catalog.store import Catalog, StoredProduct
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import Conflict
from commerce.kernel.events import Event
from commerce.kernel.tables import Database


class ProductChanged(Conflict):
    """Somebody changed the product since it was looked at."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed this product meanwhile. Look at it again.")


def publish_product(
    database: Database,
    clock: Clock,
    product: Product,
    *,
    record: Recorder,
    by: str | None = None,
    reason: str | None = None,
    revision: int | None = None,
) -> int:
    """Write a product, its SKUs, its category's count and the event in one commit; nothing where nothing changed.

    Parameters
    ----------
    record
        Appends the event to the commit (promise 5): ``EventLog(database).record``.
    by, reason
        Who of the staff changes it, and why.
    revision
        The revision that was looked at when the change was decided, 0 for none; None does not ask.

    Returns
    -------
    int
        The product's revision: 1 when it is new.

    Raises
    ------
    InvalidRequest
        When there is no such category, a SKU belongs to another product, or stock buckets would become fewer.
    ProductChanged
        When `revision` is not the product's present one.
    StaleWrite
        When somebody else published the product at the same time.
    """
    catalog = Catalog(database)
    stored = catalog.product(product.slug, consistent=True)
    if stored is not None and stored.product == product:
        return stored.revision
    if revision is not None and revision != (stored.revision if stored else 0):
        raise ProductChanged
    following = stored.revision + 1 if stored else 1
    commit = Commit(database)
    catalog.put_product(commit, product, replaces=stored)
    for category, change in _moves(stored, product).items():
        catalog.count_products(commit, category, change)
    fact = ProductPublished(
        slug=product.slug,
        revision=following,
        name=product.name,
        category=product.category,
        for_sale=product.for_sale,
        prices={
            variant.sku: {currency.value: price for currency, price in variant.prices.items()}
            for variant in product.variants
        },
        by=by,
        reason=reason,
    )
    record(commit, Event.of(fact, subject=f"product/{product.slug}", sequence=f"{following:06d}", at=clock.now()))
    commit.send()
    return following


def _moves(stored: StoredProduct | None, product: Product) -> dict[str, int]:
    """Return how the categories' counts change; one that is new to the product is named even where its count stays."""
    moves = Counter({product.category: int(product.for_sale)})
    if stored is not None:
        moves[stored.product.category] -= int(stored.product.for_sale)
    new = stored is None or stored.product.category != product.category
    return {name: change for name, change in moves.items() if change or (new and name == product.category)}
