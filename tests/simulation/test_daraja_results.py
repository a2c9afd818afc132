"""Reversal, payout and transaction status: acknowledged first, then a result in the recorded shape."""

from typing import Any

import pytest

from sandbox.daraja import DarajaOptions
from tests.simulation.daraja_world import HUMAN, World, in_loop, magic, parameters

LATE = DarajaOptions().late_seconds


async def paid(world: World, number: int = 1, amount: int = 1500) -> str:
    """A payment that has come in; its receipt."""
    await world.push(magic(number), amount=amount)
    await world.wait(LATE + 10)
    world.received.clear()
    (transaction,) = world.daraja.ledger.transactions
    return transaction.receipt


@in_loop
async def test_a_reversal_is_acknowledged_and_then_done() -> None:
    world = World()
    receipt = await paid(world)
    ack = (await world.reverse(receipt, 1500)).json()
    assert set(ack) == {"OriginatorConversationID", "ConversationID", "ResponseCode", "ResponseDescription"}
    assert (ack["ResponseCode"], world.received) == ("0", [])
    await world.wait(6)
    (call,) = world.received
    result = call.result
    assert call.path == "api/hooks/daraja/reversal/result"
    assert (result["ResultType"], result["ResultCode"]) == (0, 0)
    assert result["OriginatorConversationID"] == ack["OriginatorConversationID"]
    assert result["ConversationID"] == ack["ConversationID"]
    assert [key for key, _ in parameters(result)] == [
        "DebitAccountBalance",
        "Amount",
        "TransCompletedTime",
        "OriginalTransactionID",
        "Charge",
        "CreditPartyPublicName",
        "DebitPartyPublicName",
    ]
    values = dict(parameters(result))
    assert values["OriginalTransactionID"] == receipt
    assert values["DebitAccountBalance"] == "Utility Account|KES|0.00|0.00|0.00|0.00"
    assert '"Value": 1500.00}' in call.raw
    assert result["ReferenceData"]["ReferenceItem"]["Key"] == "QueueTimeoutURL"
    assert result["TransactionID"] == world.daraja.ledger.transactions[-1].receipt
    books = await world.control("ledger")
    assert books["references"]["S-1001"] == {"paid": 1500, "given_back": 1500, "held": 0}
    assert books["balanced"]


@in_loop
async def test_a_second_reversal_says_already_reversed_as_a_string() -> None:
    world = World()
    receipt = await paid(world)
    for _ in range(2):
        await world.reverse(receipt, 1500)
        await world.wait(6)
    assert [call.result["ResultCode"] for call in world.received] == [0, "R000001"]
    refused = world.received[1].result
    assert "ResultParameters" not in refused
    assert refused["TransactionID"].endswith("0000000")
    assert world.held == 0


@in_loop
async def test_a_part_can_be_reversed_but_never_more_than_was_paid() -> None:
    world = World()
    receipt = await paid(world, 30)
    assert (await world.reverse(receipt, 1651)).json()["errorMessage"] == "Bad Request - Invalid Amount"
    await world.reverse(receipt, 150)
    await world.wait(6)
    assert (world.received[0].result["ResultCode"], world.held) == (0, 1500)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"TransactionID": "UAV0000001"}, "R000002"),
        ({"ReceiverParty": "600584"}, "R000002"),
        ({"Initiator": "somebody"}, 2001),
        ({"SecurityCredential": "wrong"}, 2001),
    ],
)
@in_loop
async def test_reversals_that_fail_in_the_result(changed: dict[str, Any], code: int | str) -> None:
    world = World()
    receipt = await paid(world)
    assert (await world.reverse(receipt, 1500, **changed)).status_code == 200
    await world.wait(6)
    assert (world.received[0].result["ResultCode"], world.held) == (code, 1500)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"CommandID": "Reverse"}, "CommandID"),
        ({"TransactionID": ""}, "TransactionID"),
        ({"Remarks": "x"}, "Remarks"),
        ({"QueueTimeOutURL": "nowhere"}, "QueueTimeOutURL"),
        ({"RecieverIdentifierType": "4"}, "RecieverIdentifierType"),
    ],
)
@in_loop
async def test_a_wrong_field_of_a_reversal_is_named(changed: dict[str, Any], field: str) -> None:
    answer = await World().reverse("UAV244DYDV", 1, **changed)
    assert answer.json()["errorCode"] == "400.002.02"
    assert answer.json()["errorMessage"] == f"Bad Request - Invalid {field}"


@in_loop
async def test_a_reversal_without_float_fails_with_1_and_works_once_there_is_float() -> None:
    world = World()
    receipt = await paid(world)
    await world.control("float", {"amount": -1})
    for _ in range(2):
        await world.reverse(receipt, 1500)
        await world.wait(6)
        await world.control("float", {"amount": 1})
    assert [call.result["ResultCode"] for call in world.received] == [1, 0]
    assert (await world.control("ledger"))["balanced"]


@in_loop
async def test_27_late_money_that_somebody_reversed_already() -> None:
    world = World()
    receipt = await paid(world, 27)
    await world.reverse(receipt, 1500)
    await world.wait(6)
    assert (world.received[0].result["ResultCode"], world.held) == ("R000001", 0)


@in_loop
async def test_28_late_money_that_cannot_be_reversed_goes_back_by_payout() -> None:
    world = World()
    receipt = await paid(world, 28)
    await world.reverse(receipt, 1500)
    await world.wait(6)
    await world.pay_out("refund-1", 1500, PartyB=magic(28))
    await world.wait(6)
    assert [call.result["ResultCode"] for call in world.received] == [1, 0]
    assert (await world.control("ledger"))["references"]["S-1001"]["held"] == 0


@in_loop
async def test_33_the_result_is_lost_and_a_retry_says_already_reversed() -> None:
    world = World()
    receipt = await paid(world, 33)
    await world.reverse(receipt, 1500)
    await world.wait(LATE)
    assert (world.received, world.held) == ([], 0)
    await world.sign_in()
    await world.reverse(receipt, 1500)
    await world.wait(6)
    assert world.received[0].result["ResultCode"] == "R000001"


@in_loop
async def test_51_only_the_time_out_url_is_called_though_the_money_went_back() -> None:
    world = World()
    receipt = await paid(world, 51)
    await world.reverse(receipt, 1500)
    await world.wait(6)
    (call,) = world.received
    assert call.path == "api/hooks/daraja/reversal/timeout"
    assert world.held == 0
    await world.reverse(receipt, 1500)
    await world.wait(6)
    assert world.received[1].result["ResultCode"] == "R000001"


@in_loop
async def test_a_payout_is_accepted_once_per_originator_conversation_id() -> None:
    world = World(DarajaOptions(opening_float=1000))
    first = await world.pay_out("refund-1")
    assert first.json()["OriginatorConversationID"] == "refund-1"
    again = await world.pay_out("refund-1")
    assert again.status_code == 500
    assert again.json()["errorCode"] == "500.002.1001"
    assert again.json()["errorMessage"].startswith("Duplicate OriginatorConversationID")
    await world.wait(6)
    (call,) = world.received
    values = dict(parameters(call.result))
    assert values["TransactionAmount"] == 100
    assert values["TransactionReceipt"] == call.result["TransactionID"]
    assert values["ReceiverPartyPublicName"].startswith(f"{HUMAN} - ")
    assert values["TransactionCompletedDateTime"] == "22.11.2026 12:00:00"
    assert values["B2CRecipientIsRegisteredCustomer"] == "Y"
    assert {
        "B2CUtilityAccountAvailableFunds",
        "B2CWorkingAccountAvailableFunds",
        "B2CChargesPaidAccountAvailableFunds",
    } < set(values)
    assert world.held == 900


@in_loop
async def test_a_payout_without_float_fails_with_1() -> None:
    world = World()
    await world.pay_out("refund-1")
    await world.wait(6)
    assert world.received[0].result["ResultCode"] == 1
    assert world.daraja.ledger.transactions == []


@in_loop
async def test_transaction_status_shows_the_providers_own_record() -> None:
    world = World()
    receipt = await paid(world, 47)
    await world.status(TransactionID=receipt)
    await world.wait(6)
    (call,) = world.received
    values = dict(parameters(call.result))
    assert call.result["ResultCode"] == 0
    assert call.result["TransactionID"].endswith("0000000")
    assert values["ReceiptNo"] == receipt
    assert values["TransactionStatus"] == "Completed"
    assert values["DebitPartyName"].startswith(magic(47))
    assert ("TransactionReason", None) in parameters(call.result)
    assert '{"Key": "Amount", "Value": 1500.00}' in call.raw  # though the callback claimed less
    assert values["FinalisedTime"] == 20261122120015
    assert call.result["ReferenceData"] == {"ReferenceItem": {"Key": "Occasion", "Value": "check"}}


@in_loop
async def test_transaction_status_varies_its_types_and_repeats_a_key() -> None:
    world = World()
    await world.status(TransactionID=await paid(world, 21), Occasion="")
    await world.wait(6)
    result = world.received[0].result
    assert [key for key, _ in parameters(result)].count("DebitPartyName") == 2
    assert ("Amount", "1500") in parameters(result)
    assert ("FinalisedTime", "20261122120015") in parameters(result)
    assert result["ReferenceData"] == {"ReferenceItem": {"Key": "Occasion"}}


@in_loop
async def test_transaction_status_finds_a_payment_by_the_push_it_came_from() -> None:
    world = World()
    ident = (await world.push(magic(7))).json()["MerchantRequestID"]
    await world.wait(20)
    await world.status(OriginalConversationID=ident)
    await world.wait(6)
    values = dict(parameters(world.received[0].result))
    assert values["ReceiptNo"] == world.daraja.ledger.transactions[0].receipt


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"TransactionID": "UAV0000001"}, 2032),
        ({"TransactionID": "UAV0000001", "PartyA": "999999"}, 7),
        ({"TransactionID": "UAV0000001", "Initiator": "somebody"}, 2001),
    ],
)
@in_loop
async def test_transaction_status_failures(changed: dict[str, Any], code: int) -> None:
    world = World()
    await world.status(**changed)
    await world.wait(6)
    assert world.received[0].result["ResultCode"] == code


@in_loop
async def test_results_can_go_to_the_time_out_url_with_nothing_done_or_be_lost() -> None:
    world = World()
    receipt = await paid(world)
    await world.control("provider", {"results": "timeout"})
    await world.reverse(receipt, 1500)
    await world.pay_out("refund-1")
    await world.wait(6)
    assert sorted(call.path for call in world.received) == [
        "api/hooks/daraja/payout/timeout",
        "api/hooks/daraja/reversal/timeout",
    ]
    assert world.held == 1500
    await world.control("provider", {"results": "lost"})
    await world.reverse(receipt, 1500)
    await world.wait(60)
    assert (len(world.received), world.held) == (2, 0)


@in_loop
async def test_the_float_cannot_be_overdrawn_by_hand() -> None:
    world = World(DarajaOptions(opening_float=10))
    for body, status in (({"amount": -11}, 409), ({"amount": 1, "shortcode": "999999"}, 404)):
        answer = await world.http.post("/sandbox/daraja/api/float", json=body)
        assert answer.status_code == status
    assert await world.control("float", {"amount": -10}) == {"shortcode": "174379", "balance": 0}
