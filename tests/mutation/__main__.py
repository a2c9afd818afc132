"""`python -m tests.mutation [FILE ...]`: are the tests able to notice what may break? Exits with 1 when they are not.

Prints each file's score and each mutant that survived. A survivor is killed by a test that says the rule, or explained
in explained.toml.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

from tests.mutation.judge import Verdict, judged
from tests.mutation.judges import JUDGES
from tests.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "layers" / "commerce" / "commerce"


def main() -> int:
    """Judge the files that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("files", nargs="*", metavar="FILE", help="as in kernel/commit.py")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="processes that judge")
    options = parser.parse_args()
    explained = Explained(tomllib.loads((Path(__file__).parent / "explained.toml").read_text()))
    total: Counter[str] = Counter()
    started = time.monotonic()
    for file in options.files or JUDGES:
        mutants = mutants_of((SHOP / file).read_text())
        module = "commerce." + file.removesuffix(".py").replace("/", ".")
        verdicts = judged(module, SHOP / file, mutants, JUDGES[file], options.at_once)
        counts = Counter(map(str, verdicts))
        for mutant, verdict in zip(mutants, verdicts, strict=True):
            if verdict is Verdict.SURVIVED and explained.why(file, mutant):
                counts["survived"] -= 1
                counts["explained"] += 1
            elif verdict is Verdict.SURVIVED:
                print(f"  {file}:{mutant.line} {mutant.where}\n    - {mutant.was}\n    + {mutant.now}")
        print(line_of(file, len(mutants), counts), flush=True)
        total.update(counts, mutants=len(mutants))
    print(line_of("all", total["mutants"], total), f"{time.monotonic() - started:.0f} s")
    stale = explained.stale(options.files or list(JUDGES))
    for text in stale:
        print(f"explained, and killed by now or gone: {text}")
    return 1 if total["survived"] or stale else 0


def line_of(name: str, mutants: int, counts: Counter[str]) -> str:
    """Return a line of the score."""
    killed = counts["killed"] + counts["timeout"]
    return (
        f"{name:<24} {mutants:>5} mutants {killed:>5} killed ({counts['timeout']} by the clock) "
        f"{counts['explained']:>4} explained {counts['survived']:>4} survived"
    )


class Explained:
    """The mutants that may survive, each with its reason."""

    def __init__(self, document: dict[str, list[dict[str, str]]]) -> None:
        self._reasons = {
            (file, entry["was"], entry["now"]): entry["because"]
            for file, entries in document.items()
            for entry in entries
        }
        self._used: set[tuple[str, str, str]] = set()

    def why(self, file: str, mutant: Mutant) -> str | None:
        """Return why a mutant may survive; None when nothing says so."""
        key = (file, mutant.was, mutant.now)
        self._used.add(key)
        return self._reasons.get(key)

    def stale(self, files: list[str]) -> list[str]:
        """Return what is explained in these files and did not survive."""
        return [" ".join(key) for key in self._reasons if key[0] in files and key not in self._used]


if __name__ == "__main__":
    sys.exit(main())
