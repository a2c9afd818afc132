"""Any day of the whole shop keeps the promises: buyers, staff, providers, time and faults in any order.

Hypothesis makes the days, checks what must hold after every step, and shrinks a day that breaks it to a short story.
`--seed` repeats a run; `--thorough` lives through more and longer days.
"""

from __future__ import annotations

import random

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from tests.days.day import Day, Lived
from tests.days.nature import Nature
from tests.days.payers import Payers
from tests.days.staff import Staff
from tests.support.tally import Tally

#: Days and steps of each test, in a run that fits CI and in a thorough one.
FEW, MANY = (3, 16), (60, 30)


class Buying(Nature, Payers, Staff):
    """Days that begin with an empty order book."""

    @initialize()
    def open_shop(self) -> None:
        super().open_shop()
        self.sign_in()


class AfterTheSale(Buying):
    """Days that begin with three paid orders, one of which was delivered."""

    @initialize()
    def open_shop(self) -> None:
        super().open_shop()
        with self.cloud.faults_off():
            for basket, method in (("1 ONE", "mpesa"), ("3 TWO", "card"), ("1 ONE", "card")):
                placed = self.buy("Wanjiku", basket, method)
                assert placed is not None
                self.settle_a_payment(placed)
        self.check()
        self.ship(0, part=False)
        self.check()
        self.carrier_reports(0, "delivered", twice=False)


def live(days: type[Day], url: str, dice: random.Random, tally: Tally, *, thorough: bool) -> None:
    """Live through as many days as are wanted, by chance that `--seed` repeats."""
    many, long = MANY if thorough else FEW
    lived = Lived()
    machine = type(days.__name__, (days,), {"url": url, "lived": lived})
    hypothesis.seed(dice.getrandbits(64))(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=many,
            stateful_step_count=long,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    tally.add("random days", lived.days)
    tally.add("steps of random days", lived.steps)


class TestBuying:
    def test_any_day(self, url: str, dice: random.Random, tally: Tally, thorough: bool) -> None:
        live(Buying, url, dice, tally, thorough=thorough)


class TestAfterTheSale:
    def test_any_day(self, url: str, dice: random.Random, tally: Tally, thorough: bool) -> None:
        live(AfterTheSale, url, dice, tally, thorough=thorough)
