"""Trials on each engine in turn."""

from __future__ import annotations

import random

import pytest

from tests.support.stories import unhurried
from tests.support.tally import Tally
from tests.support.trials import Trials


@pytest.fixture
def trials(
    request: pytest.FixtureRequest, engine_url: str, thorough: bool, dice: random.Random, tally: Tally
) -> Trials:
    """Return what tries orders of calls."""
    return Trials(engine_url, request.node.callspec.params["engine_url"], thorough, dice, tally)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits that met a conflict come again at once, should an engine answer one."""
    unhurried(monkeypatch)
