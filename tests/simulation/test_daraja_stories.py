"""The table of magic numbers, its plain stories, and what holds for all of them."""

import pytest

from sandbox.daraja import STORIES, DarajaOptions
from tests.simulation.daraja_world import World, in_loop, magic, metadata

LATE = DarajaOptions().late_seconds
PAID_TEXT = "The service request is processed successfully."


def test_the_table_is_complete_and_consistent() -> None:
    assert [story.number for story in STORIES] == [magic(n) for n in range(1, len(STORIES) + 1)]
    assert len({story.slug for story in STORIES}) == len(STORIES)
    for story in STORIES:
        assert story.title
        assert story.happens
        assert story.shop_ends


@in_loop
async def test_01_paid() -> None:
    world = World()
    checkout = await world.accepted(1)
    await world.wait(14)
    assert await world.code(checkout) == "4999"
    assert world.held == 0
    await world.wait(1)
    assert await world.code(checkout) == "0"
    assert world.received == []
    await world.wait(1.5)
    callback = world.received[0].stk
    assert callback["ResultCode"] == 0
    assert callback["CheckoutRequestID"] == checkout
    paid = metadata(callback)
    assert paid["Amount"] == 1500
    assert paid["MpesaReceiptNumber"] == world.daraja.ledger.transactions[0].receipt
    assert paid["TransactionDate"] == 20261122120015
    assert paid["PhoneNumber"] == 254700000001
    assert world.held == 1500
    answer = (await world.query(checkout)).json()
    assert set(answer) == {
        "ResponseCode",
        "ResponseDescription",
        "MerchantRequestID",
        "CheckoutRequestID",
        "ResultCode",
        "ResultDesc",
    }
    assert answer["ResultDesc"] == PAID_TEXT


@pytest.mark.parametrize(
    ("number", "result", "after"),
    [
        (2, 1032, 11.5),
        (3, 2001, 10.5),
        (4, 1, 11.5),
        (5, 1037, 28.5),
        (6, 1037, 41.5),
        (17, 17, 3.5),
        (23, 1001, 3.5),
        (39, 8006, 10.5),
        (40, 2028, 4.5),
        (41, "SFC_IC0003", 4.5),
        (42, 1019, 61.5),
        (43, 1025, 3.5),
        (44, 2026, 21.5),
        (45, 11, 10.5),
        (55, "E3008", 4.5),
    ],
)
@in_loop
async def test_final_failures_say_so_once_and_move_no_money(number: int, result: int | str, after: float) -> None:
    world = World()
    checkout = await world.accepted(number)
    await world.wait(after - 2)
    assert await world.code(checkout) == "4999"
    await world.wait(LATE * 2)
    (callback,) = world.received
    assert callback.after == after
    assert callback.stk["ResultCode"] == result
    assert callback.stk["ResultDesc"]
    assert "CallbackMetadata" not in callback.stk
    assert await world.code(checkout) == str(result)
    assert world.held == 0


@in_loop
async def test_06_a_phone_that_is_off_shows_no_prompt() -> None:
    world = World()
    await world.accepted(6)
    assert (await world.control("prompts"))["items"] == []
    await world.wait(60)
    assert "DS timeout" in world.received[0].stk["ResultDesc"]


@in_loop
async def test_stories_do_not_disturb_each_other_on_one_number() -> None:
    world = World()
    for number in range(50):
        await world.accepted(1, reference=f"S-{number}")
    await world.wait(20)
    assert world.codes == [0] * 50
    assert world.held == 75_000


@in_loop
async def test_speed_divides_every_duration() -> None:
    world = World(DarajaOptions(speed=30))
    await world.accepted(1)
    await world.wait(16.4 / 30)
    assert world.received == []
    await world.wait(0.2 / 30)
    assert world.codes == [0]
    await world.control("speed", {"speed": 1000})
    await world.accepted(11)
    await world.wait(1.4)
    assert world.codes == [0, 0]


@in_loop
async def test_every_story_leaves_balanced_books() -> None:
    world = World(DarajaOptions(lost_response_seconds=0))
    await world.sign_in()
    for story in STORIES:
        if story.slug != "response-lost":
            await world.push(story.number, reference=story.number[-4:])
            await world.sign_in()
    await world.wait(LATE * 2)
    books = await world.control("ledger")
    assert books["balanced"]
    moved = {reference for reference, sums in books["references"].items() if sums["held"]}
    told = {s.number[-4:] for s in STORIES if s.outcome in ("paid", "late", "review", "refund_difference")}
    assert moved == told - {"0010", "0020"}  # 10 was not pushed, 20 was refused this once
