"""Refunds and disputes: the money that goes back, by the shop, by the dashboard, by the bank."""

from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from sandbox.simulator import VirtualClock
from sandbox.stripe import StripeSimulator
from sandbox.stripe.attempt import begin
from sandbox.stripe.card_entry import named_method
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.events import NOBODY
from sandbox.stripe.models import Intent
from sandbox.stripe.refunding import fail, refund
from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import World, refusal


@in_loop
async def test_partial_refunds_add_up_and_the_last_one_closes_the_charge() -> None:
    world = World()
    paid = await world.paid(amount=150_000)
    metadata = {"reference": "S-1001-R1"}
    first = await world.api.refunds.create_async(
        {"payment_intent": paid.id, "amount": 40_000, "metadata": metadata, "reason": "requested_by_customer"}
    )
    assert (first.status, first.amount, first.charge) == ("succeeded", 40_000, paid.latest_charge)
    charge = await world.api.charges.retrieve_async(str(paid.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (40_000, False)
    error = await refusal(world.api.refunds.create_async({"payment_intent": paid.id, "amount": 110_001}))
    assert error.http_status == 400
    rest = await world.api.refunds.create_async({"charge": charge.id})
    assert rest.amount == 110_000
    charge = await world.api.charges.retrieve_async(charge.id)
    assert (charge.amount_refunded, charge.refunded) == (150_000, True)
    error = await refusal(world.api.refunds.create_async({"charge": charge.id}))
    assert error.code == "charge_already_refunded"
    for filters in ({"payment_intent": paid.id}, {"charge": charge.id}):
        listed = await world.api.refunds.list_async(filters)  # type: ignore[arg-type]
        assert [one.id for one in listed.data] == [rest.id, first.id]
    assert (await world.api.refunds.list_async({"charge": "ch_other"})).data == []
    found = await world.api.refunds.retrieve_async(first.id)
    assert found.metadata is not None
    assert found.metadata["reference"] == "S-1001-R1"


@in_loop
async def test_only_money_that_came_can_be_refunded() -> None:
    world = World()
    intent = await world.intent()
    for work in (
        world.api.refunds.create_async({"payment_intent": intent.id}),
        world.api.refunds.create_async({}),
        world.api.refunds.create_async({"charge": "ch_none"}),
        world.api.refunds.create_async({"payment_intent": intent.id, "reason": "mood"}),
    ):
        assert isinstance(await refusal(work), stripe.InvalidRequestError)


@in_loop
async def test_a_pending_refund_succeeds_later() -> None:
    world = World()
    paid = await world.paid("pm_card_pendingRefund")
    made = await world.api.refunds.create_async({"payment_intent": paid.id})
    assert (made.status, made.pending_reason) == ("pending", "processing")
    await world.wait(31)
    assert (await world.api.refunds.retrieve_async(made.id)).status == "succeeded"
    assert "refund.updated" in world.types


@in_loop
async def test_a_refund_that_fails_later_gives_the_money_back_to_the_shop() -> None:
    world = World()
    paid = await world.paid("pm_card_refundFail")
    made = await world.api.refunds.create_async({"payment_intent": paid.id, "amount": 50_000})
    assert made.status == "succeeded"
    assert world.sim.books.held(paid.id) == 100_000
    await world.wait(32)
    failed = await world.api.refunds.retrieve_async(made.id, {"expand": ["charge", "failure_balance_transaction"]})
    charge: Any = failed.charge
    returned: Any = failed.failure_balance_transaction
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (charge.amount_refunded, charge.refunded, returned.amount) == (0, False, 50_000)
    assert world.types[-3:] == ["refund.failed", "refund.updated", "charge.refund.updated"]
    assert world.sim.books.held(paid.id) == 150_000


@in_loop
async def test_the_dashboard_refunds_without_the_shop() -> None:
    world = World()
    paid = await world.paid()
    made = (await world.control("refunds", {"payment_intent": paid.id, "amount": 30_000}))["refund"]
    await world.wait()
    assert (await world.api.refunds.retrieve_async(made["id"])).amount == 30_000
    event = next(one.event for one in world.received if one.type == "refund.created")
    assert event["request"] == {"id": None, "idempotency_key": None}
    answer = await world.http.post("/sandbox/stripe/api/refunds", json={"payment_intent": paid.id, "amount": 120_001})
    assert answer.status_code == 409
    await world.control(f"refunds/{made['id']}/fail", {})
    assert (await world.api.refunds.retrieve_async(made["id"])).status == "failed"


@given(st.lists(st.tuples(st.integers(1, 200_000), st.booleans()), max_size=12))
def test_the_money_is_only_moved_and_a_charge_never_gives_more_than_it_took(steps: list[tuple[int, bool]]) -> None:
    sim = StripeSimulator(clock=VirtualClock())
    intent = Intent("pi_1", "pi_1_secret_1", 150_000, "kes", sim.now())
    sim.books.intents[intent.id] = intent
    begin(sim, intent, named_method(sim, "pm_card_visa"), NOBODY)
    charge = sim.books.charges[str(intent.latest_charge)]
    for amount, fails in steps:
        try:
            made = refund(sim, charge, amount)
        except StripeRefusal:
            assert amount > charge.unrefunded
            continue
        if fails:
            fail(sim, made)
        given_back = sum(one.amount for one in sim.books.refunds_of(charge) if one.status == "succeeded")
        assert charge.amount_refunded == given_back <= 150_000
        assert sim.books.held(intent.id) == 150_000 - given_back


@pytest.mark.parametrize(
    ("card", "reason"),
    [("pm_card_createDispute", "fraudulent"), ("pm_card_createDisputeProductNotReceived", "product_not_received")],
)
def test_a_chargeback_takes_the_money_and_its_loss_is_final(card: str, reason: str) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        paid = await world.paid(card)
        await world.wait(12)
        (dispute,) = (await world.api.disputes.list_async({"payment_intent": paid.id})).data
        assert (dispute.reason, dispute.status, dispute.amount) == (reason, "needs_response", 150_000)
        assert (dispute.is_charge_refundable, len(dispute.balance_transactions)) == (False, 1)
        assert world.sim.books.held(paid.id) == 0
        charge = await world.api.charges.retrieve_async(str(paid.latest_charge))
        assert charge.disputed
        assert charge.to_dict()["dispute"] == dispute.id
        error = await refusal(world.api.refunds.create_async({"charge": charge.id}))
        assert error.code == "charge_disputed"
        assert (await world.api.disputes.close_async(dispute.id)).status == "lost"
        await world.wait()
        assert world.types[-3:] == [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.closed",
        ]
        error = await refusal(world.api.disputes.close_async(dispute.id))
        assert error.http_status == 400

    run()


@in_loop
async def test_winning_evidence_brings_the_money_back() -> None:
    world = World()
    paid = await world.paid("pm_card_createDispute")
    await world.wait(12)
    (dispute,) = (await world.api.disputes.list_async({"charge": str(paid.latest_charge)})).data
    evidence: Any = {"uncategorized_text": "winning_evidence"}
    sent = await world.api.disputes.update_async(dispute.id, {"evidence": evidence, "submit": True})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    await world.wait(12)
    won = await world.api.disputes.retrieve_async(dispute.id)
    assert (won.status, len(won.balance_transactions)) == ("won", 2)
    assert world.sim.books.held(paid.id) == 150_000
    assert world.types[-2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    assert (await world.api.refunds.create_async({"payment_intent": paid.id})).amount == 150_000


@in_loop
async def test_an_inquiry_moves_no_money_until_it_is_escalated() -> None:
    world = World()
    paid = await world.paid("pm_card_createDisputeInquiry")
    await world.wait(12)
    (inquiry,) = (await world.api.disputes.list_async()).data
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert inquiry.balance_transactions == []
    await world.api.refunds.create_async({"payment_intent": paid.id, "amount": 50_000})
    assert world.sim.books.held(paid.id) == 100_000
    await world.control(f"disputes/{inquiry.id}", {"outcome": "escalate"})
    dispute = await world.api.disputes.retrieve_async(inquiry.id)
    assert (dispute.status, dispute.amount) == ("needs_response", 100_000)
    assert world.sim.books.held(paid.id) == 0


@pytest.mark.parametrize(
    ("inquiry", "outcome", "status", "held"),
    [
        (False, "win", "won", 150_000),
        (False, "lose", "lost", 0),
        (True, "win", "warning_closed", 150_000),
        (True, "lose", "warning_closed", 150_000),
    ],
)
def test_the_bank_decides_from_the_control_api(inquiry: bool, outcome: str, status: str, held: int) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        paid = await world.paid()
        asked = {"payment_intent": paid.id, "reason": "fraudulent", "inquiry": inquiry}
        made = (await world.control("disputes", asked))["dispute"]
        decided = (await world.control(f"disputes/{made['id']}", {"outcome": outcome}))["dispute"]
        assert decided["status"] == status
        assert world.sim.books.held(paid.id) == held
        answer = await world.http.post("/sandbox/stripe/api/disputes", json=asked)
        assert answer.status_code == 409

    run()
