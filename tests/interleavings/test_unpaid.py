"""Orders that wait for their money: in every order of the calls of who is at work, the promises hold."""

from __future__ import annotations

import pytest

from tests.support.arena import Situation
from tests.support.situations.unpaid import SITUATIONS
from tests.support.trials import Trials


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_at_once(situation: Situation, trials: Trials) -> None:
    trials.at_once(situation)
