"""Runs tests on mutants: each in a process of its own, forked from one that has imported what is large.

A mutant of a function's body is put into the function where it lives, after the tests were collected: that is quick,
and holds for properties and validators, whose callers keep the function and not its code. Any other mutant, and a body
whose mutant survived (what tests compute while they are collected came before it), is imported anew.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar

import hypothesis.strategies
import pynamodb.models
import pynamodb.transactions
import pytest
import tenacity

from tests.mutation.mutants import Mutant

#: What most judges need is imported here, once for all forks.
PRELOADED = (hypothesis.strategies, pynamodb.models, pynamodb.transactions, tenacity)
#: CPU time in which every judge is long done; and time on the clock, for a mutant that waits.
CPU_SECONDS = 60
WALL_SECONDS = 600
#: How a process ends that could not try its mutant: nothing of pytest's.
BROKEN = 70
Work = TypeVar("Work")
ARGUMENTS = ("-q", "-x", "--capture=no", "-p", "no:cacheprovider", "-p", "no:doctest", "-p", "no:warnings")


class Verdict(StrEnum):
    """What became of a mutant; one that ends in no time is killed too, and counted apart."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


class UnfitJudges(RuntimeError):
    """The tests fail, or there are none, before anything was changed."""


def judged(module: str, path: Path, mutants: Sequence[Mutant], tests: Sequence[str], at_once: int) -> list[Verdict]:
    """Return what the tests make of each mutant of a module.

    Raises
    ------
    UnfitJudges
        When they do not pass without any.
    """
    (sound,) = _each([None], lambda _: _anew(module, path, path.read_text(), tests), 1)
    if sound is not Verdict.SURVIVED:
        raise UnfitJudges(f"{' '.join(tests)}: {sound}")
    verdicts = _in_place(module, mutants, tests, at_once)
    left = [place for place, verdict in enumerate(verdicts) if verdict is Verdict.SURVIVED]
    again = _each(left, lambda place: _anew(module, path, mutants[place].source, tests), at_once)
    for place, verdict in zip(left, again, strict=True):
        verdicts[place] = verdict
    return verdicts


def _each(works: Iterable[Work], run: Callable[[Work], int], at_once: int) -> list[Verdict]:
    """Run each piece of work in a fork, some at once; its exit code says whether the mutant lived."""
    running: dict[int, int] = {}
    verdicts: dict[int, Verdict] = {}

    def reap() -> None:
        pid, status = os.wait()
        # An engine that it started ends with it, however it ended.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        verdicts[running.pop(pid)] = _verdict(os.waitstatus_to_exitcode(status))

    for place, work in enumerate(works):
        if len(running) == at_once:
            reap()
        pid = os.fork()
        if not pid:
            _child(partial(run, work))
        running[pid] = place
    while running:
        reap()
    return [verdicts[place] for place in sorted(verdicts)]


def _verdict(code: int) -> Verdict:
    if code in (BROKEN, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise UnfitJudges("a mutant could not be tried; see MUTATION_LOG")
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return Verdict.TIMEOUT
    if code < 0:
        raise UnfitJudges(f"somebody else ended a judge, by signal {-code}")
    return Verdict.KILLED if code else Verdict.SURVIVED


def _child(run: Callable[[], int]) -> None:
    code = BROKEN
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        signal.alarm(WALL_SECONDS)
        nowhere = os.open(os.environ.get("MUTATION_LOG", os.devnull), os.O_WRONLY | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        code = run()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class _Nursery:
    """Collects the tests once, and tries each mutant on them in a fork."""

    def __init__(self, module: str, mutants: Sequence[Mutant], at_once: int) -> None:
        self.verdicts: list[Verdict] = []
        self._module = module
        self._mutants = mutants
        self._at_once = at_once

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        live = sys.modules[self._module]

        def run(mutant: Mutant) -> int:
            if mutant.function is None:
                return 0
            _swap(live, mutant.function, mutant.source)
            for item, following in zip(session.items, [*session.items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    return 1
            return 0

        self.verdicts = _each(self._mutants, run, self._at_once)
        return True


def _in_place(module: str, mutants: Sequence[Mutant], tests: Sequence[str], at_once: int) -> list[Verdict]:
    with tempfile.NamedTemporaryFile("r+") as told:

        def run(_: None) -> int:
            signal.alarm(0)
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
            nursery = _Nursery(module, mutants, at_once)
            _pytest(tests, nursery)
            Path(told.name).write_text(json.dumps(nursery.verdicts))
            return 0

        _each([None], run, 1)
        verdicts = [Verdict(verdict) for verdict in json.loads(told.read() or "[]")]
    if len(verdicts) != len(mutants):
        raise UnfitJudges(f"{' '.join(tests)}: no verdicts on {module}")
    return verdicts


def _swap(live: ModuleType, name: str, source: str) -> None:
    found: Any = live
    for part in name.split("."):
        found = vars(found)[part]
    if isinstance(found, property):
        found = found.fget
    found = getattr(found, "__func__", found)
    assert isinstance(found, FunctionType)
    found.__code__ = next(
        code for code in _codes(compile(source, str(live.__file__), "exec")) if code.co_qualname == name
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from a given text, and nothing else."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module = module
        self._path = path
        self._source = source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._path))

    def get_source(self, fullname: str) -> str:
        return self._source


def _anew(module: str, path: Path, source: str, tests: Sequence[str]) -> int:
    sys.meta_path.insert(0, _Mutated(module, path, source))
    return _pytest(tests)


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return int(pytest.main([*ARGUMENTS, *tests], plugins=[_Repeatable(), *plugins]))


class _Repeatable:
    """What is generated is the same on every run, so a verdict is; a failure is not shrunk, for nobody reads it.

    What generates much is asked last.
    """

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hypothesis.is_hypothesis_test(getattr(item, "obj", None)))

    def pytest_collection(self) -> None:
        phases = [
            phase for phase in hypothesis.Phase if phase not in (hypothesis.Phase.shrink, hypothesis.Phase.explain)
        ]
        hypothesis.settings.register_profile(
            "mutation",
            deadline=None,
            max_examples=20,
            database=None,
            derandomize=True,
            phases=phases,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        hypothesis.settings.load_profile("mutation")
