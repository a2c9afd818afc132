"""What staff type into the board's search, and the table for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.board import export_orders
from commerce.board.export_orders import BYTE_ORDER_MARK, COLUMNS, csv_file, to_csv
from commerce.board.model import BoardEntry
from commerce.board.search import read_search
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency
from commerce.ordering.model import OrderStatus
from commerce.payments.model import AttemptState

ENTRY = BoardEntry(
    number="7K2M9QX4TD",
    status=OrderStatus.PROCESSING,
    placed_at="2026-11-22T09:00:00.000Z",
    changed_at="2026-11-22T09:01:00.000Z",
    name="Wanjiku Kamau",
    email="wanjiku@example.com",
    phone="+254712345678",
    country="KE",
    city="Nairobi",
    zone="nairobi_metro",
    goods="MUG x 2, PEN x 1",
    units=3,
    currency=Currency.KES,
    subtotal=150_050,
    discount=0,
    shipping=30_000,
    rounding=-50,
    tax=24_828,
    total=180_000,
    credit=0,
    due=180_000,
    paid=180_000,
    refunded=0,
    voucher=None,
    method="mpesa",
    payment=AttemptState.SUCCEEDED,
    attention=False,
)


@pytest.mark.parametrize("written", ["7K2M9QX4TD", "7k2m9qx4td", "  7K2M9QX4TD ", "7K2M9QX4TD\n"])
def test_a_number_is_read_as_people_write_it(written: str) -> None:
    assert read_search(number=written).number == "7K2M9QX4TD"


def test_letters_that_no_number_has_are_what_they_look_like() -> None:
    assert read_search(number="ILO0000000").number == "1100000000"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0712 345 678", "+254712345678"),
        ("0712-345-678", "+254712345678"),
        ("254712345678", "+254712345678"),
        ("+254 712 345678", "+254712345678"),
        (" 254712345678", "+254712345678"),
        ("712345678", "+254712345678"),
        ("+44 20 7946 0000", "+442079460000"),
        ("44 20 7946 0000", "+442079460000"),
        ("0044 20 7946 0000", "+442079460000"),
    ],
)
def test_a_phone_is_read_as_people_write_it(written: str, read: str) -> None:
    assert read_search(phone=written).phone == read


def test_an_email_is_folded() -> None:
    assert read_search(email=" Wanjiku@Example.COM ").email == "wanjiku@example.com"


def test_days_count_whole_and_moments_in_their_zone() -> None:
    search = read_search(start="2026-11-01", end="2026-11-30")
    assert search.start == datetime(2026, 11, 1, tzinfo=UTC)
    assert search.end == datetime(2026, 11, 30, 23, 59, 59, 999_000, tzinfo=UTC)
    assert read_search(start="2026-11-22T00:00:00+03:00").start == datetime(2026, 11, 21, 21, tzinfo=UTC)
    assert read_search(end="2026-11-22T00:00").end == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"number": "7K2M"}, "number"),
        ({"number": "7K2M9QX4T!"}, "number"),
        ({"phone": "none"}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"start": "yesterday"}, "from"),
        ({"start": "2026-13-01"}, "from"),
        ({"end": "2026-02-30"}, "to"),
        ({"end": "9999-12-31T23:59:59-12:00"}, "to"),
        ({"start": "2026-11-02", "end": "2026-11-01"}, "to"),
    ],
)
def test_what_cannot_be_read_is_named(typed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_search(**typed)
    assert refused.value.field == field


@given(st.sampled_from(["number", "phone", "email", "start", "end"]), st.text(max_size=40))
def test_no_text_breaks_the_search(name: str, text: str) -> None:
    typed: dict[str, Any] = {name: text}
    try:
        read_search(**typed)
    except InvalidRequest as refused:
        assert refused.field in ("number", "phone", "from", "to")


def table(*entries: BoardEntry) -> list[list[str]]:
    text = "".join(to_csv(entries))
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


def test_the_table_has_amounts_in_minor_and_major_units() -> None:
    header, row = table(ENTRY)
    assert tuple(header) == COLUMNS
    cells = dict(zip(header, row, strict=True))
    assert (cells["number"], cells["total_minor"], cells["total"]) == ("7K2M9QX4TD", "180000", "1800.00")
    assert (cells["subtotal"], cells["rounding_minor"], cells["rounding"]) == ("1500.50", "-50", "-0.50")
    assert (cells["goods"], cells["units"], cells["phone"]) == ("MUG x 2, PEN x 1", "3", "'+254712345678")


def test_a_file_that_no_function_could_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function's answer has 6 MB at most: one that is larger would be an error in nobody's words."""
    entry = ENTRY.model_copy(update={"name": "\u1230" * 120})
    size = len("".join(to_csv([entry])).encode())
    monkeypatch.setattr(export_orders, "LARGEST_FILE", size)
    assert csv_file([entry]) == "".join(to_csv([entry]))
    monkeypatch.setattr(export_orders, "LARGEST_FILE", size - 1)
    with pytest.raises(InvalidRequest) as refused:
        csv_file([entry])
    assert refused.value.field == "from"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start: str) -> None:
    evil = f'{start}HYPERLINK("http://evil")'
    changes = {"name": evil, "city": evil, "email": evil, "voucher": evil, "goods": evil}
    header, row = table(ENTRY.model_copy(update=changes))
    for name in changes:
        assert row[header.index(name)] == "'" + evil


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_people_call_themselves_comes_back_whole(name: str, city: str) -> None:
    header, row, other = table(ENTRY.model_copy(update={"name": name, "city": city}), ENTRY)
    assert _armed(row[header.index("name")]) == _armed(name)
    assert _armed(row[header.index("city")]) == _armed(city)
    assert other[0] == ENTRY.number


def _armed(text: str) -> str:
    """Return a text without the apostrophes that disarm formulas: at a cell's start, and after what may part cells."""
    return re.sub(r"(?:^|(?<=[;\t\r\n]))'+", "", text)
