"""What staff look for on the board, read from what they type."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from commerce.board.model import BoardEntry, fold_email
from commerce.board.store import By
from commerce.kernel.clock import from_text, to_text
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.ids import is_order_number
from commerce.ordering.model import OrderStatus
from commerce.ordering.phone import contact_number

#: What people read for one another in an order number, whose alphabet has neither I, L nor O (Crockford's base 32).
_MISREAD = str.maketrans("ILO", "110")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Search:
    """What an order must have to be found; None asks for nothing.

    Parameters
    ----------
    email, phone
        As the board keeps them: folded, and in international form.
    start, end
        The first and the last moment at which it may have been placed.
    """

    number: str | None = None
    email: str | None = None
    phone: str | None = None
    status: OrderStatus | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def asked(self) -> dict[By, str]:
        """What is asked for of those the board has an index of, the most telling first."""
        status = self.status.value if self.status else None
        values: dict[By, str | None] = {"email": self.email, "phone": self.phone, "status": status}
        return {by: value for by, value in values.items() if value is not None}

    @property
    def scope(self) -> str:
        """The search as text, which binds a cursor to it."""
        times = [to_text(moment) if moment else None for moment in (self.start, self.end)]
        return json.dumps([self.number, self.asked, times])

    def finds(self, entry: BoardEntry) -> bool:
        """Tell whether an entry has everything that is asked for."""
        placed = from_text(entry.placed_at)
        return (
            self.number in (None, entry.number)
            and self.email in (None, entry.email)
            and self.phone in (None, entry.phone)
            and self.status in (None, entry.status)
            and (self.start is None or self.start <= placed)
            and (self.end is None or placed <= self.end)
        )


def read_search(
    *,
    number: str = "",
    email: str = "",
    phone: str = "",
    status: OrderStatus | None = None,
    start: str = "",
    end: str = "",
) -> Search:
    """Read a search as people write it; what is empty is not asked for.

    Numbers may be in small letters; phones as in `contact_number`, or international without the plus; `start` and `end`
    are moments or days in ISO 8601, in UTC where they name no zone, and a day counts from its first moment to its last.

    Raises
    ------
    InvalidRequest
        Naming the field that cannot be read: ``number``, ``phone``, ``from`` or ``to``.
    """
    search = Search(
        number=_number(number) if number.strip() else None,
        email=fold_email(email) or None,
        phone=_phone(phone) if phone.strip() else None,
        status=status,
        start=_moment(start, field="from") if start.strip() else None,
        end=_moment(end, field="to") if end.strip() else None,
    )
    if search.start and search.end and search.start > search.end:
        raise InvalidRequest("This is before the beginning.", field="to")
    return search


def _number(text: str) -> str:
    number = text.strip().upper().translate(_MISREAD)
    if not is_order_number(number):
        raise InvalidRequest("An order number has ten letters and digits, like 7K2M9QX4TD.", field="number")
    return number


def _phone(text: str) -> str:
    abroad = "+" + text.strip().lstrip("+").removeprefix("00")
    for written in (text.strip(), abroad):
        try:
            return contact_number(written)
        except ValueError:
            continue
    raise InvalidRequest("This is no phone number; write it like 0712 345 678 or +44 20 7946 0000.", field="phone")


def _moment(text: str, *, field: str) -> datetime:
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            first = datetime.combine(date.fromisoformat(text), time(), UTC)
            return first if field == "from" else first + timedelta(days=1) - _MILLISECOND
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest("Write a day as 2026-11-22, or a moment as 2026-11-22T10:00Z.", field=field) from None
