"""A wishlist and a saved cart. They promise nothing: prices and stock are the checkout's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from commerce.kernel.money import Currency

MOST_WISHES = 200
#: A cart that is larger than what checkout takes could not be bought.
MOST_LINES = 20
MOST_UNITS = 100

SkuText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class CartLine(_Record):
    """Units of one SKU."""

    sku: SkuText
    quantity: int = Field(ge=1, le=MOST_UNITS)


class Cart(_Record):
    """What a customer means to buy, and in which currency they look at it."""

    items: list[CartLine] = Field(max_length=MOST_LINES)
    currency: Currency

    @field_validator("currency", mode="before")
    @classmethod
    def _known_currency(cls, value: object) -> object:
        return Currency(value) if isinstance(value, str) and value in list(Currency) else value

    @model_validator(mode="after")
    def _one_line_for_each_sku(self) -> Self:
        if len({line.sku for line in self.items}) < len(self.items):
            raise ValueError("items: a SKU stands here twice")
        return self


@dataclass(frozen=True, slots=True)
class SavedCart:
    """A cart as it was saved; `version` counts how often, so that a device can tell that another one saved since."""

    cart: Cart
    version: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """A product on a wishlist."""

    slug: str
    added_at: datetime
