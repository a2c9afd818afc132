"""What the shop sends to Daraja: the members the documentation shows, and the rules of each."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from commerce.payments.providers.daraja import payloads
from commerce.payments.providers.daraja.config import BUY_GOODS, PAY_BILL, DarajaConfig
from tests.contract.daraja import doubles
from tests.contract.daraja.doubles import BODIES, CREDENTIALS, NOW, Wire, client_over, refund_request, start_request

TILL = DarajaConfig(base_url="https://daraja.test", shortcode="600100", party_b="5512345", transaction_type=BUY_GOODS)
DONE = {"ResponseCode": "0"}


def documented(name: str) -> dict[str, object]:
    read: dict[str, object] = json.loads((BODIES / "official_doc_samples" / name).read_text())
    return read


def test_a_push_has_the_documented_members() -> None:
    wire = Wire(httpx.Response(200, json=DONE))
    client_over(wire).push(start_request())
    body = wire.body()
    assert set(body) == set(documented("MpesaExpressSimulate_01_Request_Body.json"))
    assert wire.calls[0].url == "https://daraja.test/daraja/mpesa/stkpush/v1/processrequest"
    assert wire.calls[0].headers["Authorization"] == "Bearer token-1"
    assert body["Timestamp"] == "20261122130000", "East Africa Time"
    assert base64.b64decode(body["Password"]).decode() == "174379the-passkey20261122130000"
    assert (body["Amount"], body["PartyA"], body["PhoneNumber"]) == (1200, doubles.PHONE, doubles.PHONE)
    assert (body["AccountReference"], body["TransactionDesc"]) == ("7K3M9QXW2A", "Order 7K3M9QX")


def test_a_paybill_receives_for_itself_and_a_till_by_its_number() -> None:
    push = payloads.push(doubles.PAY_BILL, CREDENTIALS, start_request(), NOW)
    assert (push["TransactionType"], push["BusinessShortCode"], push["PartyB"]) == (PAY_BILL, "174379", "174379")
    push = payloads.push(TILL, CREDENTIALS, start_request(), NOW)
    assert (push["TransactionType"], push["BusinessShortCode"], push["PartyB"]) == (BUY_GOODS, "600100", "5512345")


@pytest.mark.parametrize(
    ("description", "sent"),
    [
        ("", "7K3M9QXW2A"),
        ("é\n", "7K3M9QXW2A"),
        ("A very long description", "A very long d"),
        ("Shoes \ud800", "Shoes"),
    ],
)
def test_a_description_is_always_sent_and_always_fits(description: str, sent: str) -> None:
    push = payloads.push(doubles.PAY_BILL, CREDENTIALS, start_request(description=description), NOW)
    assert push["TransactionDesc"] == sent


def test_an_account_reference_fits() -> None:
    push = payloads.push(doubles.PAY_BILL, CREDENTIALS, start_request(order_number="0123456789ABCDEF"), NOW)
    assert push["AccountReference"] == "0123456789AB"


@pytest.mark.parametrize(
    ("phone", "sent"),
    [("254700123456", "254700123456"), ("+254110123456", "254110123456"), ("0700123456", None), ("255700123456", None),
     ("2547001234567", None), ("254700123456\n", None), ("", None)],
)  # fmt: skip
def test_a_phone_number_is_daraja_s_form_or_none(phone: str, sent: str | None) -> None:
    assert payloads.msisdn(phone) == sent


def test_a_query_has_the_documented_members() -> None:
    wire = Wire(httpx.Response(200, json=DONE))
    client_over(wire).query(doubles.CHECKOUT)
    assert set(wire.body()) == set(documented("MpesaExpressQuery_01_Request_Body.json"))
    assert wire.calls[0].url.path == "/daraja/mpesa/stkpushquery/v1/query"


def test_a_reversal_has_the_documented_members() -> None:
    wire = Wire(httpx.Response(200, json=DONE))
    client_over(wire).reverse("SKC56QLGS5", refund_request())
    assert set(wire.body()) == set(documented("Reversal_01_Request_Body.json"))
    assert wire.calls[0].url.path == "/daraja/mpesa/reversal/v1/request"
    assert wire.body()["CommandID"] == "TransactionReversal"
    assert wire.body()["RecieverIdentifierType"] == "11"
    assert (wire.body()["TransactionID"], wire.body()["Amount"]) == ("SKC56QLGS5", "1200")


def test_a_payout_has_the_documented_members() -> None:
    wire = Wire(httpx.Response(200, json=DONE))
    client_over(wire).b2c(refund_request(remarks="x"))
    assert set(wire.body()) == set(documented("BusinessToCustomer_01_Request_Body.json"))
    assert wire.calls[0].url.path == "/daraja/mpesa/b2c/v3/paymentrequest"
    assert wire.body()["OriginatorConversationID"] == "7K3M9QXW2A-R1"
    assert (wire.body()["PartyB"], wire.body()["Remarks"]) == (doubles.PHONE, "Refund")


@pytest.mark.parametrize(("own", "payer"), [("", "174379"), ("600000", "600000")])
def test_a_payout_comes_from_the_shortcode_for_bulk_payments(own: str, payer: str) -> None:
    wire = Wire(httpx.Response(200, json=DONE))
    client_over(wire, replace(doubles.PAY_BILL, payout_shortcode=own)).b2c(refund_request())
    assert wire.body()["PartyA"] == payer


def test_a_status_query_is_about_a_receipt_or_a_conversation() -> None:
    wire = Wire(httpx.Response(200, json=DONE), httpx.Response(200, json=DONE))
    client = client_over(wire)
    client.transaction_status(receipt="SKC56QLGS5", result_url="https://r", timeout_url="https://t")
    client.transaction_status(conversation_id="AG_1", result_url="https://r", timeout_url="https://t")
    assert wire.calls[0].url.path == "/daraja/mpesa/transactionstatus/v1/query"
    assert (wire.body(0)["TransactionID"], wire.body(1)["OriginalConversationID"]) == ("SKC56QLGS5", "AG_1")
    assert (wire.body(0)["IdentifierType"], wire.body(0)["PartyA"]) == ("4", "174379")
    with pytest.raises(ValueError, match="either"):
        client.transaction_status(result_url="https://r", timeout_url="https://t")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"base_url": "daraja.test"}, "URL"),
        ({"shortcode": ""}, "shortcode"),
        ({"shortcode": "17x"}, "shortcode"),
        ({"transaction_type": "PayBill"}, "transaction type"),
        ({"party_b": ""}, "till"),
        ({"party_b": "till"}, "till"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(TILL, **change)


def test_every_call_has_its_four_time_outs() -> None:
    seen = {}

    def look(request: httpx.Request) -> httpx.Response:
        seen.update(request.extensions["timeout"])
        return httpx.Response(200, json={"access_token": "abc", **DONE})

    client_over(look).query(doubles.CHECKOUT)
    assert seen == {"connect": 3.0, "read": 12.0, "write": 5.0, "pool": 2.0}
