"""Reviews, page by page: a product's approved ones for everybody, those in one state for moderators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commerce.catalog.cursor import read_cursor, write_cursor
from commerce.catalog.store import Catalog
from commerce.kernel.errors import InvalidRequest, NotFound
from commerce.reviews.model import Review, ReviewState, Summary
from commerce.reviews.store import ID, Reviews, Stretch

MAX_LIMIT = 50
DEFAULT_LIMIT = 10
#: How many reviews one query examines, and how many queries one page may take when most of them are not shown.
EXAMINED = 50
MAX_QUERIES = 4


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some reviews. It may hold fewer than asked for; the list ends where there is no cursor."""

    items: tuple[Review, ...]
    next_cursor: str | None


def list_reviews(
    reviews: Reviews, catalog: Catalog, slug: str, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> tuple[ReviewPage, Summary]:
    """Return a page of a product's approved reviews, newest first, and its score over all of them.

    Raises
    ------
    NotFound
        When there is no such product, or it is not for sale.
    InvalidRequest
        Field ``limit`` outside 1..50; field ``cursor`` when it does not come from a page of this list.
    """
    stored = catalog.product(slug)
    if stored is None or not stored.product.for_sale:
        raise NotFound("There is no such product.")
    after = _position(cursor, f"reviews of {slug}")
    stretches = reviews.approved(slug, after=after[1] if after else None, examine=max(limit + 1, EXAMINED))
    return _page(stretches, f"reviews of {slug}", limit), reviews.summary(slug)


def reviews_in_state(
    reviews: Reviews, state: ReviewState, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> ReviewPage:
    """Return a page of all products' reviews in one state, oldest first.

    Raises
    ------
    InvalidRequest
        Field ``limit`` outside 1..50; field ``cursor`` when it does not come from a page of this list.
    """
    scope = f"reviews {state}"
    stretches = reviews.in_state(state, after=_position(cursor, scope), examine=limit + 1)
    return _page(stretches, scope, limit)


def _position(cursor: str | None, scope: str) -> tuple[str, str] | None:
    if cursor is None:
        return None
    slug, _, token = read_cursor(cursor, scope, form=ID).partition(".")
    return slug, token


def _page(stretches: Iterator[Stretch], scope: str, limit: int) -> ReviewPage:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"A page holds 1 to {MAX_LIMIT} reviews.", field="limit")
    found: list[Review] = []
    for query, stretch in enumerate(stretches, start=1):
        found += stretch.found
        if len(found) > limit:
            return ReviewPage(tuple(found[:limit]), write_cursor(found[limit - 1].id, scope))
        if stretch.end is None:
            break
        if query == MAX_QUERIES:
            return ReviewPage(tuple(found), write_cursor(".".join(stretch.end), scope))
    return ReviewPage(tuple(found), None)
