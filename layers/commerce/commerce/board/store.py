"""The board table: a row per order, found by number, e-mail, phone, status or month, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Literal

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from commerce.board.model import BoardEntry
from commerce.kernel.clock import to_text
from commerce.kernel.tables import Database, answered_code

By = Literal["email", "phone", "status", "month"]


class EmailIndex(GlobalSecondaryIndex["BoardRow"]):  # type: ignore[no-untyped-call]
    """A buyer's orders by e-mail address."""

    class Meta:
        """Index name and projection."""

        index_name = "by_email"
        projection = AllProjection()

    email = UnicodeAttribute(hash_key=True)
    placed_at = UnicodeAttribute(range_key=True)


class PhoneIndex(GlobalSecondaryIndex["BoardRow"]):  # type: ignore[no-untyped-call]
    """A buyer's orders by phone number."""

    class Meta:
        """Index name and projection."""

        index_name = "by_phone"
        projection = AllProjection()

    phone = UnicodeAttribute(hash_key=True)
    placed_at = UnicodeAttribute(range_key=True)


class StatusIndex(GlobalSecondaryIndex["BoardRow"]):  # type: ignore[no-untyped-call]
    """Orders that stand alike."""

    class Meta:
        """Index name and projection."""

        index_name = "by_status"
        projection = AllProjection()

    status = UnicodeAttribute(hash_key=True)
    placed_at = UnicodeAttribute(range_key=True)


class MonthIndex(GlobalSecondaryIndex["BoardRow"]):  # type: ignore[no-untyped-call]
    """All orders, month by month."""

    class Meta:
        """Index name and projection."""

        index_name = "by_month"
        projection = AllProjection()

    month = UnicodeAttribute(hash_key=True)
    placed_at = UnicodeAttribute(range_key=True)


class BoardRow(Model):
    """An order's entry as one JSON text, and what it is found by.

    `version` is an order version that the entry is at least as new as.
    """

    pk = UnicodeAttribute(hash_key=True)
    version = NumberAttribute()
    email = UnicodeAttribute()
    phone = UnicodeAttribute()
    status = UnicodeAttribute()
    month = UnicodeAttribute()
    placed_at = UnicodeAttribute()
    document = UnicodeAttribute()
    by_email = EmailIndex()
    by_phone = PhoneIndex()
    by_status = StatusIndex()
    by_month = MonthIndex()


@dataclass(frozen=True, slots=True)
class Span:
    """The moments that count, both ends included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list stands: an order's moment and number. The next one is older, or of a smaller number."""

    placed_at: str
    number: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries found by one query, newest first; `end` is where the next one starts, None at the list's end."""

    found: tuple[BoardEntry, ...]
    end: Place | None


class Board:
    """Keeps the board and looks orders up on it."""

    def __init__(self, database: Database) -> None:
        self._rows = database.bind(BoardRow, "board")

    def put(self, entry: BoardEntry, version: int) -> bool:
        """Write an entry that is at least as new as an order version; False when the board has a newer one."""
        row = self._rows(
            _key(entry.number),
            version=version,
            email=entry.email,
            phone=entry.phone,
            status=entry.status.value,
            month=entry.month,
            placed_at=entry.placed_at,
            document=entry.model_dump_json(),
        )
        try:
            row.save(condition=self._rows.pk.does_not_exist() | (self._rows.version <= version))
        except PutError as error:
            if answered_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def get(self, number: str) -> BoardEntry | None:
        """Return an order's entry; None when the board does not show it (one read)."""
        try:
            return _entry(self._rows.get(_key(number), consistent_read=True))
        except self._rows.DoesNotExist:
            return None

    def version(self, number: str) -> int | None:
        """Return an order version that its entry is at least as new as; None when the board does not show it."""
        try:
            return int(self._rows.get(_key(number), consistent_read=True).version)
        except self._rows.DoesNotExist:
            return None

    def stretches(
        self, by: By, value: str, span: Span, *, others: dict[By, str], after: Place | None, examine: int
    ) -> Iterator[Stretch]:
        """Go through the orders of one e-mail, phone, status or month, newest first, `examine` of them by each query.

        A query reads what it examines whether it has the `others` too or not, so the caller decides when to stop.
        """
        index = getattr(self._rows, f"by_{by}")
        wanted = [getattr(self._rows, name) == other for name, other in others.items()]
        pages = index.query(
            value,
            range_key_condition=self._rows.placed_at.between(to_text(span.start), to_text(span.end)),
            filter_condition=reduce(and_, wanted) if wanted else None,
            scan_index_forward=False,
            last_evaluated_key=_start_key(by, value, after) if after else None,
            page_size=examine,
        ).page_iter
        for page in pages:
            last = pages.last_evaluated_key
            yield Stretch(
                found=tuple(BoardEntry.model_validate_json(item["document"]["S"]) for item in page["Items"]),
                end=Place(last["placed_at"]["S"], last["pk"]["S"].removeprefix("ORDER#")) if last else None,
            )


def _key(number: str) -> str:
    return f"ORDER#{number}"


def _entry(row: BoardRow) -> BoardEntry:
    return BoardEntry.model_validate_json(row.document)


def _start_key(by: By, value: str, after: Place) -> dict[str, dict[str, Any]]:
    return {"pk": {"S": _key(after.number)}, by: {"S": value}, "placed_at": {"S": after.placed_at}}
