"""No function loads at its cold start what it must not, nor more modules than it did: really imported, one by one.

Instructions are too slow to count here and differ between machines: `make bench` counts them. They come from modules,
which are the same wherever the same libraries are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig

import pytest

from sandbox.bench.cold_start import functions
from sandbox.bench.imports import FUNCTIONS
from sandbox.engines import ROOT


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
def test_a_cold_start_loads_nothing_forbidden_and_as_many_modules_as_were_agreed_on(function: str) -> None:
    found = loaded(function)
    agreed = FUNCTIONS[function]
    assert not found & agreed.forbidden, "it costs every cold start of this function"
    # What Python itself brings differs from one version to the next.
    ours = {module for module in found if module.partition(".")[0] not in sys.stdlib_module_names}
    assert len(ours) == agreed.modules, "look at what that costs, and write the number into sandbox/bench/imports.py"


def test_every_function_has_its_budget() -> None:
    assert FUNCTIONS.keys() == set(functions())
