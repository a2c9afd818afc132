"""Idempotency-Key as Stripe documents it."""

import asyncio
from typing import Any

import stripe

from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import World, refusal

FORM = {"amount": "150000", "currency": "kes"}


@in_loop
async def test_the_same_key_gives_the_first_answer_again() -> None:
    world = World()
    params: Any = {"amount": 150_000, "currency": "kes", "metadata": {"order_number": "S-1"}}
    first = await world.api.payment_intents.create_async(params, {"idempotency_key": "S-1-1"})
    await world.browse(first)
    again = await world.api.payment_intents.create_async(params, {"idempotency_key": "S-1-1"})
    assert again.to_dict() == first.to_dict()
    assert again.status == "requires_payment_method"
    assert len(world.sim.books.intents) == 1
    assert [one.type for one in world.sim.books.events.values()].count("payment_intent.created") == 1
    replayed = again.last_response
    assert replayed is not None
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert first.last_response is not None
    assert replayed.headers["Original-Request"] == first.last_response.request_id


@in_loop
async def test_a_refund_with_its_key_happens_once() -> None:
    world = World()
    paid = await world.paid()
    refunds = [
        await world.api.refunds.create_async(
            {"payment_intent": paid.id, "amount": 100_000}, {"idempotency_key": "S-1-R1"}
        )
        for _ in range(3)
    ]
    assert len({one.id for one in refunds}) == 1
    assert world.sim.books.held(paid.id) == 50_000


@in_loop
async def test_other_parameters_or_another_endpoint_with_the_key_are_refused() -> None:
    world = World()
    await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})
    (made,) = world.sim.books.intents
    for path, form in (("payment_intents", {**FORM, "amount": "200000"}), ("refunds", {"payment_intent": made})):
        answer = await world.post(path, form, **{"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(world.sim.books.intents) == 1


@in_loop
async def test_the_sdk_raises_its_own_error_for_a_key_with_other_parameters() -> None:
    world = World()
    params: Any = {"amount": 150_000, "currency": "kes"}
    await world.api.payment_intents.create_async(params, {"idempotency_key": "k"})
    error = await refusal(
        world.api.payment_intents.create_async(params | {"amount": 160_000}, {"idempotency_key": "k"})
    )
    assert isinstance(error, stripe.IdempotencyError)


@in_loop
async def test_a_decline_is_kept_and_given_again_though_the_card_would_pay_now() -> None:
    world = World()
    form = {**FORM, "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}
    first = await world.post("payment_intents", form, **{"Idempotency-Key": "k"})
    again = await world.post("payment_intents", form, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (402, 402)
    assert again.json() == first.json()
    assert len(world.sim.books.charges) == 1


@in_loop
async def test_wrong_parameters_keep_nothing_so_the_key_can_be_used_again() -> None:
    world = World()
    for wrong in ({"amount": "1", "currency": "kes"}, {**FORM, "colour": "red"}, {"amount": "150000"}):
        answer = await world.post("payment_intents", wrong, **{"Idempotency-Key": "k"})
        assert answer.status_code == 400
    unsigned = await world.http.post("/stripe/v1/payment_intents", data=FORM, headers={"Idempotency-Key": "k"})
    assert unsigned.status_code == 401
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})).status_code == 200


@in_loop
async def test_a_second_request_meets_the_first_still_running() -> None:
    world = World()
    await world.control("faults", {"fault": "slow"})
    first = await world.in_flight(world.post("payment_intents", FORM, **{"Idempotency-Key": "k"}))
    second = await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})
    assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    await world.wait(5)
    assert (await first).status_code == 200
    third = await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})
    assert third.json() == (await first).json()
    assert len(world.sim.books.intents) == 1


@in_loop
async def test_an_error_500_after_the_work_is_kept_and_one_before_it_is_not() -> None:
    world = World()
    await world.control("faults", {"fault": "error_after"})
    for _ in range(2):
        assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})).status_code == 500
    assert len(world.sim.books.intents) == 1
    await world.control("faults", {"fault": "error"})
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "n"})).status_code == 500
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "n"})).status_code == 200


@in_loop
async def test_a_key_is_forgotten_after_a_day_and_can_be_too_long() -> None:
    world = World()
    first = await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})
    await world.wait(86_399)
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})).json() == first.json()
    await world.wait(2)
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "k"})).json() != first.json()
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "k" * 255})).status_code == 200
    assert (await world.post("payment_intents", FORM, **{"Idempotency-Key": "k" * 256})).status_code == 400


@in_loop
async def test_twenty_equal_requests_at_once_make_one_payment() -> None:
    world = World()
    answers = await asyncio.gather(
        *(world.post("payment_intents", FORM, **{"Idempotency-Key": "k"}) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == len(world.sim.books.intents) == 1
