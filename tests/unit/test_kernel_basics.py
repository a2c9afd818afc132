"""Money, identifiers and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.clock import from_text, to_text
from commerce.kernel.ids import (
    NUMBER_LENGTH,
    is_order_number,
    number_from_hex,
    number_to_hex,
    order_id,
    order_number,
    spread,
)
from commerce.kernel.money import Currency, Money, round_half_up

KES = Currency.KES


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(0, KES), "KES 0"),
        (Money(180_000, KES), "KES 1,800"),
        (Money(180_050, KES), "KES 1,800.50"),
        (Money(-5, KES), "KES -0.05"),
        (Money(3_500, Currency.USD), "USD 35.00"),
        (Money(123_456_789, Currency.USD), "USD 1,234,567.89"),
    ],
)
def test_money_reads_as_people_write_it(money: Money, text: str) -> None:
    assert str(money) == text


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1), None])
def test_money_is_whole(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, KES)  # type: ignore[arg-type]


def test_currencies_do_not_mix() -> None:
    for mix in (Money.__add__, Money.__sub__, Money.__lt__):
        with pytest.raises(ValueError, match="mixed"):
            mix(Money(1, KES), Money(1, Currency.USD))


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("0.49", 0)])
def test_halves_go_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded


@given(st.text(min_size=1), st.integers(0, 3))
def test_order_numbers_are_readable_and_repeatable(key: str, probe: int) -> None:
    identity = order_id("guest", key)
    number = order_number(identity, probe)
    assert len(number) == NUMBER_LENGTH
    assert is_order_number(number)
    assert not set(number) & set("ILOU")
    assert number == order_number(order_id("guest", key), probe)
    assert number_from_hex(number_to_hex(number)) == number


def test_order_numbers_of_probes_and_keys_differ() -> None:
    numbers = {order_number(order_id("guest", f"key {key}"), probe) for key in range(2_000) for probe in range(3)}
    assert len(numbers) == 6_000


def test_key_of_one_caller_is_not_anothers() -> None:
    assert order_id("a", "b:c") != order_id("a:b", "c")
    assert order_id("guest", "1") != order_id("guest1", "")


@pytest.mark.parametrize("text", ["", "ABC", "abcdefghjk", "ABCDEFGHIJ", "0123456789A", "012345678\n", "٠١٢٣٤٥٦٧٨٩"])
def test_what_is_no_order_number(text: str) -> None:
    assert not is_order_number(text)


@given(st.text(), st.integers(1, 64))
def test_spread_stays_within_its_places(key: str, over: int) -> None:
    assert 0 <= spread(key, over) < over


def test_spread_is_even_enough() -> None:
    counts = [0] * 8
    for key in range(8_000):
        counts[spread(f"order {key}", 8)] += 1
    assert min(counts) > 850


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-12, 14))
def test_time_survives_its_text_to_the_millisecond(moment: datetime, hours: int) -> None:
    here = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    text = to_text(here)
    assert text.endswith("Z")
    assert timedelta(0) <= here - from_text(text) < timedelta(milliseconds=1)


@given(st.lists(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1)), max_size=9))
def test_time_as_text_sorts_as_time_does(moments: list[datetime]) -> None:
    aware = sorted(moment.replace(tzinfo=UTC) for moment in moments)
    assert [to_text(moment) for moment in aware] == sorted(to_text(moment) for moment in aware)
