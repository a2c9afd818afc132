"""A buyer reviews what an order brought them."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from commerce.audit.store import EventLog
from commerce.catalog.store import sku_key, sku_row
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, LookupMissed, NotFound, StaleWrite
from commerce.kernel.events import Event
from commerce.kernel.tables import Database
from commerce.ordering.model import Order, OrderStatus
from commerce.reviews.events import ReviewWritten
from commerce.reviews.model import Review, ReviewText
from commerce.reviews.store import Reviewed, Reviews, make_token, written_at

#: Finds an order by its number and its buyer's e-mail address, or raises NotFound: checkout's `find_account`.
FindOrder = Callable[[str, str], Order]


class AlreadyReviewed(Conflict):
    """The order's buyer has said something else of this product before."""


def write_review(
    database: Database, clock: Clock, find_order: FindOrder, slug: str, number: str, email: str, said: ReviewText
) -> Review:
    """Keep a review until staff have read it, and return it; sent again it is the same review.

    Only who knows the number and e-mail address of a delivered order that holds a SKU of the product may write one,
    and for each order and product there is one, however many write at once.

    Raises
    ------
    NotFound
        The same for a wrong number, a wrong address, an order on its way and one without the product: nobody learns
        here what somebody bought.
    AlreadyReviewed
        When the stored review says something else.
    CommitBusy
        When the tables are too busy. Nothing was written.
    """
    order = _bought(database, find_order, slug, number, email)
    reviews = Reviews(database)
    token = make_token(clock.now(), secrets.token_hex(4))
    review = Review(
        slug=slug,
        token=token,
        order_number=order.number,
        rating=said.rating,
        title=said.title,
        text=said.text,
        author=said.shown_author,
        at=written_at(token),
    )
    commit = Commit(database)
    reviews.open(commit, review)
    fact = ReviewWritten(review=review.id, slug=slug, order_number=order.number, rating=review.rating)
    EventLog(database).record(
        commit, Event.of(fact, subject=review.subject, sequence=f"{review.version:06d}", at=review.at)
    )
    try:
        commit.send()
    except Reviewed as before:
        return _same(reviews.get(slug, before.token), said)
    except StaleWrite as error:
        raise CommitBusy from error
    return review


def _bought(database: Database, find_order: FindOrder, slug: str, number: str, email: str) -> Order:
    nothing = "No delivered order with this number and e-mail address holds this product."
    try:
        order = find_order(number, email)
    except NotFound:
        raise LookupMissed(nothing) from None
    if order.status is not OrderStatus.DELIVERED:
        raise NotFound(nothing)
    rows = sku_row(database)
    found = database.read_together((rows, *sku_key(line.sku)) for line in order.terms.lines)
    if not any(isinstance(row, rows) and row.product == slug for row in found):
        raise NotFound(nothing)
    return order


def _same(stored: Review | None, said: ReviewText) -> Review:
    if stored is None:
        raise CommitBusy
    if not stored.says(said):
        raise AlreadyReviewed("You reviewed this product before. Thank you.")
    return stored
