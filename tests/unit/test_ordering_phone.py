"""Telephone numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.ordering.phone import contact_number, kenyan_mobile, masked


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0712345678", "254712345678"),
        ("0112345678", "254112345678"),
        ("712345678", "254712345678"),
        ("112345678", "254112345678"),
        ("254712345678", "254712345678"),
        ("+254712345678", "254712345678"),
        ("+254 712 345 678", "254712345678"),
        ("0712-345-678", "254712345678"),
        ("(0712) 345.678", "254712345678"),
        (" 0712 345 678 ", "254712345678"),
        ("0712\u00a0345\u00a0678", "254712345678"),
        ("+254\u202f712\u2009345\u2009678", "254712345678"),
    ],
)
def test_kenyan_numbers(text: str, number: str) -> None:
    assert kenyan_mobile(text) == number
    assert contact_number(text) == f"+{number}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "07123456",
        "07123456789",
        "0812345678",
        "0202345678",
        "00254712345678",
        "+2540712345678",
        "+255712345678",
        "0712345678x",
        "07123٤٥٦٧٨",
        "٠٧١٢٣٤٥٦٧٨",
        "++254712345678",
        "254254712345678",
    ],
)
def test_not_a_kenyan_mobile_number(text: str) -> None:
    with pytest.raises(ValueError, match="0712 345 678"):
        kenyan_mobile(text)


@pytest.mark.parametrize(
    ("text", "number"), [("+1 (202) 555-0100", "+12025550100"), ("+255 712 345 678", "+255712345678")]
)
def test_contact_from_elsewhere(text: str, number: str) -> None:
    assert contact_number(text) == number


@pytest.mark.parametrize("text", ["202 555 0100", "+0123456789", "+254 20 1234567", "+1", "+٢٥٥٧١٢٣٤٥٦٧٨", "+1" * 9])
def test_no_contact_number(text: str) -> None:
    with pytest.raises(ValueError, match="0712 345 678"):
        contact_number(text)


@given(st.from_regex(r"(\+?254|0)?[71][0-9]{8}", fullmatch=True))
def test_normal_form_is_final(text: str) -> None:
    number = kenyan_mobile(text)
    assert kenyan_mobile(number) == number
    assert number.isascii()
    assert len(number) == 12


def test_masked() -> None:
    assert masked("254712345678") == "•" * 9 + "678"
    assert masked("12") == "12"
