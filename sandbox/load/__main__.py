"""`make load`: k6 against the local stack, handlers in process, a model of DynamoDB; writes the page of figures.

Exits 0 only if every promise held and no scenario had an answer that it should not have had. Times are figures.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.bench.machine import machine
from sandbox.bench.report import Section
from sandbox.engines import ROOT
from sandbox.load import k6
from sandbox.load.contended import contended
from sandbox.load.in_process import in_process
from sandbox.load.local_shop import run

PAGE = ROOT / "docs" / "performance-figures.md"


def main() -> int:
    """Measure everything; 1 when a promise broke, an answer was wrong, or something could not be measured."""
    began = time.monotonic()
    sections: list[Section] = []
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="salama-load-") as scratch:
        for section, found in _parts(Path(scratch)):
            print(section.text(), flush=True)
            for fault in found:
                print(f"BROKEN  {fault}", flush=True)
            sections.append(section)
            faults += found
    missing = any(section.missing for section in sections)
    if not missing and not faults:
        title, *rest = (section.markdown() for section in sections)
        PAGE.write_text("\n".join([title.replace("## ", "# ", 1), *rest]), encoding="utf-8")
        print(f"\n{PAGE.relative_to(ROOT)} written.")
    print("Every promise held." if not faults else f"{len(faults)} promises broken or answers wrong.", end=" ")
    print(f"{time.monotonic() - began:.0f} s.")
    return 1 if faults or missing else 0


def _parts(scratch: Path) -> Iterator[tuple[Section, list[str]]]:
    yield _heading(), []
    if k6.installed():
        played = run(scratch, _say)
        yield played.section, played.faults
    else:
        yield Section("The whole shop on this machine", missing=["there is no k6 for this system"]), []
    parts: dict[str, Callable[[], list[Section]]] = {
        "Handlers in process": lambda: in_process(scratch / "engine"),
        "One busy SKU on DynamoDB, simulated": lambda: [contended()],
    }
    for title, measure in parts.items():
        try:
            yield from ((section, []) for section in measure())
        except Exception as error:
            traceback.print_exc()
            yield Section(title, missing=[f"{type(error).__name__}: {error}"]), []


def _heading() -> Section:
    section = machine()
    section.title = "Performance figures"
    section.notes[0] = section.notes[0].replace("make bench", "make load")
    section.notes.append(
        f"Load average {os.getloadavg()[0]:.1f} when it began. What the figures mean, and what was assumed: "
        "[performance.md](performance.md)."
    )
    return section


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
