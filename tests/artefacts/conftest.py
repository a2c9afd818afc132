"""What is built once for all tests of artefacts, and the shop that they work for."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.artefacts.build import Artefacts, build, emulator, runtime
from tests.artefacts.rie import Layout, Running, rooms, running
from tests.artefacts.world import World, deployed

#: Starts a function; other code or another layer than the built ones may be given.
Start = Callable[..., AbstractContextManager[Running]]


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    """Return what `sam build` makes of the repository."""
    emulator()
    return build(tmp_path_factory.mktemp("artefacts"))


@pytest.fixture(scope="session")
def world(artefacts: Artefacts) -> Iterator[World]:
    """Return the deployed template that the functions work with."""
    with deployed() as ready:
        yield ready


@pytest.fixture(scope="session")
def start_function(artefacts: Artefacts, world: World, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Return what starts a built function, laid out as Lambda does it."""
    folder, numbers = tmp_path_factory.mktemp("functions"), itertools.count()
    runtime(folder / "runtime")
    if not rooms():
        warnings.warn(
            "no mount namespaces here: functions run where they were built, and see this machine", stacklevel=1
        )

    def begin(name: str, **changes: Any) -> AbstractContextManager[Running]:
        scratch: Path = folder / f"{next(numbers)}-{name}"
        scratch.mkdir()
        told = world.configurations[name]
        parts = {
            "code": artefacts.functions[name],
            "layer": artefacts.layer,
            "runtime": folder / "runtime",
            "handler": told["Handler"],
            "timeout": told["Timeout"],
            "variables": world.variables(name),
            "scratch": scratch,
        }
        return running(Layout(**{**parts, **changes}))

    return begin


@pytest.fixture(scope="session")
def function_of(start_function: Start) -> Iterator[Callable[[str], Running]]:
    """Return what hands out a function by its name; it takes all its events, and ends when another is asked for."""
    there: dict[str, Running] = {}
    with ExitStack() as stack:

        def handed_out(name: str) -> Running:
            if name not in there:
                stack.close()
                there.clear()
                there[name] = stack.enter_context(start_function(name))
            return there[name]

        yield handed_out
