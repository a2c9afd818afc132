"""Money as integer minor units with its currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Currency(StrEnum):
    """ISO 4217 codes the shop sells in. Both have two decimals: one major unit is 100 minor units."""

    KES = "KES"
    USD = "USD"


MINOR_PER_MAJOR = 100


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of one currency.

    Raises
    ------
    ValueError
        When two currencies are mixed.
    TypeError
        When the amount is not an integer: fractions of a cent do not exist here.
    """

    amount: int
    currency: Currency

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise TypeError("money is a whole number of minor units")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.amount * count, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __str__(self) -> str:
        major, minor = divmod(abs(self.amount), MINOR_PER_MAJOR)
        sign = "-" if self.amount < 0 else ""
        cents = f".{minor:02d}" if minor or self.currency is not Currency.KES else ""
        return f"{self.currency} {sign}{major:,}{cents}"

    @property
    def whole_units(self) -> int:
        """The major units (shillings, dollars), the rest cut off: what M-Pesa can charge."""
        return self.amount // MINOR_PER_MAJOR

    def _same(self, other: Money) -> int:
        if other.currency is not self.currency:
            raise ValueError(f"{other.currency} cannot be mixed with {self.currency}")
        return other.amount


def round_half_up(value: Decimal) -> int:
    """Round to a whole minor unit, halves away from zero: the rule of KRA's tax calculation (provider facts, 5.1)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
