"""The board, page by page, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from commerce.board.model import BoardEntry, month_of
from commerce.board.search import Search
from commerce.board.store import Board, By, Place, Span, Stretch
from commerce.catalog.cursor import read_cursor, write_cursor
from commerce.kernel.clock import from_text, to_text
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.ids import is_order_number

MAX_LIMIT = 100
DEFAULT_LIMIT = 25
#: A page stops here even when it is not full, so that no search reads the whole board at once.
MAX_QUERIES = 20
#: How many orders one query examines when it looks for several things at once.
EXAMINED = 200
#: How far back a search goes that names neither buyer, status nor beginning.
MONTHS_BACK = 12

_PLACE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z#[0-9A-Z]{10}", re.ASCII)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)
#: Sorts before every order of a month.
_FOOT = "-01T00:00:00.000Z"
_LOWEST = "0000000000"


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Some orders, newest first. It may hold fewer than asked for; the list ends where there is no cursor."""

    items: tuple[BoardEntry, ...]
    next_cursor: str | None


def search_orders(
    board: Board, search: Search, *, now: datetime, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> BoardPage:
    """Return a page of the orders that have everything asked for.

    The most telling of e-mail, phone and status chooses the index, the others filter it. Without any of them it is all
    orders, month by month, from `search.start` on, else of the last twelve months.

    Raises
    ------
    InvalidRequest
        Field ``limit`` outside 1..100; field ``cursor`` when it does not come from a page of this search.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"A page holds 1 to {MAX_LIMIT} orders.", field="limit")
    after = _read_place(cursor, search, now) if cursor is not None else None
    if search.number is not None:
        entry = board.get(search.number)
        return BoardPage((entry,) if entry and search.finds(entry) else (), None)
    examine = limit + 1 if len(search.asked) <= 1 else EXAMINED
    found: list[BoardEntry] = []
    end: Place | None = None
    for query, stretch in enumerate(walk(board, search, now=now, after=after, examine=examine), start=1):
        found += stretch.found
        if len(found) > limit:
            found = found[:limit]
            end = Place(found[-1].placed_at, found[-1].number)
            break
        end = stretch.end
        if query == MAX_QUERIES:
            break
    return BoardPage(tuple(found), write_cursor(f"{end.placed_at}#{end.number}", search.scope) if end else None)


def walk(board: Board, search: Search, *, now: datetime, after: Place | None, examine: int) -> Iterator[Stretch]:
    """Go through everything that a search finds, query by query; the last stretch has no end."""
    span = _span(search, now)
    others = dict(search.asked)
    if others:
        by = next(iter(others))
        yield from board.stretches(by, others.pop(by), span, others=others, after=after, examine=examine)
        return
    month: By = "month"
    months = [each for each in _months(span, now) if after is None or each <= month_of(after.placed_at)]
    for each in months:
        here = after if after and month_of(after.placed_at) == each else None
        for stretch in board.stretches(month, each, span, others={}, after=here, examine=examine):
            over = stretch.end is None and each != months[-1]
            yield Stretch(stretch.found, Place(each + _FOOT, _LOWEST)) if over else stretch


def _span(search: Search, now: datetime) -> Span:
    start = search.start or (_FIRST if search.asked else _months_before(search.end or now))
    return Span(start, search.end or _LAST)


def _months_before(moment: datetime) -> datetime:
    count = moment.year * 12 + moment.month - 1 - MONTHS_BACK
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC) if count >= 12 else _FIRST


def _months(span: Span, now: datetime) -> list[str]:
    """Return the months of a span, newest first; nothing was placed after this one."""
    last = min(span.end, now)
    first, newest = (max(each, _FIRST).year * 12 + max(each, _FIRST).month - 1 for each in (span.start, last))
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(newest, first - 1, -1)]


def _read_place(cursor: str, search: Search, now: datetime) -> Place:
    placed_at, _, number = read_cursor(cursor, search.scope, form=_PLACE).partition("#")
    span = _span(search, now)
    try:
        sound = is_order_number(number) and to_text(from_text(placed_at)) == placed_at
        # DynamoDB refuses to go on from outside a query's bounds.
        inside = sound and to_text(span.start) <= placed_at <= to_text(span.end)
    except ValueError:
        inside = False
    if not inside:
        raise InvalidRequest("This is not where a page of this list ended. Start again without it.", field="cursor")
    return Place(placed_at, number)
