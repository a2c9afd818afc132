"""Magic numbers whose STK Query is the story: pending styles, limits, silence."""

from sandbox.daraja import DarajaOptions
from tests.simulation.daraja_world import World, in_loop

LATE = DarajaOptions().late_seconds


@in_loop
async def test_07_the_callback_is_lost() -> None:
    world = World()
    checkout = await world.accepted(7)
    await world.wait(LATE)
    assert (world.received, await world.code(checkout), world.held) == ([], "0", 1500)


@in_loop
async def test_14_pending_in_the_old_style() -> None:
    world = World()
    checkout = await world.accepted(14)
    await world.wait(40)
    answer = await world.query(checkout)
    assert answer.status_code == 500
    assert answer.json() == {
        "requestId": checkout,
        "errorCode": "500.001.1001",
        "errorMessage": "The transaction is being processed",
    }
    await world.wait(10)
    assert (world.codes, await world.code(checkout)) == ([0], "0")


@in_loop
async def test_15_pending_as_4999() -> None:
    world = World(DarajaOptions(pending_style="500"))
    checkout = await world.accepted(15)
    await world.wait(40)
    answer = await world.query(checkout)
    assert (answer.status_code, answer.json()["ResultCode"]) == (200, "4999")
    assert answer.json()["ResultDesc"] == "The transaction is still under processing"
    await world.wait(10)
    assert (world.codes, await world.code(checkout)) == ([0], "0")


@in_loop
async def test_19_the_query_is_rate_limited_in_the_gateways_shape() -> None:
    world = World()
    checkout = await world.accepted(19)
    await world.wait(20)
    refused = await world.query(checkout)
    assert refused.status_code == 429
    assert refused.json()["fault"]["detail"] == {"errorcode": "policies.ratelimit.SpikeArrestViolation"}
    assert "messagesPerPeriod=5, periodInMicroseconds=60000000" in refused.json()["fault"]["faultstring"]
    assert await world.code(checkout) == "0"
    assert (await world.query(checkout)).status_code == 429
    await world.wait(12)
    assert await world.code(checkout) == "0"


@in_loop
async def test_spike_arrest_can_be_switched_on_for_everybody() -> None:
    world = World(DarajaOptions(spike_arrest=True))
    checkout = await world.accepted(1)
    answers = []
    for _ in range(60):
        answers.append((await world.query(checkout)).status_code)
        await world.wait(1)
    assert answers.count(200) == 5


@in_loop
async def test_22_cancelled_in_silence() -> None:
    world = World()
    checkout = await world.accepted(22)
    await world.wait(LATE)
    assert (world.received, await world.code(checkout), world.held) == ([], "1032", 0)


@in_loop
async def test_34_never_final() -> None:
    world = World()
    checkout = await world.accepted(34)
    await world.wait(86_400)
    await world.sign_in()
    assert (world.received, await world.code(checkout), world.held) == ([], "4999", 0)


@in_loop
async def test_52_the_query_is_busy_three_times() -> None:
    world = World()
    checkout = await world.accepted(52)
    await world.wait(20)
    answers = [await world.code(checkout) for _ in range(4)]
    assert answers == ["System is busy. Please try again in few minutes."] * 3 + ["0"]


@in_loop
async def test_53_the_query_does_not_know_the_id_yet() -> None:
    world = World()
    checkout = await world.accepted(53)
    await world.wait(20)
    assert await world.code(checkout) == "Bad Request - Invalid CheckoutRequestID"
    await world.wait(10)
    assert await world.code(checkout) == "0"
