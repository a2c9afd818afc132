"""Counts of what tests try: faults, orders of calls, steps. They travel with each test's report, and are added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

_MARK = "tried: "


@dataclass(frozen=True)
class Tally:
    """One test's counts, kept among the properties of its report."""

    properties: list[tuple[str, object]]

    def add(self, what: str, times: int = 1) -> None:
        """Count something that was tried, and survived."""
        self.properties.append((_MARK + what, times))


def lines(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return the sums over all reports, a line each, in alphabetical order."""
    counts: Counter[str] = Counter()
    for report in reports:
        for name, value in report.user_properties:
            if name.startswith(_MARK) and isinstance(value, int):
                counts[name.removeprefix(_MARK)] += value
    return [f"{times:>9,} {what}" for what, times in sorted(counts.items())]
