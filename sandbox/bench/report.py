"""A section of figures: printed as aligned text, written as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows of text under a heading; every row has as many cells as there are columns."""

    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Append a row; numbers are written short."""
        self.rows.append([short(cell) for cell in cells])

    def text(self) -> Iterator[str]:
        """Yield aligned lines."""
        widths = [max(len(row[place]) for row in (self.columns, *self.rows)) for place in range(len(self.columns))]
        for row in (self.columns, ["-" * width for width in widths], *self.rows):
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

    def markdown(self) -> Iterator[str]:
        """Yield the lines of a Markdown table."""
        for row in (self.columns, ["---"] * len(self.columns), *self.rows):
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


@dataclass
class Section:
    """A heading, what must be known to read the figures, and tables with their captions."""

    title: str
    notes: list[str] = field(default_factory=list)
    tables: list[tuple[str, Table]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def table(self, caption: str, *columns: str) -> Table:
        """Open a new table."""
        table = Table(columns)
        self.tables.append((caption, table))
        return table

    def text(self) -> str:
        """Return the section for a terminal."""
        lines = ["", self.title, "=" * len(self.title), *(f"- {note}" for note in self.notes)]
        for caption, table in self.tables:
            lines += ["", caption, "", *(f"  {line}" for line in table.text())]
        return "\n".join([*lines, *(f"\nNOT MEASURED: {reason}" for reason in self.missing)])

    def markdown(self) -> str:
        """Return the section as Markdown."""
        lines = [f"## {self.title}", "", *(f"- {note}" for note in self.notes)]
        for caption, table in self.tables:
            lines += ["", f"**{caption}**", "", *table.markdown()]
        return "\n".join([*lines, *(f"\n**Not measured:** {reason}" for reason in self.missing), ""])


def tell(text: str) -> None:
    """Say on the terminal what goes on: it is no part of the report."""
    print(f"... {text}", file=sys.stderr, flush=True)


def short(cell: object) -> str:
    """Write a cell: whole numbers with separators, fractions with as many digits as say something."""
    if isinstance(cell, float):
        if cell == int(cell) and abs(cell) < 1_000_000:
            return f"{int(cell):,}"
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
