"""`make load`: k6 against the local stack, handlers in process, a model of DynamoDB; writes the page of figures.

Exits 0 only if every promise held and no scenario had an answer that it should not have had. Times are figures.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.bench.machine import machine
from sandbox.bench.report import Section
from sandbox.engines import ROOT
from sandbox.load import k6
from sandbox.load.contended import contended
from sandbox.load.in_process import in_process
from sandbox.load.local_shop import run

#: Takes a part of the figures.
Measure = Callable[[], Iterable[Section]]
PAGE = ROOT / "docs" / "performance-figures.md"


def main() -> int:
    """Measure everything; 1 when a promise broke, an answer was wrong, or something could not be measured."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="salama-load-") as scratch:
        sections = [_heading()]
        faults: list[str] = []
        if k6.installed():
            played = run(Path(scratch), _say)
            sections.append(played.section)
            faults += played.faults
        else:
            sections.append(Section("The whole shop on this machine", missing=["there is no k6 for this system"]))
        sections += _measured("Handlers in process", lambda: in_process(Path(scratch) / "engine"))
        sections += _measured("One busy SKU on DynamoDB, simulated", lambda: [contended()])
    for section in sections:
        print(section.text(), flush=True)
    for fault in faults:
        print(f"BROKEN  {fault}")
    missing = any(section.missing for section in sections)
    if not missing and not faults:
        title, *rest = (section.markdown() for section in sections)
        PAGE.write_text("\n".join([title.replace("## ", "# ", 1), *rest]), encoding="utf-8")
        print(f"\n{PAGE.relative_to(ROOT)} written.")
    print("Every promise held." if not faults else f"{len(faults)} promises broken or answers wrong.", end=" ")
    print(f"{time.monotonic() - began:.0f} s.")
    return 1 if faults or missing else 0


def _heading() -> Section:
    section = machine()
    section.title = "Performance figures"
    section.notes[0] = section.notes[0].replace("make bench", "make load")
    section.notes.append(
        f"Load average {os.getloadavg()[0]:.1f} when it began. What the figures mean, and what was assumed: "
        "[performance.md](performance.md)."
    )
    return section


def _measured(title: str, measure: Measure) -> Iterable[Section]:
    try:
        return list(measure())
    except Exception as error:
        traceback.print_exc()
        return [Section(title, missing=[f"{type(error).__name__}: {error}"])]


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
