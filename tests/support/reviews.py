"""Delivered orders, and reviews of what they hold."""

from __future__ import annotations

from typing import Any

from commerce.checkout.track_order import find_account
from commerce.ordering.model import Order, OrderStatus
from commerce.reviews.model import Review, ReviewText
from commerce.reviews.moderate_review import Decision, moderate_review
from commerce.reviews.store import Reviews
from commerce.reviews.write_review import write_review
from tests.support.shop import Shop

EMAIL = "wanjiku@example.com"


def order_of(shop: Shop, key: str, *skus: str, status: OrderStatus = OrderStatus.DELIVERED) -> str:
    """Place an order and put it where it would be some days later; return its number."""
    number = shop.order(key, *((sku, 1) for sku in skus)).order.number
    rows = shop.till.orders.rows
    rows(number, "ORDER").update(actions=[rows.status.set(status.value)])
    return number


def find_order(shop: Shop, number: str, email: str) -> Order:
    """Find an order as the status page does."""
    return find_account(shop.till.payments, number, email).order


def said(**changes: Any) -> ReviewText:
    """Make a review's words."""
    return ReviewText.model_validate({"rating": 4, "title": "Good", "text": "Does what it says.", **changes})


def write(shop: Shop, number: str, slug: str = "lap-1", *, email: str = EMAIL, **changes: Any) -> Review:
    """Write a review as the API does."""
    return write_review(
        shop.database,
        shop.clock,
        lambda given, address: find_order(shop, given, address),
        slug,
        number,
        email,
        said(**changes),
    )


def decide(shop: Shop, review: Review, decision: Decision, by: str = "staff-1") -> Review:
    """Moderate a review."""
    return moderate_review(shop.database, shop.clock, review.id, decision, by=by, reason="read it")


def recounted(shop: Shop, slug: str) -> tuple[int, int]:
    """Count a product's approved reviews and sum their ratings, one by one."""
    stretches = Reviews(shop.database).approved(slug, after=None, examine=100)
    found = [review.rating for stretch in stretches for review in stretch.found]
    return len(found), sum(found)
