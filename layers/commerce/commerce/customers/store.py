"""The customers table: for each customer a row with the cart and one with the wishes.

These are a customer's own notes, not the shop's books: no order, stock or money depends on them, so they are changed
by one conditional write each, without an event. Events are kept for good, and what somebody wished for must not be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from pynamodb.attributes import MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import size
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from commerce.customers.model import MOST_WISHES, Cart, SavedCart, Wish
from commerce.kernel.clock import from_text, to_text
from commerce.kernel.errors import Conflict
from commerce.kernel.tables import Database, answered_code

CART = "CART"
WISHES = "WISHES"
_SLUG = re.compile(r"[a-z0-9-]{1,80}")


class CartRow(Model):
    """A customer's cart, as one JSON text."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=CART)
    cart = UnicodeAttribute()
    version = NumberAttribute()
    saved_at = UnicodeAttribute()


class WishesRow(Model):
    """A customer's wishes: when each product was added, by its slug. One row, so that one condition bounds them."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=WISHES)
    wishes: MapAttribute[str, str] = MapAttribute()  # type: ignore[no-untyped-call]


class CartChanged(Conflict):
    """The cart was saved since it was read; `version` is what it has now."""

    def __init__(self, version: int) -> None:
        super().__init__("Your cart was changed on another device. Look at it again.", field="version")
        self.version = version


class TooManyWishes(Conflict):
    """The wishlist is full."""


class Notes:
    """What one customer keeps with the shop.

    Parameters
    ----------
    subject
        Who the verified token says they are; it is stored as its hash only.
    """

    def __init__(self, database: Database, subject: str) -> None:
        self._carts = database.bind(CartRow, "customers")
        self._wishes = database.bind(WishesRow, "customers")
        self._key = f"CUSTOMER#{sha256(subject.encode()).hexdigest()[:32]}"

    def cart(self) -> SavedCart | None:
        """Return the cart that was saved last; None when there never was one (one read)."""
        try:
            return _saved(self._carts.get(self._key, CART, consistent_read=True))
        except self._carts.DoesNotExist:
            return None

    def save_cart(self, cart: Cart, now: datetime, *, replaces: int | None = None) -> SavedCart:
        """Save a cart in place of the one before (one write).

        Parameters
        ----------
        replaces
            The version it replaces, 0 for none; None replaces whatever there is.

        Raises
        ------
        CartChanged
            When another version is stored. Nothing was written.
        """
        rows = self._carts
        row = rows(self._key)
        when = None
        if replaces is not None:
            when = rows.version == replaces if replaces else rows.pk.does_not_exist()

        def write() -> None:
            row.update(
                actions=[
                    rows.cart.set(cart.model_dump_json()),
                    rows.saved_at.set(to_text(now)),
                    rows.version.add(1),
                ],
                condition=when,
            )

        if not _held(write):
            stored = self.cart()
            raise CartChanged(stored.version if stored else 0)
        return _saved(row)

    def wishes(self) -> list[Wish]:
        """Return the wishes, newest first (one read)."""
        try:
            row = self._wishes.get(self._key, WISHES, consistent_read=True)
        except self._wishes.DoesNotExist:
            return []
        kept: dict[str, str] = row.wishes.as_dict()  # type: ignore[no-untyped-call]
        found = [Wish(slug, from_text(at)) for slug, at in kept.items()]
        return sorted(found, key=lambda wish: (wish.added_at, wish.slug), reverse=True)

    def add_wish(self, slug: str, now: datetime) -> None:
        """Put a product on the wishlist; one that is on it keeps its place (one write, for the first wish two).

        Raises
        ------
        TooManyWishes
            When it would be one more than `MOST_WISHES`, however many are added at once. Nothing was written.
        """
        rows = self._wishes
        place = Path(["wishes", slug])
        fits = rows.wishes.exists() & (place.exists() | (size(rows.wishes) < MOST_WISHES))  # type: ignore[no-untyped-call]
        add: list[Action] = [place.set(place | to_text(now))]
        row = rows(self._key)
        if _held(lambda: row.update(actions=add, condition=fits)):
            return
        _held(lambda: rows(self._key).update(actions=[rows.wishes.set({})], condition=rows.wishes.does_not_exist()))
        if not _held(lambda: row.update(actions=add, condition=fits)):
            raise TooManyWishes(f"A wishlist holds {MOST_WISHES} products. Take one off first.")

    def drop_wish(self, slug: str) -> None:
        """Take a product off the wishlist, if it is on it (one write)."""
        if not _SLUG.fullmatch(slug):
            # What is no slug was never put on it; and DynamoDB would read brackets as a place in a list.
            return
        rows = self._wishes
        place = Path(["wishes", slug])
        _held(lambda: rows(self._key).update(actions=[place.remove()], condition=place.exists()))


def _held(write: Callable[[], object]) -> bool:
    """Write, and tell whether the condition held."""
    try:
        write()
    except UpdateError as error:
        if answered_code(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _saved(row: CartRow) -> SavedCart:
    return SavedCart(Cart.model_validate(json.loads(row.cart)), int(row.version), from_text(row.saved_at))
