"""One product, with what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commerce.catalog.model import Availability, Product
from commerce.catalog.store import Catalog
from commerce.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product and the units of each SKU that can be sold now."""

    product: Product
    available: Mapping[str, int]


def show_product(catalog: Catalog, available: Availability, slug: str) -> ShownProduct:
    """Return a product that is for sale (two reads).

    Raises
    ------
    NotFound
        When there is no such product, or it is not for sale.
    """
    stored = catalog.product(slug)
    if stored is None or not stored.product.for_sale:
        raise NotFound("There is no such product.")
    return ShownProduct(stored.product, available(stored.product.buckets()))
