"""What each flow sends and what DynamoDB bills for it, held to the unit by a test: `expected.json`.

A flow that grew or shrank fails the test. Where that is meant, `python -m sandbox.bench.expected --write` writes the
file anew, and its difference is read and committed with what made it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.bench.flows import Flows, walk
from sandbox.bench.opening import running

FILE = Path(__file__).with_name("expected.json")

#: Of each flow: its function, its round trips by whom they go to, and its write and read units.
Counts = Mapping[str, Mapping[str, Any]]


def expected() -> Counts:
    """Read what was agreed on."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> Counts:
    """Read what `main` printed."""
    counts: Counts = json.loads(text)
    return counts


def differences(agreed: Counts, found: Counts) -> list[str]:
    """Say what is not as it was agreed on, in either direction, and which flows came or went."""
    lines = [f"{flow}: {'is not expected' if flow in found else 'is gone'}" for flow in sorted({*agreed} ^ {*found})]
    for flow in agreed.keys() & found.keys():
        old, new = agreed[flow], found[flow]
        lines += [f"{flow}: {name} {old.get(name)} -> {new.get(name)}" for name in new if new[name] != old.get(name)]
    return sorted(lines)


def counted(flows: Flows) -> Counts:
    """Return what was counted."""
    return {
        name: {
            "function": function,
            "reads": measured.calls.reads,
            "writes": measured.calls.writes,
            "provider": measured.calls.providers,
            "other": measured.calls.others,
            "wru": measured.units.write,
            "rru": measured.units.read,
        }
        for name, (function, measured) in flows.done.items()
    }


def main(arguments: Sequence[str]) -> None:
    """Run every flow and print what it came to, a line for each; with ``--write``, agree to it."""
    with tempfile.TemporaryDirectory(prefix="salama-bench-") as scratch, running(Path(scratch)) as world:
        flows = walk(world)
    lines = [f"  {json.dumps(name)}: {json.dumps(counts)}" for name, counts in counted(flows).items()]
    text = "\n".join(("{", ",\n".join(lines), "}"))
    if "--write" in arguments:
        FILE.write_text(f"{text}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
