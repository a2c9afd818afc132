"""Magic numbers whose callbacks are odd: repeated, false, malformed, of strange codes, amounts or times."""

import json

import pytest

from sandbox.daraja import DarajaOptions
from tests.simulation.daraja_world import World, in_loop, metadata

LATE = DarajaOptions().late_seconds


@in_loop
async def test_08_three_equal_callbacks_in_parallel() -> None:
    world = World()
    await world.accepted(8)
    await world.wait(LATE)
    assert len(world.received) == 3
    assert len({one.raw for one in world.received}) == 1
    assert len({one.after for one in world.received}) == 1
    assert world.held == 1500


@pytest.mark.parametrize("number", [11, 24, 27, 28, 33, 51])
@in_loop
async def test_late_money_comes_after_the_hold(number: int) -> None:
    world = World()
    checkout = await world.accepted(number)
    await world.wait(960)
    assert (world.received, await world.code(checkout), world.held) == ([], "4999", 0)
    await world.wait(LATE - 960 + 2)
    assert (world.codes, await world.code(checkout), world.held) == ([0], "0", 1500)


@in_loop
async def test_12_conflicting_failure_codes() -> None:
    world = World()
    checkout = await world.accepted(12)
    await world.wait(30)
    assert await world.code(checkout) == "1037"
    await world.wait(LATE)
    assert world.codes == [1037, 1019, 1019]
    assert await world.code(checkout) == "1019"


@pytest.mark.parametrize(("number", "vendor", "has_text"), [(16, "BW-JMS-100039", True), (38, "BW-HTTP-100300", False)])
@in_loop
async def test_string_codes_in_the_callback_while_the_query_says_paid(number: int, vendor: str, has_text: bool) -> None:
    world = World()
    checkout = await world.accepted(number)
    await world.wait(LATE)
    assert world.codes == [vendor]
    assert ("ResultDesc" in world.received[0].stk) is has_text
    assert (await world.code(checkout), world.held) == ("0", 1500)


@in_loop
async def test_18_failure_first_and_money_after_all() -> None:
    world = World()
    checkout = await world.accepted(18)
    await world.wait(30)
    assert (world.codes, await world.code(checkout), world.held) == ([1037], "1037", 0)
    await world.wait(32)
    assert (world.codes, await world.code(checkout), world.held) == ([1037, 0], "0", 1500)


@in_loop
async def test_21_metadata_quirks() -> None:
    world = World()
    await world.accepted(21)
    await world.wait(20)
    assert '{"Name": "Amount", "Value": 1500.00}' in world.received[0].raw
    assert {"Name": "Balance"} in world.received[0].stk["CallbackMetadata"]["Item"]


@in_loop
async def test_49_odder_metadata() -> None:
    world = World()
    await world.accepted(49)
    await world.wait(20)
    paid = metadata(world.received[0].stk)
    assert paid["Balance"].startswith("{Amount={CurrencyCode=KES")
    assert "PhoneNumber" not in paid
    assert paid["TransactionDate"] == 20261122115730


@pytest.mark.parametrize(
    ("number", "claimed", "moved"), [(29, 1350, 1350), (30, 1650, 1650), (47, 1350, 1500), (48, 1650, 1500)]
)
@in_loop
async def test_amounts_that_differ_truly_or_only_in_the_callback(number: int, claimed: int, moved: int) -> None:
    world = World()
    checkout = await world.accepted(number)
    await world.wait(20)
    assert metadata(world.received[0].stk)["Amount"] == claimed
    assert (await world.code(checkout), world.held) == ("0", moved)


@in_loop
async def test_31_a_malformed_callback_first() -> None:
    world = World()
    await world.accepted(31)
    await world.wait(20)
    broken, right = world.received
    with pytest.raises(ValueError):
        json.loads(broken.raw)
    assert right.stk["ResultCode"] == 0


@in_loop
async def test_32_an_unknown_code_for_a_while() -> None:
    world = World()
    checkout = await world.accepted(32)
    await world.wait(30)
    assert (world.codes, await world.code(checkout), world.held) == ([9999], "9999", 0)
    await world.wait(32)
    assert (world.codes, await world.code(checkout), world.held) == ([9999, 0], "0", 1500)


@in_loop
async def test_46_a_false_success_and_56_a_false_failure() -> None:
    world = World()
    false_success = await world.accepted(46, reference="S-46")
    false_failure = await world.accepted(56, reference="S-56")
    await world.wait(20)
    claims = {one.path[-4:]: one.stk["ResultCode"] for one in world.received}
    assert claims == {"S-46": 0, "S-56": 1032}
    assert metadata(world.received[0].stk)["MpesaReceiptNumber"]
    assert (await world.code(false_success), await world.code(false_failure)) == ("1032", "0")
    assert world.held == 1500


@in_loop
async def test_50_the_callback_comes_90_seconds_after_the_money() -> None:
    world = World()
    checkout = await world.accepted(50)
    await world.wait(100)
    assert (world.received, await world.code(checkout)) == ([], "0")
    await world.wait(10)
    assert world.codes == [0]


@in_loop
async def test_54_a_failure_told_twice() -> None:
    world = World()
    await world.accepted(54)
    await world.wait(20)
    assert world.codes == [1032, 1032]
