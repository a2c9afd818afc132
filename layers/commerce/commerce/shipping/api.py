"""Delivery prices as the API shows them. Amounts are integer minor units (KES cents, USD cents), tax included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.money import Currency
from commerce.shipping.model import Quote


class ShippingQuote(BaseModel):
    """The price of delivering one order to a zone."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    zone: Annotated[str, Field(description="What checkout takes as `shipping.zone`.", examples=["nairobi_metro"])]
    label: Annotated[str, Field(examples=["Nairobi Metro"])]
    carrier: Annotated[str, Field(examples=["Local courier"])]
    estimate: Annotated[str, Field(examples=["within 24 hours"])]
    tracked: bool
    amount: Annotated[int, Field(description="Minor units, tax included.", examples=[30_000])]
    currency: Currency
    free_from: Annotated[
        int | None, Field(description="The goods' total from which delivery is free; null where it never is.")
    ]


class ShippingQuoteList(BaseModel):
    """Quotes of the zones that are priced in the currency."""

    model_config = ConfigDict(frozen=True)

    items: list[ShippingQuote]

    @classmethod
    def of(cls, quotes: Iterable[Quote]) -> Self:
        """Show quotes."""
        return cls(items=[ShippingQuote.model_validate(quote) for quote in quotes])
