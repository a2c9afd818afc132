"""Time as the shop sees it: UTC, handed in rather than looked up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC. Rules take the time as a value; only use cases hold a clock."""

    def now(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write a moment as ``2026-11-22T10:00:00.000Z``: text that sorts as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote.

    Raises
    ------
    ValueError
        When the text is no ISO 8601 moment.
    """
    return datetime.fromisoformat(text)
