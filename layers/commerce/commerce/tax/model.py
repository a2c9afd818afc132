"""Value added tax: dated rates, and what a sale owes. Prices include their tax."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.kernel.money import Currency, round_half_up


class TaxClass(StrEnum):
    """How a supply is taxed; the rate of a class changes over the years."""

    STANDARD = "standard"
    ZERO = "zero"
    EXEMPT = "exempt"
    REDUCED = "reduced"


#: KRA's tax types: A exempt, B standard, C zero-rated, E reduced (provider facts, 5.1).
Letter = Literal["A", "B", "C", "E"]
LETTERS: dict[TaxClass, Letter] = {
    TaxClass.EXEMPT: "A",
    TaxClass.STANDARD: "B",
    TaxClass.ZERO: "C",
    TaxClass.REDUCED: "E",
}
UNTAXED = frozenset({TaxClass.ZERO, TaxClass.EXEMPT})

Cents = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class TaxRate(_Frozen):
    """The rate of a class over a period of calendar days in Nairobi, both ends included.

    Parameters
    ----------
    percent
        Per cent of the price without tax, as in 16.
    valid_until
        The last day; None while no end is known.
    reference
        The law that sets it.
    """

    tax_class: TaxClass
    letter: Letter
    percent: Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)]
    valid_from: date
    valid_until: date | None = None
    reference: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _must_be_consistent(self) -> Self:
        if self.letter != LETTERS[self.tax_class]:
            raise ValueError(f"the letter of class {self.tax_class} is {LETTERS[self.tax_class]}")
        if (self.percent == 0) != (self.tax_class in UNTAXED):
            raise ValueError(f"{self.percent} % cannot be the rate of class {self.tax_class}")
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self

    def covers(self, day: date) -> bool:
        """Tell whether the rate applies on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class TaxRates(_Frozen):
    """All dated rates; no class has two on one day."""

    model_config = ConfigDict(title="rates.toml")

    rates: Annotated[tuple[TaxRate, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _must_not_overlap(self) -> Self:
        for place, rate in enumerate(self.rates):
            for other in self.rates[:place]:
                if other.tax_class is rate.tax_class and (
                    other.covers(rate.valid_from) or rate.covers(other.valid_from)
                ):
                    raise ValueError(f"rates.{place}: class {rate.tax_class} has another rate on the same days")
        return self

    def rate(self, tax_class: TaxClass, day: date) -> TaxRate:
        """Return the rate of a class on a calendar day in Nairobi.

        Raises
        ------
        LookupError
            When no rate is configured for that day: nothing may be sold untaxed by accident.
        """
        for rate in self.rates:
            if rate.tax_class is tax_class and rate.covers(day):
                return rate
        raise LookupError(f"rates.toml has no {tax_class} rate for {day}")


@dataclass(frozen=True, slots=True)
class TaxLine:
    """What is sold, as far as tax is concerned: `total` is what the buyer pays for the line, in minor units."""

    reference: str
    tax_class: TaxClass
    total: int


class TaxedAmounts(_Frozen):
    """Amounts in minor units; always taxable + tax = total."""

    taxable: Cents
    tax: Cents
    total: Cents

    @model_validator(mode="after")
    def _must_add_up(self) -> Self:
        if self.taxable + self.tax != self.total:
            raise ValueError("taxable and tax do not add up to the total")
        return self


class TaxedLine(TaxedAmounts):
    """A line with its tax; `reference` is the SKU, or ``shipping``."""

    reference: str
    tax_class: TaxClass
    letter: Letter
    percent: Decimal


class TaxBucket(TaxedAmounts):
    """The sum of the lines of one class, as a fiscal invoice shows it by letter."""

    tax_class: TaxClass
    letter: Letter
    percent: Decimal
    legal_reference: str


class TaxRecord(TaxedAmounts):
    """What a sale owes: header amounts are the sums of the lines, and so of the buckets.

    Parameters
    ----------
    day
        The calendar day in Nairobi whose rates were applied.
    buckets
        One for each class that occurs, by letter.
    """

    day: date
    currency: Currency
    lines: tuple[TaxedLine, ...]
    buckets: tuple[TaxBucket, ...]


def taxable_part(total: int, percent: Decimal) -> int:
    """Return the part of a tax-inclusive total, in minor units, that is taxed: half-up to the cent.

    KRA computes ``taxblAmt = round(totAmt / 1.16, 2)`` and refuses an invoice that differs by a cent
    (provider facts, 5.1).
    """
    return round_half_up(Decimal(total) * 100 / (100 + percent))
