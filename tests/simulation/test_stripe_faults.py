"""Faults of requests, injected by rules, by health and by metadata."""

from typing import Any

import pytest
import stripe

from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import World, refusal

PARAMS: Any = {"amount": 150_000, "currency": "kes"}


@pytest.mark.parametrize(
    ("fault", "kind", "made"),
    [
        ("rate_limited", stripe.RateLimitError, 0),
        ("error", stripe.APIError, 0),
        ("unavailable", stripe.APIError, 0),
        ("cut", stripe.APIConnectionError, 0),
        ("error_after", stripe.APIError, 1),
    ],
)
def test_a_rule_disturbs_the_next_request_once(fault: str, kind: type[Exception], made: int) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        await world.control("faults", {"fault": fault, "method": "POST", "path": "payment_intents"})
        await world.api.payment_intents.list_async()
        error = await refusal(world.api.payment_intents.create_async(PARAMS))
        assert type(error) is kind
        assert len(world.sim.books.intents) == made
        await world.api.payment_intents.create_async(PARAMS)
        assert (await world.control("state"))["rules"] == []

    run()


@in_loop
async def test_a_lost_response_did_its_work_and_the_same_key_brings_it() -> None:
    world = World()
    await world.control("faults", {"fault": "lost_response"})
    lost = await world.in_flight(world.api.payment_intents.create_async(PARAMS, {"idempotency_key": "k"}))
    early = await world.api.payment_intents.create_async(PARAMS, {"idempotency_key": "k"})
    await world.wait(30)
    assert type(await refusal(lost)) is stripe.APIConnectionError
    assert [early.id] == list(world.sim.books.intents)
    assert (await world.control("seen?direction=request"))["items"][1]["note"] == "done; the answer was lost on the way"


@in_loop
async def test_a_lost_confirmation_leaves_the_payment_paid() -> None:
    world = World()
    intent = await world.intent()
    await world.control("faults", {"fault": "lost_response", "path": "/confirm"})
    lost = await world.in_flight(world.browse(intent))
    assert (await world.show(intent.id)).status == "succeeded"
    await world.wait(30)
    with pytest.raises(AssertionError):
        await lost


@in_loop
async def test_the_sdk_comes_through_a_cut_connection_by_itself() -> None:
    world = World()
    await world.control("faults", {"fault": "cut"})
    patient = world.sdk("sk_test_salama", max_network_retries=1).v1
    made = await patient.payment_intents.create_async(PARAMS)
    assert list(world.sim.books.intents) == [made.id]


@in_loop
async def test_metadata_disturbs_its_own_request_once() -> None:
    world = World()
    params: Any = {**PARAMS, "metadata": {"sandbox": "rate_limited"}}
    assert type(await refusal(world.api.payment_intents.create_async(params))) is stripe.RateLimitError
    assert (await world.api.payment_intents.create_async(params)).amount == 150_000
    assert len(world.sim.books.intents) == 1


@in_loop
async def test_stripe_goes_down_and_comes_back() -> None:
    world = World()
    for health, kind in (({"down": True}, stripe.APIError), ({"cut": True}, stripe.APIConnectionError)):
        await world.control("provider", health)
        assert type(await refusal(world.intent())) is kind
        await world.control("provider", dict.fromkeys(health, False))
    assert (await world.intent()).status == "requires_payment_method"


@in_loop
async def test_a_buyer_pays_through_the_control_api() -> None:
    world = World()
    for card, challenge, status in (
        ("4242424242424242", "approve", "succeeded"),
        ("pm_card_visa_chargeDeclined", "approve", "requires_payment_method"),
        ("4000002760003184", "approve", "succeeded"),
        ("4000002760003184", "fail", "requires_payment_method"),
        ("4000002760003184", "ignore", "requires_action"),
    ):
        intent = await world.intent(metadata={"order_number": "S-9"})
        told = await world.control(f"intents/{intent.id}/pay", {"card": card, "challenge": challenge})
        assert told["intent"]["intent"]["status"] == status
    await world.control(f"intents/{intent.id}/answer", {"outcome": "approve"})
    answer = await world.http.post(f"/sandbox/stripe/api/intents/{intent.id}/pay", json={})
    assert answer.status_code == 409
    ledger = await world.control("ledger")
    assert ledger["totals"] == {"kes": 450_000}
    assert {one["metadata"]["order_number"] for one in ledger["intents"].values()} == {"S-9"}
    assert len((await world.control("intents?order=S-9"))["items"]) == 5


@in_loop
async def test_a_processing_payment_ends_when_the_page_says() -> None:
    world = World()
    for outcome, status in (("succeed", "succeeded"), ("fail", "requires_payment_method")):
        intent = await world.intent()
        await world.browse(intent, "4000009990000039")
        await world.control(f"intents/{intent.id}/answer", {"outcome": outcome})
        assert (await world.show(intent.id)).status == status


@in_loop
async def test_a_reset_forgets_everything_and_sends_nothing_more() -> None:
    world = World()
    await world.paid()
    await world.control("reset", {})
    await world.wait(100_000)
    assert world.received == []
    assert (await world.control("ledger"))["totals"] == {}
    assert (await world.control("intents"))["items"] == []
