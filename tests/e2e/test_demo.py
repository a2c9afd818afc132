"""The demo's own pace; its stories are played by `make demo`."""

import pytest

from sandbox.demo.__main__ import SLOWEST, SPEED, pace


@pytest.mark.parametrize(("load", "speed"), [(0.0, SPEED), (1.0, SPEED), (2.0, SPEED // 2), (50.0, SLOWEST)])
def test_a_busy_machine_is_given_more_time(load: float, speed: int) -> None:
    assert pace(load) == speed
