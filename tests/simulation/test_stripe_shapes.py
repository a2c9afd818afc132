"""Every answer has the members and types of Stripe's own fixtures and of the SDK that was made from its description."""

import asyncio
from typing import Any

import pytest

from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_shapes import FIXTURES, wrong
from tests.simulation.stripe_world import World


async def everything() -> list[dict[str, Any]]:
    """Every object of every kind that a busy account shows, in every state."""
    world = World()
    seen: list[dict[str, Any]] = []
    await world.intent(metadata={"order_number": "S-1"}, description="Order", receipt_email="a@example.com")
    await world.intent(payment_method="pm_card_visa", shipping={"name": "A", "address": {"line1": "Street 1"}})
    canceled = await world.intent()
    await world.api.payment_intents.cancel_async(canceled.id, {"cancellation_reason": "abandoned"})
    for card in (await world.control("cards"))["items"]:
        intent = await world.intent()
        await world.browse(intent, card["number"], cvc="1234" if card["number"].startswith("37") else "123")
        seen.append((await world.show(intent.id)).to_dict())
    secure = await world.intent()
    await world.browse(secure, "4000002760003184")
    await world.challenge(secure, "approve")
    failing = await world.intent()
    await world.browse(failing, "4000002760003184")
    await world.challenge(failing, "fail")
    for path in ("refundFail", "pendingRefund", "visa"):
        paid = await world.paid(f"pm_card_{path}")
        refund = await world.api.refunds.create_async({"payment_intent": paid.id, "amount": 50_000})
        seen.append(refund.to_dict())
    await world.wait(60)
    outcomes = iter(("escalate_inquiry_evidence", "losing_evidence", "winning_evidence"))
    for dispute in (await world.api.disputes.list_async()).data:
        await world.api.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": next(outcomes)}})
    await world.wait(60)
    for name in ("payment_intents", "charges", "refunds", "disputes", "events", "balance_transactions"):
        kind: Any = getattr(world.api, name)
        seen += [one.to_dict() async for one in (await kind.list_async({"limit": 100})).auto_paging_iter()]
    seen.append((await world.api.balance.retrieve_async()).to_dict())
    method = await world.api.payment_methods.retrieve_async("pm_card_visa")
    seen += [method.to_dict(), *(one.event["data"]["object"] for one in world.received)]
    expanded = await world.show(
        secure.id, "latest_charge.balance_transaction", "latest_charge.refunds", "payment_method"
    )
    return [*seen, expanded.to_dict()]


@pytest.fixture(scope="module")
def seen() -> list[dict[str, Any]]:
    """Every object of a busy account."""
    return asyncio.run(everything())


@pytest.mark.parametrize("kind", sorted(FIXTURES))
def test_an_object_has_the_members_and_types_of_the_fixture_and_of_the_sdk(
    kind: str, seen: list[dict[str, Any]]
) -> None:
    objects = [one for one in seen if one["object"] == kind]
    assert objects
    assert sorted({fault for one in objects for fault in wrong(one)}) == []


def test_every_state_and_event_was_among_them(seen: list[dict[str, Any]]) -> None:
    states = {one["status"] for one in seen if one["object"] == "payment_intent"}
    assert states == {
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "processing",
        "succeeded",
        "canceled",
    }
    assert {one["status"] for one in seen if one["object"] == "refund"} == {"succeeded", "pending", "failed"}
    assert {one["type"] for one in seen if one["object"] == "event"} == {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.failed",
        "charge.refund.updated",
        "charge.refunded",
        "charge.succeeded",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "refund.created",
        "refund.failed",
        "refund.updated",
    }


def test_the_referees_see_a_wrong_member_type_and_value(seen: list[dict[str, Any]]) -> None:
    right = next(one for one in seen if one["object"] == "refund")
    assert wrong({**right, "sum": 1}) == ["refund.sum is unknown", "refund.sum is unknown to the SDK"]
    assert wrong({name: value for name, value in right.items() if name != "charge"}) == ["refund.charge is missing"]
    assert wrong({**right, "amount": "1"})
    assert wrong({**right, "reason": "mood"}) == ["refund.reason is 'mood'"]


@in_loop
async def test_refunds_are_in_a_charge_only_when_expanded() -> None:
    world = World()
    paid = await world.paid()
    await world.api.refunds.create_async({"payment_intent": paid.id, "amount": 1_000})
    charge = str(paid.latest_charge)
    assert "refunds" not in (await world.api.charges.retrieve_async(charge)).to_dict()
    expanded = await world.api.charges.retrieve_async(charge, {"expand": ["refunds"]})
    assert expanded.refunds is not None
    assert [one.amount for one in expanded.refunds.data] == [1_000]
