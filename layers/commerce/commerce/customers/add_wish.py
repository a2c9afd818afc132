"""A customer wishes for a product."""

from __future__ import annotations

from commerce.catalog.store import Catalog
from commerce.customers.store import Notes
from commerce.kernel.clock import Clock
from commerce.kernel.errors import NotFound


def add_wish(notes: Notes, catalog: Catalog, clock: Clock, slug: str) -> None:
    """Put a product that is for sale on the wishlist; one that is on it stays where it is.

    Raises
    ------
    NotFound
        When there is no such product, or it is not for sale.
    TooManyWishes
        When the list is full.
    """
    stored = catalog.product(slug)
    if stored is None or not stored.product.for_sale:
        raise NotFound("There is no such product.")
    notes.add_wish(slug, clock.now())
