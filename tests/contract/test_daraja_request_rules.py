"""What the shop sends is of the types and forms of Daraja's own sample requests, whatever an order holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.providers.daraja import payloads
from tests.contract.daraja.doubles import CREDENTIALS, NOW, PAY_BILL, kes, refund_request, start_request
from tests.contract.daraja.readings import REQUESTS

SHORTCODE, WORD, URL = r"\d{5,7}", r"[!-~]+", r"https?://[!-~]+"
#: The form of every member (provider facts, 1.2, 1.5 and 1.7); the samples themselves are held against it first.
RULES: dict[str, str] = {
    "BusinessShortCode": SHORTCODE,
    "ReceiverParty": SHORTCODE,
    "Password": WORD,
    "SecurityCredential": WORD,
    "Initiator": WORD,
    "InitiatorName": WORD,
    "Timestamp": r"20\d{12}",
    "TransactionType": "CustomerPayBillOnline|CustomerBuyGoodsOnline",
    "CommandID": "TransactionReversal|TransactionStatusQuery|BusinessPayment",
    "Amount": r"[1-9]\d{0,5}",
    "PartyA": rf"254[17]\d{{8}}|{SHORTCODE}",
    "PartyB": rf"254[17]\d{{8}}|{SHORTCODE}",
    "PhoneNumber": r"254[17]\d{8}",
    "CallBackURL": URL,
    "ResultURL": URL,
    "QueueTimeOutURL": URL,
    "AccountReference": r"[ -~]{1,12}",
    "TransactionDesc": r"[ -~]{1,13}",
    "CheckoutRequestID": r"[A-Za-z0-9_]{1,64}",
    "OriginatorConversationID": r"[A-Za-z0-9_-]{1,64}",
    "OriginalConversationID": r"[A-Za-z0-9_-]{1,64}",
    "TransactionID": r"[A-Z0-9]{10}",
    "RecieverIdentifierType": "11",
    "IdentifierType": "4",
    "Remarks": r"[ -~]{2,100}",
    "Occassion": r"[ -~]{0,100}",
    "Occasion": r"[ -~]{0,100}",
}
SAMPLES = {path.stem.split("_")[0]: path for path in REQUESTS}


def documented(name: str) -> dict[str, Any]:
    """Return a sample's members. The portal's status query has blanks in two names, which its own table lacks."""
    found: dict[str, Any] = json.loads(SAMPLES[name].read_text())
    return {member.replace(" ", ""): value for member, value in found.items()}


def faults(body: dict[str, Any], sample: dict[str, Any]) -> list[str]:
    """Return what a request has against a sample: members, types (a number may be written as text), and forms."""
    found = [f"{name} is missing" for name in sample.keys() - body.keys()]
    found += [f"{name} is unknown" for name in body.keys() - sample.keys()]
    for name in body.keys() & sample.keys():
        value = body[name]
        if type(value) is not str and not (type(value) is int and str(sample[name]).isdigit()):
            found.append(f"{name} is a {type(value).__name__}")
        elif not re.fullmatch(RULES[name], str(value)):
            found.append(f"{name} is {value!r}")
    return sorted(found)


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.stem)
def test_the_samples_keep_the_rules(path: Path) -> None:
    sample = documented(path.stem.split("_")[0])
    assert faults(sample, sample) == []


ORDERS = st.fixed_dictionaries(
    {
        "order_number": st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=10, max_size=10),
        "amount": st.integers(1, 250_000).map(kes),
        "phone": st.from_regex(r"\A\+?254[17][0-9]{8}\Z"),
    }
)


@given(ORDERS, st.text())
def test_any_push_is_like_the_sample(order: dict[str, Any], description: str) -> None:
    sent = payloads.push(PAY_BILL, CREDENTIALS, start_request(**order, description=description), NOW)
    assert faults(sent, documented("MpesaExpressSimulate")) == []
    assert type(sent["Amount"]) is int


@given(ORDERS, st.text())
def test_any_refund_is_like_the_samples(order: dict[str, Any], remarks: str) -> None:
    request = refund_request(**order, captured=order["amount"], remarks=remarks)
    sent = payloads.reversal(PAY_BILL, CREDENTIALS, "SKC56QLGS5", request)
    assert faults(sent, documented("Reversal")) == []
    assert faults(payloads.payout(PAY_BILL, CREDENTIALS, request), documented("BusinessToCustomer")) == []


def test_questions_are_like_the_samples() -> None:
    sent = payloads.query(PAY_BILL, CREDENTIALS, "ws_CO_191220191020363925", NOW)
    assert faults(sent, documented("MpesaExpressQuery")) == []
    urls = {"result_url": "https://shop.test/r", "timeout_url": "https://shop.test/t"}
    about = {"receipt": "SKC56QLGS5", "conversation_id": "AG_20191219_1"}
    # Of the two names a question gives one (provider facts, 1.7).
    for name, other in (("receipt", "OriginalConversationID"), ("conversation_id", "TransactionID")):
        asked = {"receipt": None, "conversation_id": None, name: about[name]}
        sent = payloads.transaction_status(PAY_BILL, CREDENTIALS, **asked, **urls)  # type: ignore[arg-type]
        assert faults(sent, documented("TransactionStatus")) == [f"{other} is missing"]


def test_the_rules_see_a_wrong_member_type_and_form() -> None:
    sample = documented("MpesaExpressSimulate")
    for change, fault in (
        ({"Tip": "1"}, "Tip is unknown"),
        ({"Amount": 1.0}, "Amount is a float"),
        ({"Amount": "0"}, "Amount is '0'"),
        ({"PartyA": None}, "PartyA is a NoneType"),
        ({"PartyB": True}, "PartyB is a bool"),
        ({"TransactionDesc": "x" * 14}, f"TransactionDesc is {'x' * 14!r}"),
    ):
        assert faults({**sample, **change}, sample) == [fault]
