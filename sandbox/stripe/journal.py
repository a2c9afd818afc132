"""What was seen: every request that came in and every event that went out, newest last; card data never."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.stripe.errors import Json

KEPT = 5_000
"""How many entries are kept."""


@dataclass
class Entry:
    """One request or event. `status` None: not answered (yet, or never)."""

    id: int
    at: datetime
    direction: Literal["request", "event"]
    name: str
    url: str
    about: str = ""
    """Id of the PaymentIntent."""
    reference: str = ""
    """The order it is for, as the shop's metadata says."""
    body: Any = None
    status: int | None = None
    answer: Any = None
    note: str = ""
    key: str = ""

    def view(self) -> Json:
        """The entry as JSON."""
        return {**vars(self), "at": self.at.isoformat()}


@dataclass
class Journal:
    """Keeps the last entries and finds them by payment, order or URL."""

    entries: list[Entry] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def write(self, at: datetime, direction: Literal["request", "event"], name: str, url: str, **more: Any) -> Entry:
        """Add an entry; the caller fills in the answer when it is known."""
        entry = Entry(next(self._ids), at, direction, name, url, **more)
        self.entries.append(entry)
        del self.entries[:-KEPT]
        return entry

    def search(self, text: str = "", direction: str = "", after: int = 0, limit: int = 200) -> list[Entry]:
        """Newest first; `text` is looked for in payment, order, name and URL; `after` leaves out older ids."""
        wanted = text.lower()
        found = (
            entry
            for entry in reversed(self.entries)
            if entry.id > after
            and (not direction or entry.direction == direction)
            and any(wanted in part.lower() for part in (entry.about, entry.reference, entry.name, entry.url))
        )
        return list(itertools.islice(found, limit))


def without_card(form: Json) -> Json:
    """A copy of a request's parameters that is fit to be kept: the card's last four digits, no CVC."""
    kept: Json = {}
    for name, value in form.items():
        if name == "number" and isinstance(value, str):
            kept[name] = f"…{value[-4:]}"
        elif name == "cvc":
            kept[name] = "…"
        else:
            kept[name] = without_card(value) if isinstance(value, dict) else value
    return kept
