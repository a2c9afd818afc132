"""The list of products, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from commerce.catalog.cursor import read_cursor, write_cursor
from commerce.catalog.model import Availability, Product, search_words
from commerce.catalog.store import Catalog, Stretch, position
from commerce.kernel.errors import InvalidRequest

MAX_LIMIT = 100
DEFAULT_LIMIT = 24
#: A page stops here even when it is not full, so that a rare word cannot make one request read the whole catalogue.
MAX_QUERIES = 5
#: How many products one query examines when it looks for words, or only for what is in stock.
EXAMINED_FOR_WORDS = 200
EXAMINED_FOR_STOCK = 50


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product in the list, and whether any of its SKUs can be sold now."""

    product: Product
    in_stock: bool


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Some products in the list's order. It may hold fewer than asked for; the list ends where there is no cursor."""

    items: tuple[ListedProduct, ...]
    next_cursor: str | None


def browse_products(
    catalog: Catalog,
    available: Availability,
    *,
    category: str | None = None,
    text: str = "",
    in_stock: bool = False,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> ProductPage:
    """Return a page of the products for sale, by category and slug.

    While nothing changes, pages repeat and omit nothing. Without a filter a page costs one query and the stock it
    shows; with one, at most `MAX_QUERIES` queries.

    Parameters
    ----------
    text
        Words that must all occur, in any case, in name, brand, summary, category or SKU.
    in_stock
        True leaves out products of which nothing can be sold now.

    Raises
    ------
    InvalidRequest
        Field ``limit`` outside 1..100; field ``cursor`` when it does not come from a page of this list.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"A page holds 1 to {MAX_LIMIT} products.", field="limit")
    words = search_words(text)
    scope = json.dumps([category, sorted(words), in_stock])
    after = read_cursor(cursor, scope) if cursor is not None else None
    stretches = catalog.stretches(
        category=category,
        words=words,
        after=after,
        examine=EXAMINED_FOR_WORDS if words else EXAMINED_FOR_STOCK if in_stock else limit + 1,
    )
    found, end = _fill(stretches, available, in_stock=in_stock, limit=limit)
    return ProductPage(tuple(found), write_cursor(end, scope) if end is not None else None)


def _fill(
    stretches: Iterator[Stretch], available: Availability, *, in_stock: bool, limit: int
) -> tuple[list[ListedProduct], str | None]:
    """Return up to `limit` products, and the position after which the next page starts."""
    found: list[ListedProduct] = []
    for query, stretch in enumerate(stretches, start=1):
        waiting = stretch.found
        while waiting:
            if len(found) == limit:
                return found, position(found[-1].product)
            # Without the filter every product takes a place, so no more stock is read than is shown.
            size = EXAMINED_FOR_STOCK if in_stock else limit - len(found)
            chunk, waiting = waiting[:size], waiting[size:]
            listed = _with_stock(chunk, available)
            kept = [each for each in listed if each.in_stock or not in_stock]
            room = limit - len(found)
            found += kept[:room]
            if len(kept) > room:
                return found, position(found[-1].product)
        if stretch.end is None or query == MAX_QUERIES:
            return found, stretch.end
    return found, None


def _with_stock(products: Sequence[Product], available: Availability) -> list[ListedProduct]:
    units = available({sku: buckets for product in products for sku, buckets in product.buckets().items()})
    return [ListedProduct(each, any(units.get(sku, 0) > 0 for sku in each.buckets())) for each in products]
