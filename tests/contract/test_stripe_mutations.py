"""Whatever Stripe may leave out, retype, double, nest, cut or garble: nothing breaks, nothing is made more of it."""

from __future__ import annotations

import logging
from random import Random

import pytest

from tests.contract.readings import Reading, complaints
from tests.contract.stripe.readings import readings
from tests.support.tally import Tally

READINGS = {reading.name: reading for reading in readings()}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_a_body_with_one_thing_wrong_comes_to_the_same_or_to_less(
    reading: Reading, thorough: bool, dice: Random, tally: Tally, caplog: pytest.LogCaptureFixture
) -> None:
    """All that is wrong where it matters, and a share of what is wrong elsewhere; all of it with `--thorough`."""
    caplog.set_level(logging.CRITICAL)
    assert reading.is_what_it_should(), reading.before
    tried, found = complaints(reading, dice, share=None if thorough else 8, cuts=60 if thorough else 4)
    assert found == []
    tally.add("bodies of Stripe's with one thing wrong", tried)
