"""Keys, headers, unknown addresses, lists and expansion."""

from typing import Any

import pytest
import stripe

from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import World, refusal


@in_loop
async def test_a_wrong_key_and_no_key_are_refused() -> None:
    world = World()
    error = await refusal(world.sdk("sk_test_somebody_else").v1.balance.retrieve_async())
    assert isinstance(error, stripe.AuthenticationError)
    assert "somebody" not in str(error)
    assert (await world.http.get("/stripe/v1/balance")).status_code == 401
    assert (await world.http.get("/stripe/v1/balance", auth=("sk_test_salama", ""))).status_code == 200


@in_loop
async def test_the_publishable_key_opens_only_what_browsers_need() -> None:
    world = World()
    browser = world.sdk("pk_test_salama").v1
    for work in (
        browser.balance.retrieve_async(),
        browser.payment_intents.create_async({"amount": 1_000, "currency": "usd"}),
        browser.refunds.list_async(),
    ):
        error = await refusal(work)
        assert isinstance(error, stripe.AuthenticationError)
        body: Any = error.json_body
        assert body["error"]["code"] == "secret_key_required"
    intent = await world.intent(metadata={"order_number": "S-1"})
    seen = await browser.payment_intents.retrieve_async(intent.id, {"client_secret": str(intent.client_secret)})
    assert seen.status == "requires_payment_method"
    assert "metadata" not in seen.to_dict()
    error = await refusal(browser.payment_intents.retrieve_async(intent.id, {"client_secret": "guessed"}))
    assert error.http_status == 400


@in_loop
async def test_every_answer_names_its_request_and_version() -> None:
    world = World()
    answer = await world.post(
        "payment_intents", {"amount": "1000", "currency": "usd"}, **{"Stripe-Version": "2024-06-20"}
    )
    assert answer.headers["Stripe-Version"] == "2024-06-20"
    assert answer.headers["Request-Id"].startswith("req_")
    assert (await world.intent()).last_response.request_id.startswith("req_")  # type: ignore[union-attr]
    assert (await world.post("refunds", {})).headers["Request-Id"].startswith("req_")


@in_loop
async def test_what_is_not_there_is_said() -> None:
    world = World()
    for work in (
        world.api.payment_intents.retrieve_async("pi_none"),
        world.api.charges.retrieve_async("ch_none"),
        world.api.refunds.retrieve_async("re_none"),
        world.api.disputes.retrieve_async("dp_none"),
        world.api.events.retrieve_async("evt_none"),
        world.api.refunds.create_async({"payment_intent": "pi_none"}),
    ):
        error = await refusal(work)
        assert (error.http_status, error.code) == (404, "resource_missing")
    error = await refusal(world.api.customers.list_async())
    assert error.http_status == 404


@in_loop
async def test_lists_are_paged_newest_first() -> None:
    world = World()
    made = []
    for number in range(7):
        made.append((await world.intent(100_000 + number)).id)
        await world.wait(1)
    page = await world.api.payment_intents.list_async({"limit": 3})
    assert ([one.id for one in page.data], page.has_more) == (made[:3:-1], True)
    everything = [one.id async for one in page.auto_paging_iter()]
    assert everything == made[::-1]
    before = await world.api.payment_intents.list_async({"limit": 2, "ending_before": made[0]})
    assert ([one.id for one in before.data], before.has_more) == ([made[2], made[1]], True)
    since = int(world.began.timestamp()) + 5
    assert len((await world.api.payment_intents.list_async({"created": {"gte": since}})).data) == 2


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred(limit: int) -> None:
    @in_loop
    async def run() -> None:
        error = await refusal(World().api.payment_intents.list_async({"limit": limit}))
        assert error.code == "parameter_invalid_integer"

    run()


@in_loop
async def test_only_what_is_an_id_can_be_expanded() -> None:
    world = World()
    paid = await world.paid()
    error = await refusal(world.show(paid.id, "amount"))
    assert "cannot be expanded" in str(error)
    listed = await world.api.charges.list_async({"payment_intent": paid.id, "expand": ["data.payment_intent"]})
    (charge,) = listed.data
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert charge.payment_intent.id == paid.id
