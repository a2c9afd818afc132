"""Products, their variants and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from commerce.catalog.names import Slug
from commerce.kernel.money import MINOR_PER_MAJOR, Currency
from commerce.tax.model import TaxClass

#: Tells how many units of each SKU can be sold now; the argument says over how many stock buckets each is spread.
Availability = Callable[[Mapping[str, int]], Mapping[str, int]]

#: As many variants can replace as many others in one commit of 100 writes, with the event and the categories.
MAX_VARIANTS = 40
#: Goods come in to all of them in one commit of 100 writes, with its event.
MAX_STOCK_BUCKETS = 96


def _payable(prices: dict[Currency, int]) -> dict[Currency, int]:
    if prices.get(Currency.KES, 0) % MINOR_PER_MAJOR:
        raise ValueError("a price in KES must be whole shillings: M-Pesa charges nothing smaller")
    return prices


Sku = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Line = Annotated[str, Field(min_length=1, max_length=120)]
#: Minor units per currency, tax included, above zero.
Prices = Annotated[
    dict[Currency, Annotated[int, Field(gt=0, le=10**12)]],
    Field(min_length=1, examples=[{"KES": 7_850_000, "USD": 60_500}]),
    AfterValidator(_payable),
]


class _Frozen(BaseModel):
    # Checkout imports this module for its offers and never builds a product.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


class Image(_Frozen):
    """A picture: where it is (a path of this site, or https), and what it shows for who cannot see it."""

    url: Annotated[str, Field(pattern=r"^(/|https://)\S+$", max_length=500, examples=["/images/thinkpad-t14.svg"])]
    alt: Annotated[str, Field(min_length=1, max_length=200)]


class Category(_Frozen):
    """A shelf of the shop; a product stands on exactly one."""

    slug: Slug
    name: Line


class Variant(_Frozen):
    """What is bought and counted: one SKU.

    Parameters
    ----------
    prices
        Minor units per currency, tax included.
    weight_grams
        Packed, as the carrier weighs it.
    stock_buckets
        Over how many rows its stock is spread: more for a SKU that many buy at once. It may grow, never shrink.
    """

    sku: Sku
    name: Line
    attributes: Annotated[dict[Line, Line], Field(max_length=20)] = {}
    prices: Prices
    weight_grams: Annotated[int, Field(gt=0, le=1_000_000)]
    stock_buckets: Annotated[int, Field(ge=1, le=MAX_STOCK_BUCKETS)] = 1


class Product(_Frozen):
    """One page of the shop, with its variants.

    Parameters
    ----------
    for_sale
        False takes the product off the shelf: it is neither shown nor sold, but its SKUs stay its own.
    """

    slug: Slug
    name: Line
    brand: Line
    category: Slug
    condition: Line
    summary: Annotated[str, Field(min_length=1, max_length=300)]
    description: Annotated[str, Field(max_length=10_000)]
    tax_class: TaxClass
    images: Annotated[tuple[Image, ...], Field(min_length=1, max_length=20)]
    variants: Annotated[tuple[Variant, ...], Field(min_length=1, max_length=MAX_VARIANTS)]
    for_sale: bool = True

    @model_validator(mode="after")
    def _must_have_distinct_skus(self) -> Self:
        if len({variant.sku for variant in self.variants}) < len(self.variants):
            raise ValueError("two variants have the same SKU")
        return self

    def price_from(self) -> dict[Currency, int]:
        """Return the lowest price per currency, in minor units."""
        lowest: dict[Currency, int] = {}
        for variant in self.variants:
            for currency, price in variant.prices.items():
                lowest[currency] = min(price, lowest.get(currency, price))
        return lowest

    def buckets(self) -> dict[str, int]:
        """Return over how many stock buckets each SKU is spread: what `Availability` asks for."""
        return {variant.sku: variant.stock_buckets for variant in self.variants}

    def search_text(self) -> str:
        """Return the text that is searched, folded as `search_words` folds what is asked for."""
        shelf = f"{self.category} {self.category.replace('-', ' ')}"
        skus = " ".join(variant.sku for variant in self.variants)
        return " ".join((self.name, self.brand, self.summary, shelf, skus)).casefold()


def search_words(text: str) -> tuple[str, ...]:
    """Return the distinct words of a search, folded so that case does not matter."""
    return tuple(dict.fromkeys(text.casefold().split()))


@dataclass(frozen=True, slots=True)
class Offer:
    """What checkout needs to know of a SKU; `prices` in minor units, tax included."""

    sku: str
    product: str
    name: str
    prices: dict[Currency, int]
    tax_class: TaxClass
    weight_grams: int
    stock_buckets: int
    category: str
    for_sale: bool
