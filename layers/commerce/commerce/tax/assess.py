"""What a sale owes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from importlib import resources

from commerce.kernel.money import Currency
from commerce.tax.model import TaxBucket, TaxedLine, TaxLine, TaxRate, TaxRates, TaxRecord, taxable_part

#: Kenya keeps UTC+3 all year; tax days are counted there.
NAIROBI = timezone(timedelta(hours=3), "Africa/Nairobi")


def tax_day(at: datetime) -> date:
    """Return the calendar day in Nairobi on which a moment falls.

    Raises
    ------
    ValueError
        When the moment has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone has no tax day")
    return at.astimezone(NAIROBI).date()


def assess(rates: TaxRates, lines: Iterable[TaxLine], at: datetime, currency: Currency) -> TaxRecord:
    """Work out the tax inside the lines' totals at the rates of the moment's day in Nairobi.

    Each line is rounded by itself; header and buckets are sums of lines, so no cent appears or is lost. Delivery is
    a line like any other.

    Raises
    ------
    ValueError
        When there is no line, a total is negative, or the moment has no time zone.
    LookupError
        When a class has no rate on that day.
    """
    day = tax_day(at)
    taxed: list[TaxedLine] = []
    applied: dict[str, TaxRate] = {}
    for line in lines:
        rate = rates.rate(line.tax_class, day)
        applied[rate.letter] = rate
        taxed.append(_tax_line(line, rate))
    if not taxed:
        raise ValueError("nothing to assess")
    return TaxRecord(
        day=day,
        currency=currency,
        lines=tuple(taxed),
        buckets=tuple(_bucket(applied[letter], taxed) for letter in sorted(applied)),
        **_sums(taxed),
    )


def parse_rates(text: str) -> TaxRates:
    """Read rates written in TOML.

    Raises
    ------
    pydantic.ValidationError
        Naming the keys that are missing, unknown or wrong.
    tomllib.TOMLDecodeError
        When it is no TOML.
    """
    return TaxRates.model_validate_json(json.dumps(tomllib.loads(text), default=str))


@cache
def load_rates() -> TaxRates:
    """Return the rates that ship with the shop (``rates.toml``); errors as of `parse_rates`."""
    return parse_rates(resources.files(__package__).joinpath("rates.toml").read_text("utf-8"))


def _tax_line(line: TaxLine, rate: TaxRate) -> TaxedLine:
    if line.total < 0:
        raise ValueError(f"{line.reference}: a line's total cannot be negative")
    taxable = taxable_part(line.total, rate.percent)
    return TaxedLine(
        reference=line.reference,
        tax_class=line.tax_class,
        letter=rate.letter,
        percent=rate.percent,
        taxable=taxable,
        tax=line.total - taxable,
        total=line.total,
    )


def _bucket(rate: TaxRate, lines: Sequence[TaxedLine]) -> TaxBucket:
    return TaxBucket(
        tax_class=rate.tax_class,
        letter=rate.letter,
        percent=rate.percent,
        legal_reference=rate.reference,
        **_sums([line for line in lines if line.tax_class is rate.tax_class]),
    )


def _sums(lines: Sequence[TaxedLine]) -> dict[str, int]:
    return {
        "taxable": sum(line.taxable for line in lines),
        "tax": sum(line.tax for line in lines),
        "total": sum(line.total for line in lines),
    }
