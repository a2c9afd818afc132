"""Looks every locked library up in the Python Package Index's advisories: `make audit`.

It fails when one has a known fault. Where the advisories cannot be had (no network, or a mirror without them) it says
so and does not fail: nothing was found because nothing was looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


def main(arguments: Sequence[str]) -> int:
    """Audit each lock with the given `pip-audit`; return the exit code."""
    program, *locks = arguments
    faulty = False
    for lock in locks:
        libraries = audited(program, lock)
        looked_up = [one for one in libraries if "skip_reason" not in one]
        found = {one["name"]: one for one in looked_up if one["vulns"]}
        if not looked_up:
            print(f"{lock}: not audited, the advisories cannot be had from here")
            continue
        print(f"{lock}: {len(looked_up)} of {len(libraries)} libraries looked up, {len(found)} with known faults")
        for name, one in found.items():
            for fault in one["vulns"]:
                mended = ", ".join(fault["fix_versions"]) or "no version yet"
                print(f"  {name} {one['version']}: {fault['id']}, mended in {mended}")
        faulty = faulty or bool(found)
    return int(faulty)


def audited(program: str, lock: str) -> list[dict[str, Any]]:
    """Return what `pip-audit` says of each library of a lock; nothing where it cannot ask."""
    command = [program, "--requirement", lock, "--disable-pip", "--require-hashes", "--format", "json"]
    asked = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    if not asked.stdout.strip():
        print(asked.stderr.strip().splitlines()[-1] if asked.stderr.strip() else "pip-audit said nothing")
        return []
    libraries: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
    return libraries


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
