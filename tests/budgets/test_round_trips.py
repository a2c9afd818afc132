"""Every flow sends what was agreed on and no request more, and DynamoDB bills no unit more: counted from real calls."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sandbox.bench import cold_start, life
from sandbox.bench.expected import Counts, differences, expected, read
from sandbox.engines import ROOT

AGREED = {"settle": {"reads": 1, "wru": 17}, "status": {"reads": 1, "wru": 1}}


@pytest.fixture(scope="module")
def found() -> Counts:
    """What a run of the benchmark's flows counts, in a process of its own: it opens clients and a shop of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.bench.expected"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "commerce")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


def test_no_flow_grows_a_round_trip_or_a_unit_and_none_shrinks_unnoticed(found: Counts) -> None:
    said = differences(expected(), found)
    assert not said, "\n".join(said)


def test_every_function_has_a_flow(found: Counts) -> None:
    assert {counts["function"] for counts in found.values()} == set(cold_start.functions())


def test_what_an_average_order_goes_through_is_counted() -> None:
    assert {name for part in life.PARTS.values() for name in part.runs} <= expected().keys()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (AGREED, []),
        (AGREED | {"settle": {"reads": 2, "wru": 17}}, ["settle: reads 1 -> 2"]),
        (AGREED | {"settle": {"reads": 1, "wru": 15}}, ["settle: wru 17 -> 15"]),
        (AGREED | {"new": {"reads": 0, "wru": 0}}, ["new: is not expected"]),
        ({"settle": AGREED["settle"]}, ["status: is gone"]),
    ],
)
def test_growing_shrinking_coming_and_going_are_told(found: Counts, said: list[str]) -> None:
    assert differences(AGREED, found) == said
