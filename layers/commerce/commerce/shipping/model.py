"""Delivery zones and what delivery costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import MINOR_PER_MAJOR, Currency
from commerce.tax.model import TaxClass

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Text = Annotated[str, Field(min_length=1, max_length=80)]
ZoneName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Prices = dict[Currency, Annotated[int, Field(ge=0)]]


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of delivering one order to a zone.

    Parameters
    ----------
    amount
        Minor units, tax included; 0 where the goods' total reaches `free_from`.
    free_from
        The goods' total in minor units from which delivery is free; None where it never is.
    """

    zone: str
    label: str
    carrier: str
    estimate: str
    tracked: bool
    amount: int
    currency: Currency
    free_from: int | None
    tax_class: TaxClass


class Zone(BaseModel):
    """A part of the world with one carrier, one price per currency and one delivery time."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    label: Text
    carrier: Text
    estimate: Text
    tracked: bool
    tax_class: TaxClass
    prices: Annotated[Prices, Field(min_length=1)]
    free_from: Prices = {}
    countries: frozenset[Country] = frozenset()
    not_countries: frozenset[Country] = frozenset()

    @model_validator(mode="after")
    def _must_be_payable(self) -> Self:
        for key in ("prices", "free_from"):
            if getattr(self, key).get(Currency.KES, 0) % MINOR_PER_MAJOR:
                raise ValueError(f"{key}.KES must be whole shillings, as M-Pesa charges them")
        if unpriced := self.free_from.keys() - self.prices.keys():
            raise ValueError(f"free_from.{min(unpriced)} has no price in that currency")
        if self.countries and self.not_countries:
            raise ValueError("give either countries or not_countries")
        return self

    def delivers_to(self, country: str) -> bool:
        """Tell whether parcels of this zone may go to a country (ISO 3166, two letters)."""
        return country in self.countries if self.countries else country not in self.not_countries


class ShippingConfig(BaseModel):
    """All zones by name."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", title="zones.toml")

    zones: Annotated[dict[ZoneName, Zone], Field(min_length=1)]

    def zone(self, name: str, *, field: str = "zone") -> Zone:
        """Return a zone by its name.

        Raises
        ------
        InvalidRequest
            When there is no such zone; `field` says where the name stood in the request.
        """
        try:
            return self.zones[name]
        except KeyError:
            raise InvalidRequest(f"Choose a delivery zone: {', '.join(self.zones)}.", field=field) from None


def check_address(zone: Zone, country: str, *, field: str = "shipping.address.country") -> None:
    """Refuse an address that the zone's carrier does not serve.

    Raises
    ------
    InvalidRequest
        When `country` is no two-letter code in capitals, or the zone does not deliver there.
    """
    if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
        raise InvalidRequest("Write the country as its two-letter code, as in KE.", field=field)
    if not zone.delivers_to(country):
        raise InvalidRequest(f"The zone {zone.label} does not deliver to {country}.", field=field)
