"""A customer's notes as the API shows them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from commerce.customers.model import Cart, CartLine, SavedCart, Wish
from commerce.kernel.clock import to_text
from commerce.kernel.money import Currency

Version = Annotated[
    int,
    Field(
        ge=0,
        description="How often the cart was saved. Send it back (or as If-Match) and nobody else's change is lost.",
        examples=[3],
    ),
]


class CartRequest(Cart):
    """A cart to save. Without `version` (and If-Match) it replaces whatever there is."""

    version: Version | None = None

    def cart(self) -> Cart:
        """Return what is saved."""
        return Cart(items=self.items, currency=self.currency)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class CartView(_Answer):
    """A saved cart; empty, with version 0, for who never saved one. The header ETag holds the version too."""

    items: list[CartLine]
    currency: Currency | None
    version: Version
    saved_at: str | None

    @classmethod
    def of(cls, saved: SavedCart | None) -> Self:
        """Show a cart, or that there is none."""
        if saved is None:
            return cls(items=[], currency=None, version=0, saved_at=None)
        return cls(
            items=saved.cart.items,
            currency=saved.cart.currency,
            version=saved.version,
            saved_at=to_text(saved.saved_at),
        )


class WishView(_Answer):
    """A product on the wishlist, by its slug."""

    slug: Annotated[str, Field(examples=["thinkpad-t14-gen-3"])]
    added_at: str

    @classmethod
    def of(cls, wish: Wish) -> Self:
        """Show a wish."""
        return cls(slug=wish.slug, added_at=to_text(wish.added_at))


class WishList(_Answer):
    """A wishlist, newest first."""

    items: list[WishView]

    @classmethod
    def of(cls, wishes: list[Wish]) -> Self:
        """Show a wishlist."""
        return cls(items=[WishView.of(wish) for wish in wishes])


class MeView(_Answer):
    """Who is signed in, as the verified token says."""

    subject: str
    email: Annotated[str | None, Field(description="Null unless the identity provider verified it.")]
