"""Whatever Daraja may leave out, retype, double, nest, cut or garble: nothing breaks, nothing is made more of it."""

from __future__ import annotations

from random import Random

import pytest

from tests.contract.daraja.readings import readings
from tests.contract.readings import Reading, complaints
from tests.support.tally import Tally

READINGS = {reading.name: reading for reading in readings()}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_a_body_with_one_thing_wrong_comes_to_the_same_or_to_less(
    reading: Reading, thorough: bool, dice: Random, tally: Tally
) -> None:
    assert reading.is_what_it_should(), reading.before
    tried, found = complaints(reading, dice, share=None, cuts=len(reading.text) if thorough else 24)
    assert found == []
    tally.add("bodies of Daraja's with one thing wrong", tried)
