"""Codes of a second factor sent at once: one request gets each, and guesses are counted before they are looked at."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest

from commerce.identity.check_second_factor import check_second_factor
from commerce.identity.enrol_second_factor import confirm_second_factor, enrol_second_factor
from commerce.identity.second_factor import SecondFactorEnrolledAlready, SecondFactorWrong, subject_of
from commerce.identity.second_factor_desk import SecondFactorDesk
from commerce.kernel.errors import TooManyRequests
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.second_factor import desk_of, enrolled, just_signed_in
from tests.support.shop import Shop

STEP = timedelta(seconds=30)


@pytest.fixture
def desk(shop: Shop) -> SecondFactorDesk:
    return desk_of(shop)


@pytest.fixture
def app(shop: Shop) -> pyotp.TOTP:
    """The authenticator app of somebody who enrolled a moment ago."""
    made = enrolled(shop)
    shop.clock.forward(STEP)
    return made


def test_one_code_for_two_requests(shop: Shop, desk: SecondFactorDesk, app: pyotp.TOTP) -> None:
    code = app.at(shop.clock.now())
    with interleaving(shop) as steps:
        # Both have counted their guess and know the code to be right.
        steps.before("UpdateItem", meeting(2), nth=3)
        results = together(
            lambda: check_second_factor(desk, "person-1", code, request="one"),
            lambda: check_second_factor(desk, "person-1", code, request="two"),
        )
    assert sorted(map(type, results), key=str) == sorted([type(None), SecondFactorWrong], key=str)


def test_one_request_twice(shop: Shop, desk: SecondFactorDesk, app: pyotp.TOTP) -> None:
    code = app.at(shop.clock.now())
    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(2), nth=3)
        results = together(*[lambda: check_second_factor(desk, "person-1", code, request="one")] * 2)
    assert results == [None, None]


def test_an_older_code_is_dead_once_a_newer_was_used(shop: Shop, desk: SecondFactorDesk, app: pyotp.TOTP) -> None:
    older = app.at(shop.clock.now())
    shop.clock.forward(STEP)
    check_second_factor(desk, "person-1", app.at(shop.clock.now()), request="one")
    with pytest.raises(SecondFactorWrong):
        check_second_factor(desk, "person-1", older, request="two")


def test_guesses_at_once_are_no_more_than_one_after_another(
    shop: Shop, desk: SecondFactorDesk, app: pyotp.TOTP
) -> None:
    right = {app.at(shop.clock.now(), counter_offset=step) for step in (-1, 0, 1)}
    wrong = [code for code in (f"{n:06d}" for n in range(12)) if code not in right][:8]
    with interleaving(shop) as steps:
        steps.before("UpdateItem", meeting(8), nth=1)
        results = together(
            *[lambda code=code: check_second_factor(desk, "person-1", code, request=code) for code in wrong]
        )
    assert sum(isinstance(result, SecondFactorWrong) for result in results) == 5
    assert sum(isinstance(result, TooManyRequests) for result in results) == 3


def test_two_enrolments_at_once_leave_one_secret(shop: Shop, desk: SecondFactorDesk) -> None:
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*[lambda: enrol_second_factor(desk, just_signed_in(shop))] * 2)
    refused = [result for result in results if isinstance(result, SecondFactorEnrolledAlready)]
    [enrolment] = [result for result in results if result not in refused]
    assert len(refused) == 1
    confirm_second_factor(desk, just_signed_in(shop), pyotp.TOTP(enrolment.secret).at(shop.clock.now()))


def test_an_enrolment_cannot_replace_one_that_is_being_confirmed(shop: Shop, desk: SecondFactorDesk) -> None:
    """Whoever stole the session enrols at the moment at which the owner's first code is taken."""
    made = pyotp.TOTP(enrol_second_factor(desk, just_signed_in(shop)).secret)
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: confirm_second_factor(desk, just_signed_in(shop), made.at(shop.clock.now())))
        with pytest.raises(SecondFactorEnrolledAlready):
            enrol_second_factor(desk, just_signed_in(shop))
    shop.clock.forward(STEP)
    check_second_factor(desk, "person-1", made.at(shop.clock.now()), request="one")
    trail = [event.type for event in shop.till.log.trail(subject_of("person-1"))]
    assert trail == ["SecondFactorEnrolled", "SecondFactorConfirmed"]
