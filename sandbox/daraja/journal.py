"""What was seen: every request that came in and every callback that went out, newest last."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

HIDDEN = ("Password", "SecurityCredential")
"""Members that are never kept in full."""

KEPT = 5_000
"""How many entries are kept."""


@dataclass
class Entry:
    """One request or callback. `status` None: not answered (yet, or never)."""

    id: int
    at: datetime
    direction: Literal["request", "callback"]
    api: str
    url: str
    body: Any = None
    phone: str = ""
    reference: str = ""
    status: int | None = None
    answer: Any = None
    note: str = ""

    def view(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {**vars(self), "at": self.at.isoformat()}


@dataclass
class Journal:
    """Keeps the last entries and finds them by phone or order reference."""

    entries: list[Entry] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def write(self, at: datetime, direction: Literal["request", "callback"], api: str, url: str, **more: Any) -> Entry:
        """Add an entry; the caller fills in the answer when it is known."""
        if isinstance(more.get("body"), dict):
            more["body"] = {
                name: (f"{str(value)[:6]}…" if name in HIDDEN else value) for name, value in more["body"].items()
            }
        entry = Entry(next(self._ids), at, direction, api, url, **more)
        self.entries.append(entry)
        del self.entries[:-KEPT]
        return entry

    def search(
        self, text: str = "", direction: str = "", api: str = "", after: int = 0, limit: int = 200
    ) -> list[Entry]:
        """Newest first; `text` is looked for in phone, reference and URL; `after` leaves out older ids."""
        found = (
            entry
            for entry in reversed(self.entries)
            if entry.id > after
            and (not direction or entry.direction == direction)
            and (not api or entry.api == api)
            and (not text or any(text.lower() in part.lower() for part in (entry.phone, entry.reference, entry.url)))
        )
        return list(itertools.islice(found, limit))
