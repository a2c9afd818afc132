"""No function loads at its cold start what it must not, nor more modules than it did: really imported, one by one.

Instructions are too slow to count here and differ between machines: `make bench` counts them. They come from modules,
which are the same wherever the same libraries are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from functools import cache

import pytest

from sandbox.bench.cold_start import functions
from sandbox.bench.imports import COUNTED_ON, FUNCTIONS
from sandbox.engines import ROOT


@cache
def loaded(function: str) -> frozenset[str]:
    """Import a function in a bare Python that knows the libraries and the shop; return all that is there then."""
    places = (ROOT, ROOT / "layers" / "commerce", sysconfig.get_path("purelib"))
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import functions.{function}.app, sys; print(*sys.modules)"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(done.stdout.split())


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_cold_start_loads_nothing_forbidden(function: str) -> None:
    assert not loaded(function) & FUNCTIONS[function].forbidden, "it costs every cold start of this function"


@pytest.mark.skipif(sys.version_info[:2] != COUNTED_ON, reason="libraries load other modules on another Python")
@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_cold_start_loads_as_many_modules_as_were_agreed_on(function: str) -> None:
    tops = {module: module.partition(".")[0] for module in loaded(function)}
    # What Python itself brings depends on the machine, and so does what begins with an underscore.
    ours = {module for module, top in tops.items() if top not in sys.stdlib_module_names and top[0] != "_"}
    assert len(ours) == FUNCTIONS[function].modules, "look at its cost, and write it into sandbox/bench/imports.py"


def test_every_function_has_its_budget() -> None:
    assert FUNCTIONS.keys() == set(functions())
