"""Magic numbers whose push itself is answered, refused or numbered oddly."""

import asyncio
import re

import pytest

from sandbox.daraja import DarajaOptions
from tests.simulation.daraja_world import World, in_loop, magic

LATE = DarajaOptions().late_seconds


@in_loop
async def test_09_the_callback_comes_before_the_response() -> None:
    world = World()
    answer = await world.push(magic(9))
    assert world.codes == [0]
    assert world.received[0].stk["CheckoutRequestID"] == answer.json()["CheckoutRequestID"]
    await world.wait(LATE)
    assert (len(world.received), world.held) == (1, 1500)


@in_loop
async def test_10_the_response_is_lost_and_the_money_comes() -> None:
    world = World()
    await world.sign_in()
    pushing = asyncio.ensure_future(world.push(magic(10)))
    while not world.daraja.pushes.all:
        await asyncio.sleep(0)
    await world.wait(17)
    assert (world.codes, world.held, pushing.done()) == ([0], 1500, False)
    await world.wait(world.options.lost_response_seconds)
    with pytest.raises(AssertionError):  # httpx's in-process transport: the response was never completed
        await pushing


@pytest.mark.parametrize(
    ("number", "status", "text"), [(13, 503, "Service Unavailable"), (25, 500, "System is busy. Please try again in")]
)
@in_loop
async def test_a_refused_push_accepts_nothing(number: int, status: int, text: str) -> None:
    world = World()
    answer = await world.push(magic(number))
    assert answer.status_code == status
    assert text in answer.text
    await world.wait(LATE * 2)
    assert (world.received, world.daraja.pushes.all, world.held) == ([], [], 0)


@in_loop
async def test_25_busy_has_its_own_code() -> None:
    assert (await World().push(magic(25))).json()["errorCode"] == "500.003.02"


@in_loop
async def test_20_the_token_is_killed_once_per_attempt() -> None:
    world = World()
    refused = await world.push(magic(20))
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "404.001.03")
    assert (await world.push(magic(20))).json()["errorCode"] == "404.001.03"  # the token is dead for everybody
    await world.sign_in()
    await world.accepted(20)
    await world.wait(20)
    assert (world.codes, world.held) == ([0], 1500)


@in_loop
async def test_26_http_500_though_the_prompt_appears_and_is_paid() -> None:
    world = World()
    answer = await world.push(magic(26))
    assert answer.status_code == 500
    assert set(answer.json()) == {"requestId", "errorCode", "errorMessage"}
    assert len((await world.control("prompts"))["items"]) == 1
    await world.wait(20)
    assert (world.codes, world.held) == ([0], 1500)


@in_loop
async def test_35_one_checkout_request_id_under_two_merchant_request_ids() -> None:
    world = World()
    answers = [(await world.push(magic(35), reference=f"S-{n}")).json() for n in range(3)]
    assert answers[0]["CheckoutRequestID"] == answers[1]["CheckoutRequestID"] != answers[2]["CheckoutRequestID"]
    assert len({one["MerchantRequestID"] for one in answers}) == 3
    await world.wait(20)
    assert {one.path for one in world.received} == {f"api/hooks/stk/S-{n}" for n in range(3)}
    assert world.held == 4500


@pytest.mark.parametrize(("number", "digits"), [(36, 24), (37, 18), (1, 26)])
@in_loop
async def test_older_ids_are_shorter(number: int, digits: int) -> None:
    assert re.fullmatch(rf"ws_CO_\d{{{digits}}}", await World().accepted(number))
