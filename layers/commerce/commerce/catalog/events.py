"""What happens to the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from commerce.kernel.commit import Commit
from commerce.kernel.events import Event, EventData

#: Appends an event to a commit; the audit area's log is one.
Recorder = Callable[[Commit, Event], None]


class CategoryPublished(EventData):
    """A category was opened, or renamed."""

    slug: str
    name: str


class ProductPublished(EventData):
    """A product appeared or changed; `prices` are minor units by SKU and currency, so that a price has a history.

    `by` and `reason` say who of the staff changed it, and why.
    """

    slug: str
    revision: int
    name: str
    category: str
    for_sale: bool
    prices: dict[str, dict[str, int]]
    by: str | None = None
    reason: str | None = None
