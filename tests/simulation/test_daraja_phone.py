"""Ordinary numbers: the person at the phone decides, within the platform's own rules; and what the pages use."""

import httpx
import pytest

from sandbox.daraja import DarajaOptions
from sandbox.daraja.playback import settle
from tests.simulation.daraja_world import HUMAN, World, in_loop, magic

OTHER = "254110000002"


@in_loop
async def test_the_right_pin_pays() -> None:
    world = World()
    await world.push()
    (prompt,) = (await world.control("prompts"))["items"]
    assert "Ksh 1,500.00" in prompt["text"]
    assert "S-1001" in prompt["text"]
    await world.wait(5)
    await world.decide("pay", "1234")
    assert (await world.control("prompts"))["items"] == []
    await world.wait(1.5)
    assert world.codes == [0]
    assert world.daraja.ledger.balance(HUMAN) == 498_500
    (sms,) = (await world.control(f"messages?phone={HUMAN}"))["items"]
    assert sms["text"].startswith(f"{world.daraja.ledger.transactions[0].receipt} Confirmed. Ksh1,500.00 sent to")
    assert (await world.control(f"messages?phone={OTHER}"))["items"] == []


@pytest.mark.parametrize(("action", "pin", "code"), [("pay", "4321", 2001), ("pay", "", 2001), ("cancel", "", 1032)])
@in_loop
async def test_a_wrong_pin_and_cancel_end_the_prompt(action: str, pin: str, code: int) -> None:
    world = World()
    await world.push()
    await world.decide(action, pin)
    await world.wait(60)
    assert world.codes == [code]
    assert world.daraja.ledger.transactions == []
    (sms,) = (await world.control("messages"))["items"]
    assert sms["kind"] == "failed"


@pytest.mark.parametrize("ignored", [True, False])
@in_loop
async def test_nothing_done_rings_out_after_27_seconds(ignored: bool) -> None:
    world = World()
    await world.push()
    if ignored:
        await world.decide("ignore")
    await world.wait(26.9)
    assert len((await world.control("prompts"))["items"]) == 1
    await world.wait(0.2)
    assert (await world.control("prompts"))["items"] == []
    await world.wait(1.5)
    assert world.codes == [1037]
    assert world.received[0].stk["ResultDesc"] == "No response from user."


@in_loop
async def test_a_prompt_is_decided_once() -> None:
    world = World()
    checkout = (await world.push()).json()
    await world.decide("pay", "1234")
    url = f"/sandbox/daraja/api/prompts/{checkout['MerchantRequestID']}"
    again = await world.http.post(url, json={"action": "cancel"})
    assert again.status_code == 409
    assert (await world.http.post("/sandbox/daraja/api/prompts/none", json={"action": "pay"})).status_code == 404
    await world.wait(60)
    assert world.codes == [0]


@in_loop
async def test_a_magic_number_cannot_be_decided_by_hand() -> None:
    world = World()
    ident = (await world.push(magic(1))).json()["MerchantRequestID"]
    answer = await world.http.post(f"/sandbox/daraja/api/prompts/{ident}", json={"action": "cancel"})
    assert answer.status_code == 409


@in_loop
async def test_nothing_downgrades_or_repeats_money_that_came() -> None:
    world = World()
    await world.push(magic(7))
    await world.wait(20)
    (push,) = world.daraja.pushes.all
    settle(world.daraja, push, 1037)
    settle(world.daraja, push, 0)
    assert (push.record, len(world.daraja.ledger.transactions)) == (0, 1)


@pytest.mark.parametrize("code", [1001, 1037])
@in_loop
async def test_one_prompt_per_phone(code: int) -> None:
    world = World(DarajaOptions(busy_phone_code=1001 if code == 1001 else 1037))
    await world.push(reference="S-1")
    await world.push(reference="S-2")
    await world.push(OTHER, reference="S-3")
    await world.wait(2)
    (refused,) = world.received
    assert refused.path.endswith("S-2")
    assert refused.stk["ResultCode"] == code
    assert refused.stk["ResultDesc"].startswith("Unable to lock subscriber" if code == 1001 else "DS timeout")
    assert len((await world.control("prompts"))["items"]) == 2


@in_loop
async def test_the_same_amount_within_two_minutes_is_rule_limited() -> None:
    world = World()
    await world.push()
    await world.decide("pay", "1234")
    await world.wait(60)
    await world.push(reference="S-2")
    await world.wait(5)
    assert world.codes == [0, 17]
    await world.push(amount=1501, reference="S-3")
    await world.decide("pay", "1234")
    await world.wait(61)
    await world.push(reference="S-4")
    await world.decide("pay", "1234")
    await world.wait(2)
    assert world.codes == [0, 17, 0, 0]


@in_loop
async def test_a_failed_payment_does_not_rule_limit_the_next() -> None:
    world = World()
    await world.push()
    await world.decide("cancel")
    await world.wait(5)
    await world.push()
    await world.decide("pay", "1234")
    await world.wait(5)
    assert world.codes == [1032, 0]


@in_loop
async def test_without_funds_the_payment_fails_with_1() -> None:
    world = World(DarajaOptions(customer_balance=1499))
    await world.push()
    await world.decide("pay", "1234")
    await world.wait(5)
    assert world.codes == [1]
    assert world.daraja.ledger.balance(HUMAN) == 1499


@in_loop
async def test_the_daily_limit_is_500_000() -> None:
    world = World(DarajaOptions(customer_balance=1_000_000))
    for amount in (250_000, 249_999, 2, 1):
        await world.push(amount=amount)
        await world.decide("pay", "1234")
        await world.wait(60)
    assert world.codes == [0, 0, 4, 0]


@in_loop
async def test_a_prompt_too_long_for_the_phone_fails_with_1025() -> None:
    world = World(DarajaOptions(business_name="Salama " * 20))
    await world.push()
    await world.wait(2)
    assert world.codes == [1025]


@in_loop
async def test_reset_forgets_money_prompts_and_waiting_callbacks() -> None:
    world = World()
    await world.push()
    await world.push(magic(1))
    await world.control("reset", {})
    await world.wait(60)
    assert world.received == []
    assert (await world.control("ledger"))["transactions"] == []
    assert (await world.control("pushes"))["items"] == []
    world.bearer = ""
    assert (await world.push()).status_code == 200


@in_loop
async def test_pushes_are_found_by_phone_and_reference() -> None:
    world = World()
    await world.push(reference="S-1")
    await world.push(magic(2), reference="S-2")
    (found,) = (await world.control("pushes?reference=S-2"))["items"]
    assert (found["phone"], found["story"]) == (magic(2), "cancelled")
    (found,) = (await world.control(f"pushes?phone={HUMAN}"))["items"]
    assert (found["reference"], found["story"]) == ("S-1", None)


@in_loop
async def test_the_control_api_names_stories_and_setup() -> None:
    world = World(DarajaOptions(speed=30))
    stories = (await world.control("stories"))["items"]
    assert stories[0]["number"] == magic(1)
    assert set(stories[0]) == {"number", "slug", "title", "happens", "shop_ends", "outcome"}
    state = await world.control("state")
    assert (state["speed"], state["provider"]) == (30, {"down": False, "results": "answer"})
    with pytest.raises(httpx.HTTPStatusError):
        await world.control("speed", {"speed": 0})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/sandbox/phone", "text/html"),
        ("/sandbox/daraja", "text/html"),
        ("/sandbox/daraja/assets/phone.js", "text/javascript"),
        ("/sandbox/daraja/assets/common.css", "text/css"),
    ],
)
@in_loop
async def test_the_pages_and_their_assets_are_served(path: str, kind: str) -> None:
    answer = await World().http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


@in_loop
async def test_no_other_file_is_served() -> None:
    world = World()
    for name in ("phone.html", "..%2Fengine.py", "engine.py", "none.js"):
        assert (await world.http.get(f"/sandbox/daraja/assets/{name}")).status_code == 404
