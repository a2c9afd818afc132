"""Orders as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from commerce.board.model import BoardEntry
from commerce.board.search import Search
from commerce.board.search_orders import walk
from commerce.board.store import Board
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import MINOR_PER_MAJOR

#: A row has about 400 bytes, but twenty long SKUs make one of 2,000.
MOST_ROWS = 5_000
#: A function's answer may have 6 MB, its envelope and escapes counted; one that is larger is lost with an error.
LARGEST_FILE = 5_000_000
_EXAMINED = 500
#: Excel takes a file for UTF-8 only when it starts so.
BYTE_ORDER_MARK = "\ufeff"
#: Where a cell begins as a formula does to a spreadsheet, full-width signs among them (OWASP, CSV injection): at the
#: text's start, and after whatever else may part cells. Where numbers have a decimal comma that is a semicolon, and
#: quotes that do not follow one hold nothing together.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[\s\"']*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")

_TEXTS = ("number", "placed_at", "status", "payment", "method", "name", "email", "phone", "country", "city", "zone")
_AMOUNTS = ("subtotal", "discount", "shipping", "rounding", "tax", "total", "credit", "due", "paid", "refunded")
COLUMNS = (
    *_TEXTS, "goods", "units", "voucher", "currency",
    *(f"{amount}_minor" for amount in _AMOUNTS), *_AMOUNTS, "attention", "changed_at",
)  # fmt: skip


def export_orders(board: Board, search: Search, *, now: datetime) -> list[BoardEntry]:
    """Return every order that a search finds, newest first.

    Raises
    ------
    InvalidRequest
        Field ``from`` when there are more than `MOST_ROWS`: a table that is cut off would be taken for the whole.
    """
    if search.number is not None:
        entry = board.get(search.number)
        return [entry] if entry and search.finds(entry) else []
    found: list[BoardEntry] = []
    for stretch in walk(board, search, now=now, after=None, examine=_EXAMINED):
        found += stretch.found
        if len(found) > MOST_ROWS:
            raise InvalidRequest(f"More than {MOST_ROWS:,} orders match. Choose fewer days.", field="from")
    return found


def csv_file(entries: Iterable[BoardEntry]) -> str:
    """Return orders as CSV, as `to_csv` writes it, small enough to be answered.

    Raises
    ------
    InvalidRequest
        Field ``from`` when it has more than `LARGEST_FILE` bytes.
    """
    text = "".join(to_csv(entries))
    if len(text.encode()) > LARGEST_FILE:
        raise InvalidRequest("These orders make too large a file. Choose fewer days.", field="from")
    return text


def to_csv(entries: Iterable[BoardEntry]) -> Iterator[str]:
    """Write orders as CSV, a row at a time, with its header: amounts in minor units, then in major ones.

    What a spreadsheet would take for a formula gets an apostrophe before it; the phone's plus is one.
    """
    yield BYTE_ORDER_MARK + _row(COLUMNS)
    for entry in entries:
        amounts = [getattr(entry, amount) for amount in _AMOUNTS]
        yield _row(
            (
                *(_text(getattr(entry, name)) for name in _TEXTS),
                _text(entry.goods),
                entry.units,
                _text(entry.voucher or ""),
                entry.currency.value,
                *amounts,
                *(_major(amount) for amount in amounts),
                "yes" if entry.attention else "",
                entry.changed_at,
            )
        )


def _row(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _text(value: str) -> str:
    return _FORMULA.sub("'", value)


def _major(amount: int) -> str:
    major, minor = divmod(abs(amount), MINOR_PER_MAJOR)
    return f"{'-' if amount < 0 else ''}{major}.{minor:02d}"
