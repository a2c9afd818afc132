"""PaymentIntents through the real SDK: amounts, the state machine, the card form, 3-D Secure, cancelling."""

from typing import Any

import pytest
import stripe

from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import DECLINED, SECURE, VISA, World, refusal


@in_loop
async def test_a_payment_from_the_card_form_succeeds_and_moves_the_money() -> None:
    world = World()
    intent = await world.intent(150_000, metadata={"order_number": "S-1001", "attempt": "S-1001-1"})
    assert (intent.status, intent.currency, intent.livemode) == ("requires_payment_method", "kes", False)
    assert intent.client_secret
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    answer = (await world.browse(intent)).json()
    assert answer["status"] == "succeeded"
    assert "metadata" not in answer
    paid = await world.show(intent.id, "latest_charge.balance_transaction")
    charge: Any = paid.latest_charge
    assert (paid.amount_received, paid.metadata["order_number"]) == (150_000, "S-1001")
    assert (charge.paid, charge.captured, charge.payment_intent) == (True, True, intent.id)
    assert charge.payment_method_details.card.last4 == "4242"
    assert charge.balance_transaction.amount == 150_000
    balance = await world.api.balance.retrieve_async()
    assert [(one.amount, one.currency) for one in balance.available] == [(150_000, "kes")]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 6_499, "currency": "kes"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": -5, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "12.50", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 1_000, "currency": "xyz"}, None, "currency"),
        ({"amount": 1_000}, "parameter_missing", "currency"),
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 1_000, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        ({"amount": 1_000, "currency": "usd", "payment_method_types": ["card"]}, "parameter_unknown",
         "payment_method_types"),
        ({"amount": 1_000, "currency": "usd", "shipping": {"name": "A", "street": "B"}}, "parameter_unknown",
         "shipping[street]"),
        ({"amount": 1_000, "currency": "usd", "confirm": "perhaps"}, None, "confirm"),
        ({"amount": 1_000, "currency": "usd", "capture_method": "sometimes"}, None, "capture_method"),
        ({"amount": 1_000, "currency": "usd", "capture_method": "manual"}, "sandbox_not_simulated", "capture_method"),
        ({"amount": 1_000, "currency": "usd", "customer": "cus_1"}, "sandbox_not_simulated", "customer"),
        ({"amount": 1_000, "currency": "usd", "metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({"amount": 1_000, "currency": "usd", "payment_method": "pm_card_none"}, "resource_missing", "payment_method"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_and_leaves_nothing(params: Any, code: str | None, param: str) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        error = await refusal(world.api.payment_intents.create_async(params))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.code, error.param) == (code, param)
        assert (await world.api.payment_intents.list_async()).data == []

    run()


@in_loop
async def test_the_least_amounts_are_accepted() -> None:
    world = World()
    assert (await world.intent(50, "usd")).amount == 50
    assert (await world.intent(6_500, "KES")).currency == "kes"


@in_loop
async def test_a_decline_returns_the_intent_to_its_beginning_and_another_card_pays_it() -> None:
    world = World()
    intent = await world.intent()
    answer = await world.browse(intent, DECLINED)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (402, "card_error", "card_declined")
    assert error["decline_code"] == "generic_decline"
    assert "metadata" not in error["payment_intent"]
    failed = await world.show(intent.id, "latest_charge")
    charge: Any = failed.latest_charge
    assert (failed.status, failed.payment_method, failed.amount_received) == ("requires_payment_method", None, 0)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "card_declined"
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, "card_declined")
    assert (await world.browse(intent)).json()["status"] == "succeeded"
    assert (await world.show(intent.id)).last_payment_error is None
    assert world.sim.books.held(intent.id) == 150_000


@in_loop
async def test_a_server_that_confirms_a_declined_card_gets_a_card_error() -> None:
    world = World()
    error = await refusal(world.paid("pm_card_visa_chargeDeclinedInsufficientFunds"))
    assert isinstance(error, stripe.CardError)
    assert (error.http_status, error.code) == (402, "card_declined")
    body: Any = error.json_body
    assert body["error"]["decline_code"] == "insufficient_funds"
    assert body["error"]["payment_intent"]["status"] == "requires_payment_method"


@in_loop
async def test_three_d_secure_waits_for_the_bank_and_then_succeeds() -> None:
    world = World()
    intent = await world.intent()
    answer = (await world.browse(intent, SECURE)).json()
    assert (answer["status"], answer["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    assert world.sim.books.held(intent.id) == 0
    assert (await world.challenge(intent, "approve")).json()["status"] == "succeeded"
    paid = await world.show(intent.id, "latest_charge")
    charge: Any = paid.latest_charge
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert paid.next_action is None
    assert (await world.challenge(intent, "approve")).status_code == 409


@in_loop
async def test_failed_authentication_returns_the_intent_to_its_beginning() -> None:
    world = World()
    intent = await world.intent()
    await world.browse(intent, SECURE)
    await world.challenge(intent, "fail")
    failed = await world.show(intent.id)
    assert (failed.status, failed.latest_charge) == ("requires_payment_method", None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"


@in_loop
async def test_authentication_may_be_followed_by_a_decline_and_is_impossible_without_the_buyer() -> None:
    world = World()
    intent = await world.intent()
    await world.browse(intent, "4000008400001629")
    await world.challenge(intent, "approve")
    failed = await world.show(intent.id)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "card_declined"
    error = await refusal(world.paid("pm_card_authenticationRequired", off_session=True))
    assert error.code == "authentication_required"
    error = await refusal(world.paid("pm_card_authenticationRequired", error_on_requires_action=True))
    assert error.code == "authentication_required"


@in_loop
async def test_a_server_that_gives_a_return_url_gets_a_redirect() -> None:
    world = World()
    intent = await world.paid("pm_card_authenticationRequired", return_url="https://shop.example/after")
    assert intent.next_action is not None
    assert intent.next_action.type == "redirect_to_url"
    assert (await world.challenge(intent, "approve")).json()["return_url"] == "https://shop.example/after"


@pytest.mark.parametrize(("card", "end"), [("4000009990000013", "succeeded"), ("4000009990000021",
                                                                              "requires_payment_method")])  # fmt: skip
def test_a_payment_may_be_processing_before_it_ends(card: str, end: str) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        intent = await world.intent()
        assert (await world.browse(intent, card)).json()["status"] == "processing"
        error = await refusal(world.api.payment_intents.cancel_async(intent.id))
        assert error.code == "payment_intent_unexpected_state"
        await world.wait(21)
        assert (await world.show(intent.id)).status == end

    run()


@in_loop
async def test_a_payment_may_be_processing_for_ever() -> None:
    world = World()
    intent = await world.intent()
    await world.browse(intent, "4000009990000039")
    await world.wait(1_000_000)
    assert (await world.show(intent.id)).status == "processing"


@in_loop
async def test_cancelling_is_final_and_refused_once_money_has_moved() -> None:
    world = World()
    intent = await world.intent()
    canceled = await world.api.payment_intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at == int(world.clock.now().timestamp())
    for again in (world.browse(intent), world.browse(intent, SECURE)):
        answer = await again
        assert answer.json()["error"]["code"] == "payment_intent_unexpected_state"
    error = await refusal(world.api.payment_intents.cancel_async(intent.id))
    assert (error.code, error.http_status) == ("payment_intent_unexpected_state", 400)
    paid = await world.paid()
    error = await refusal(world.api.payment_intents.cancel_async(paid.id))
    body: Any = error.json_body
    assert body["error"]["payment_intent"]["status"] == "succeeded"
    assert world.sim.books.held(intent.id) == 0


@in_loop
async def test_a_challenge_that_is_still_open_when_the_intent_is_canceled_moves_nothing() -> None:
    world = World()
    intent = await world.intent()
    await world.browse(intent, SECURE)
    await world.api.payment_intents.cancel_async(intent.id)
    assert (await world.challenge(intent, "approve")).status_code == 409
    assert world.sim.books.held(intent.id) == 0


@in_loop
async def test_the_amount_changes_until_the_payment_is_under_way() -> None:
    world = World()
    intent = await world.intent()
    changed = await world.api.payment_intents.update_async(intent.id, {"amount": 200_000, "metadata": {"a": "b"}})
    assert (changed.amount, changed.metadata["a"]) == (200_000, "b")
    await world.browse(intent)
    error = await refusal(world.api.payment_intents.update_async(intent.id, {"amount": 100_000}))
    assert error.code == "payment_intent_unexpected_state"
    unset = await world.api.payment_intents.update_async(intent.id, {"metadata": {"a": ""}})
    assert "a" not in unset.metadata


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"card": "4242424242424241"}, "incorrect_number"),
        ({"card": "1234"}, "invalid_number"),
        ({"card": "4539578763621486"}, "card_declined"),
        ({"exp_month": "13"}, "invalid_expiry_month"),
        ({"exp_year": "19"}, "invalid_expiry_year"),
        ({"cvc": "12"}, "invalid_cvc"),
        ({"card": "378282246310005", "cvc": "123"}, "invalid_cvc"),
    ],
)
def test_a_mistyped_card_is_refused_and_the_intent_is_as_before(changed: dict[str, str], code: str) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        intent = await world.intent()
        answer = await world.browse(intent, **changed)
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, code)
        assert (await world.show(intent.id)).last_payment_error is None

    run()


@in_loop
async def test_only_the_browser_sends_card_data_and_only_with_the_client_secret() -> None:
    world = World()
    intent, other = await world.intent(), await world.intent()
    raw: Any = {"payment_method_data": {"type": "card", "card": {"number": VISA}}}
    error = await refusal(world.api.payment_intents.confirm_async(intent.id, raw))
    assert error.code == "parameter_unknown"
    other.id = intent.id
    answer = await world.browse(other)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "client_secret")
    assert (await world.show(intent.id)).status == "requires_payment_method"


@in_loop
async def test_card_data_is_kept_nowhere() -> None:
    world = World()
    await world.browse(await world.intent(), cvc="917")
    (confirmed,) = [entry for entry in world.sim.journal.entries if entry.url.endswith("/confirm")]
    assert confirmed.body["payment_method_data"]["card"] == {
        "number": "…4242", "exp_month": "12", "exp_year": "34", "cvc": "…"
    }  # fmt: skip
    assert VISA not in str(await world.control("seen")) + str(await world.control("intents"))
