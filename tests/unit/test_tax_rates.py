"""A wrong rate file stops the shop, and says where it is wrong."""

from __future__ import annotations

import tomllib

import pytest
from pydantic import ValidationError

from commerce.tax.assess import parse_rates

GOOD = """
[[rates]]
tax_class = "standard"
letter = "B"
percent = "16"
valid_from = 2020-01-01
valid_until = 2020-12-31
reference = "a law"
"""


def test_a_good_file_is_read() -> None:
    assert len(parse_rates(GOOD).rates) == 1


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ('percent = "16"', 'percent = "sixteen"', "rates.0.percent"),
        ('percent = "16"', 'percent = "-1"', "rates.0.percent"),
        ('percent = "16"', 'percent = "100"', "rates.0.percent"),
        ('percent = "16"', 'percent = "0"', "rates.0"),
        ('letter = "B"', 'letter = "C"', "rates.0"),
        ('letter = "B"', 'letter = "Z"', "rates.0.letter"),
        ('tax_class = "standard"', 'tax_class = "luxury"', "rates.0.tax_class"),
        ("valid_from = 2020-01-01", "", "rates.0.valid_from"),
        ("valid_from = 2020-01-01", "valid_from = 2021-01-01", "valid_until lies before"),
        ('reference = "a law"', 'reference = ""', "rates.0.reference"),
        ('reference = "a law"', 'reference = "a law"\nextra = 1', "rates.0.extra"),
    ],
)
def test_a_bad_key_is_named(was: str, becomes: str, named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parse_rates(GOOD.replace(was, becomes))
    assert named in str(refused.value)
    assert "rates.toml" in str(refused.value)


def test_two_rates_of_a_class_cannot_share_a_day() -> None:
    with pytest.raises(ValidationError, match="another rate on the same days"):
        parse_rates(GOOD + GOOD.replace("2020-01-01", "2020-12-31").replace("valid_until = 2020-12-31", ""))


def test_a_file_without_rates_or_without_sense_is_refused() -> None:
    with pytest.raises(ValidationError, match="rates"):
        parse_rates("rates = []")
    with pytest.raises(tomllib.TOMLDecodeError):
        parse_rates("[[rates")
