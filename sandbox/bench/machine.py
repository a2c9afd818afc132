"""Where and with what the figures were taken."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sandbox.bench.report import Section
from sandbox.engines import ROOT

LIBRARIES = ("botocore", "pynamodb", "pydantic", "aws-lambda-powertools", "httpx", "stripe", "fastapi", "ministack")


def machine() -> Section:
    """Return the heading of a report."""
    section = Section("Benchmarks")
    section.notes = [
        f"Taken {datetime.now(UTC):%Y-%m-%d}, by `make bench`. Figures, not tests: nothing here passes or fails.",
        f"{os.cpu_count()} processors ({_processor()}), {platform.system()} {platform.machine()}.",
        f"{platform.python_implementation()} {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
        + ".",
    ]
    if (ROOT / "sandbox" / "load").exists():
        section.notes.append("Load is measured apart: `python -m sandbox.load` writes `docs/performance.md`.")
    return section


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
