"""Events: signed, enveloped, retried, and disturbed in every way."""

import json

import pytest
import stripe

from sandbox.stripe import StripeOptions
from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import DECLINED, HOOK, SECURE, Received, World


def verify(one: Received, secret: str = "whsec_salama") -> stripe.Event:
    event: stripe.Event = stripe.Webhook.construct_event(one.raw, one.signature, secret)
    return event


@in_loop
async def test_a_payment_is_told_in_signed_events_that_the_sdk_accepts() -> None:
    world = World()
    intent = await world.intent(metadata={"order_number": "S-1"})
    await world.browse(intent)
    await world.wait()
    assert world.types == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    event = verify(world.received[-1])
    assert (event.object, event.livemode, event.api_version) == ("event", False, "2026-10-28.endive")
    told: dict[str, object] = event.data.object.to_dict()
    assert (told["status"], told["metadata"]) == ("succeeded", {"order_number": "S-1"})
    listed = await world.api.events.list_async({"type": "payment_intent.succeeded"})
    assert [(one.id, one.pending_webhooks) for one in listed.data] == [(event.id, 0)]
    assert (await world.api.events.retrieve_async(event.id)).data.object["id"] == intent.id


@in_loop
async def test_a_changed_body_a_wrong_secret_and_an_old_signature_are_refused() -> None:
    world = World()
    await world.intent()
    await world.wait()
    (one,) = world.received
    for raw, header, secret in (
        (one.raw.replace(b"150000", b"100000"), one.signature, "whsec_salama"),
        (one.raw, one.signature, "whsec_other"),
        (one.raw, one.signature.replace("v1=", "v2="), "whsec_salama"),
        (one.raw, "t=1," + one.signature.partition(",")[2], "whsec_salama"),
    ):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(raw, header, secret)


@in_loop
async def test_while_a_secret_is_rolled_either_one_verifies() -> None:
    world = World(StripeOptions(webhook_url=HOOK, webhook_secrets=("whsec_new", "whsec_old")))
    await world.intent()
    await world.wait()
    (one,) = world.received
    assert one.signature.count("v1=") == 2
    assert verify(one, "whsec_new").id == verify(one, "whsec_old").id
    assert world.options.secret["webhook_secrets"] == "whsec_new,whsec_old"


@in_loop
async def test_each_ending_has_its_event() -> None:
    world = World()
    await world.browse(await world.intent(), DECLINED)
    secure = await world.intent()
    await world.browse(secure, SECURE)
    await world.challenge(secure, "fail")
    await world.browse(await world.intent(), "4000009990000013")
    await world.api.payment_intents.cancel_async((await world.intent()).id)
    await world.wait(30)
    assert [kind for kind in world.types if kind != "payment_intent.created"] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.canceled",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


@in_loop
async def test_an_event_names_the_request_that_caused_it() -> None:
    world = World()
    made = await world.api.payment_intents.create_async(
        {"amount": 150_000, "currency": "kes"}, {"idempotency_key": "S-1-1"}
    )
    await world.wait()
    assert made.last_response is not None
    assert world.received[0].event["request"] == {
        "id": made.last_response.request_id,
        "idempotency_key": "S-1-1",
    }


@in_loop
async def test_a_refused_event_is_sent_again_with_a_fresh_signature_and_then_given_up() -> None:
    world = World()
    world.shop_says = 500
    await world.intent()
    await world.wait(300_000)
    assert [one.after for one in world.received] == [1, 301, 3_901, 11_101]
    assert len({one.raw for one in world.received}) == 1
    assert len({one.signature for one in world.received}) == 4
    (event,) = (await world.control("events"))["items"]
    assert (event["tries"], event["delivered"], event["given_up"]) == (4, False, True)
    world.shop_says = 200
    await world.control(f"events/{event['id']}/resend", {})
    await world.wait(0)
    assert len(world.received) == 5


@in_loop
async def test_a_retry_ends_with_the_first_success() -> None:
    world = World()
    world.shop_says = 503
    await world.intent()
    await world.wait(2)
    world.shop_says = 200
    await world.wait(300_000)
    assert [one.after for one in world.received] == [1, 301]


@in_loop
async def test_events_come_three_times_in_parallel() -> None:
    world = World()
    await world.control("faults", {"fault": "duplicate", "type": "payment_intent.succeeded"})
    await world.paid()
    await world.wait()
    assert world.types.count("payment_intent.succeeded") == 3
    assert world.types.count("charge.succeeded") == 1
    same = [one.event["id"] for one in world.received if one.type == "payment_intent.succeeded"]
    assert len(set(same)) == 1


@in_loop
async def test_events_are_lost_and_still_listed() -> None:
    world = World()
    await world.control("faults", {"fault": "lost", "times": 50})
    await world.paid()
    await world.wait(300_000)
    assert world.types == []
    assert len((await world.api.events.list_async()).data) == 3


@in_loop
async def test_events_are_delayed() -> None:
    world = World()
    await world.control("faults", {"fault": "delayed", "type": "payment_intent.succeeded"})
    await world.paid()
    await world.wait(100)
    assert [(one.type, one.after) for one in world.received if one.type.startswith("payment_intent")] == [
        ("payment_intent.created", 1),
        ("payment_intent.succeeded", 90),
    ]


@in_loop
async def test_events_come_out_of_order() -> None:
    world = World()
    await world.control("faults", {"fault": "unordered", "type": "payment_intent.processing"})
    await world.browse(await world.intent(), "4000009990000013")
    await world.wait(30)
    assert world.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.processing",
        "payment_intent.succeeded",
    ]
    await world.control("faults", {"fault": "unordered", "type": "payment_intent.created"})
    await world.intent()
    await world.wait(59)
    assert len(world.received) == 4
    await world.wait(1)
    assert len(world.received) == 5


@pytest.mark.parametrize(
    ("card", "types"),
    [
        ("4000009990000047", ["payment_intent.created", *["charge.succeeded"] * 3, *["payment_intent.succeeded"] * 3]),
        ("4000009990000054", ["payment_intent.created"]),
        ("4000009990000062", ["payment_intent.created", "payment_intent.succeeded", "charge.succeeded",
                              "payment_intent.processing"]),
        ("4000009990000070", ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]),
    ],
)  # fmt: skip
def test_a_card_of_the_sandbox_disturbs_its_own_events(card: str, types: list[str]) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        await world.browse(await world.intent(), card)
        await world.wait(100)
        assert world.types == types

    run()


@in_loop
async def test_metadata_disturbs_the_events_of_its_payment() -> None:
    world = World()
    await world.paid(metadata={"sandbox": "duplicate"})
    await world.wait()
    assert world.types.count("payment_intent.created") == 3
    assert world.types.count("payment_intent.succeeded") == 3


@in_loop
async def test_a_silent_stripe_sends_nothing_and_a_shop_that_is_not_there_is_noted() -> None:
    world = World()
    await world.control("provider", {"silent": True})
    await world.paid()
    await world.wait(10)
    assert world.received == []
    notes = [one["note"] for one in (await world.control("seen?direction=event"))["items"]]
    assert notes == ["lost on the way"] * 3


@in_loop
async def test_a_body_is_json_with_the_envelope_of_stripe() -> None:
    world = World()
    await world.paid()
    await world.wait()
    body = json.loads(world.received[0].raw)
    assert list(body) == [
        "id", "object", "api_version", "created", "data", "livemode", "pending_webhooks", "request", "type"
    ]  # fmt: skip
