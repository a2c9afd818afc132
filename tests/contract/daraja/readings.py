"""Daraja's samples and what reads each of them, with what it must come to and the members that decide it.

What was recorded without a whole body being kept (provider facts, 1.3 to 1.5) is written out here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from commerce.payments.port import (
    OutcomeUnknown,
    Paid,
    PaymentClaim,
    PaymentRecord,
    Pending,
    Prompted,
    References,
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundUnknown,
    Refused,
)
from commerce.payments.providers.daraja.callbacks import parse_stk_callback
from commerce.payments.providers.daraja.failures import TokenUnavailable
from commerce.payments.providers.daraja.outcomes import (
    interpret_result,
    look_up_outcome,
    payment_record,
    refund_outcome,
    start_outcome,
)
from commerce.payments.providers.daraja.token import USUAL_LIFETIME_SECONDS, Grant, read_grant
from commerce.payments.providers.daraja.wire import Answer, MalformedBody
from tests.contract.daraja.doubles import BODIES, CHECKOUT, MERCHANT, bodies
from tests.contract.mutations import Names
from tests.contract.readings import Reading
from tests.contract.safe_side import Nothing

REFERENCE = "7K3M9QXW2A-R1"
#: Daraja writes numbers as texts and the other way round from one day to the next, so each must read the same.
SAME = frozenset({"a number as a text", "a text as a number", "a whole number as a fraction", "spaced"})

REQUESTS = tuple(path for path in bodies("official_doc_samples") if path.stem.endswith("_01_Request_Body"))
ACKS = (*bodies("ack"), *(path for path in bodies("official_doc_samples") if "OriginatorCo" in path.read_text()
                          and '"ResponseCode"' in path.read_text()))  # fmt: skip
PUSHED = tuple(path for path in bodies("stk_push_response", "official_doc_samples") if "CustomerMessage" in
               path.read_text())  # fmt: skip
TOKENS = (BODIES / "official_doc_samples" / "Authorization_02_Response_Body.json",)
QUERIED = (BODIES / "official_doc_samples" / "MpesaExpressQuery_02_Response_Body.json",)
CALLBACKS = tuple(path for path in bodies("official_doc_samples") if '"stkCallback"' in path.read_text())
ERRORS = tuple(path for path in bodies("official_doc_samples") if '"errorCode"' in path.read_text())
RECORDS = (
    *bodies("transaction_status_result", "account_balance_result"),
    BODIES / "official_doc_samples" / "TransactionStatus_03_Callback_payload.json",
    BODIES / "official_doc_samples" / "AccountBalance_03_Result_body.json",
)
RESULTS = tuple(
    path
    for path in bodies("b2b_result", "b2c_result", "result_other_result", "reversal_result", "official_doc_samples")
    if '"Result"' in path.read_text() and path not in RECORDS
)
READ = (*REQUESTS, *ACKS, *PUSHED, *TOKENS, *QUERIED, *CALLBACKS, *ERRORS, *RECORDS, *RESULTS)


def fact(**members: Any) -> str:
    return json.dumps(members)


def pushed_back(code: str, message: str) -> str:
    return fact(requestId="1c5b-4ba8-815c-ac45c57a3db01495926", errorCode=code, errorMessage=message)


SPIKE = fact(
    fault={
        "faultstring": "Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, "
        "periodInMicroseconds=60000000, maxBurstMessageCount=1.0}",
        "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"},
    }
)
#: Refusals as the facts list them: status, body, and what it makes of a push and of a refund.
REFUSALS: dict[str, tuple[int, str, type, type]] = {
    "phone": (400, pushed_back("400.002.02", "Bad Request - Invalid PhoneNumber"), Refused, RefundImpossible),
    "receipt": (400, pushed_back("400.002.02", "Bad Request - Invalid TransactionID"), Refused, RefundImpossible),
    "payload": (400, pushed_back("400.002.05", "Invalid Request Payload"), Refused, RefundImpossible),
    "dead token": (404, pushed_back("404.001.03", "Invalid Access Token"), Refused, RefundUnknown),
    "no such path": (404, pushed_back("404.001.01", "Resource not found"), Refused, RefundImpossible),
    "no merchant": (500, pushed_back("500.001.1001", "Merchant does not exist"), Refused, RefundImpossible),
    "credentials": (500, pushed_back("500.001.1001", "Wrong credentials"), Refused, RefundImpossible),
    "locked": (500, pushed_back("500.001.1001", "Unable to lock subscriber"), Refused, RefundUnknown),
    "pending": (500, pushed_back("500.001.1001", "The transaction is being processed"), OutcomeUnknown, RefundUnknown),
    "maintenance": (500, pushed_back("500.002.1001", "Service is under maintenance"), OutcomeUnknown, RefundUnknown),
    "duplicate": (500, pushed_back("500.002.1001", "Duplicate OriginatorConversationID."), OutcomeUnknown,
                  RefundAccepted),
    "busy": (500, pushed_back("500.003.02", "System is busy. Please try again in few minutes."), OutcomeUnknown,
             RefundUnknown),
    "quota": (500, pushed_back("500.003.03", "Quota Violation"), OutcomeUnknown, RefundUnknown),
    "spike arrest": (429, SPIKE, Refused, RefundUnknown),
}  # fmt: skip


def queried(code: Any, **changes: Any) -> str:
    known = {"ResponseCode": "0", "ResponseDescription": "The service request has been accepted successsfully"}
    return fact(**known, MerchantRequestID=MERCHANT, CheckoutRequestID=CHECKOUT, ResultCode=code, **changes)


LOOKED_UP = {
    "paid": (queried("0", ResultDesc="The service request is processed successfully."), Paid()),
    "cancelled": (queried("1032", ResultDesc="Request cancelled by user"), Refused("1032", "cancelled")),
    "no answer": (queried("1037", ResultDesc="No response from user."), Refused("1037", "no_answer")),
    "limited": (queried("17", ResultDesc="Rule limited."), Refused("17", "too_soon", 120)),
    "pending": (queried("4999", ResultDesc="The transaction is still under processing"), Pending),
    "vendor's": (queried("BW-HTTP-100300"), Pending),
}


def called_back(code: Any, *items: dict[str, Any], **more: Any) -> str:
    inside = {"MerchantRequestID": MERCHANT, "CheckoutRequestID": CHECKOUT, "ResultCode": code, **more}
    return fact(Body={"stkCallback": inside | ({"CallbackMetadata": {"Item": list(items)}} if items else {})})


def item(name: str, *value: Any) -> dict[str, Any]:
    return {"Name": name, **({"Value": value[0]} if value else {})}


RECEIPT, WHEN = item("MpesaReceiptNumber", "UBK4A1B2C3"), item("TransactionDate", 20260220003520)
CLAIMED = {
    "as in 2026": (
        called_back(0, item("Amount", 1200), RECEIPT, WHEN, item("PhoneNumber", 254700123456), ResultDesc="Done."),
        PaymentClaim(References(MERCHANT, CHECKOUT), "0", "UBK4A1B2C3", 120_000),
    ),
    "as in 2024": (
        called_back(
            0,
            item("Amount", 1.0),
            RECEIPT,
            item("Balance"),
            WHEN,
            item("PhoneNumber", "25470****456"),
            ResultDesc="Done.",
        ),
        PaymentClaim(References(MERCHANT, CHECKOUT), "0", "UBK4A1B2C3", 100),
    ),
    "an odd balance": (
        called_back(
            0, item("Balance", "{Amount={CurrencyCode=KES, MinimumAmount=120000}}"), RECEIPT, WHEN, ResultDesc="Done."
        ),
        PaymentClaim(References(MERCHANT, CHECKOUT), "0", "UBK4A1B2C3", None),
    ),
    "vendor's": (called_back("BW-HTTP-100300"), PaymentClaim(References(MERCHANT, CHECKOUT), "BW-HTTP-100300")),
}


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def or_nothing(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Let the one exception through that a reader declares, as nothing read."""

    def safely(body: bytes) -> Any:
        try:
            found = read(body)
        except (MalformedBody, TokenUnavailable):
            return Nothing()
        return Nothing() if found is None else found

    return safely


def under(*path: str, members: tuple[str, ...]) -> frozenset[Names]:
    return frozenset((*path, member) for member in members)


STARTS = under(members=("MerchantRequestID", "CheckoutRequestID"))
FAULTS = under(members=("errorCode", "errorMessage")) | {("fault", "detail", "errorcode")}
ANSWERS = under(members=("ResponseCode", "ResultCode", "MerchantRequestID", "CheckoutRequestID"))
TAKEN = under(members=("ResponseCode", "ConversationID", "OriginatorConversationID", "OriginatorCoversationID"))
CLAIMS = under("Body", "stkCallback", members=("MerchantRequestID", "CheckoutRequestID", "ResultCode")) | under(
    "Body", "stkCallback", "CallbackMetadata", "Item", members=("Amount", "MpesaReceiptNumber")
)
ENVELOPE = under("Result", members=("ResultCode", "ConversationID", "OriginatorConversationID"))
REFUNDS = ENVELOPE | {
    ("Result", "TransactionID"),
    ("Result", "ResultParameters", "ResultParameter", "TransactionReceipt"),
}
SHOWN = ENVELOPE | under("Result", "ResultParameters", "ResultParameter",
                         members=("ReceiptNo", "Amount", "TransactionStatus", "DebitPartyName"))  # fmt: skip
_PROOF = under("Result", "ResultParameters", "ResultParameter", members=("ReceiptNo", "Amount", "TransactionStatus"))
PROOF = _PROOF | {(*names, "Value") for names in _PROOF} | {("Result", "ResultCode")}
NAMES = frozenset({"ConversationID", "OriginatorConversationID", "OriginatorCoversationID"})

#: What the code of a refund's Result means, by the facts (1.7); any other is unknown.
ENDS: dict[str, type] = {"0": RefundDone, "R000001": RefundDone} | dict.fromkeys(
    ("1", "2001", "2028", "2040", "R000002"), RefundImpossible
)


def direct(status: int) -> dict[str, Callable[[bytes], Any]]:
    """Return the three readers of a direct answer, and of its errors."""
    asked = References(MERCHANT, CHECKOUT)
    return {
        "start": lambda body: start_outcome(Answer.read(status, body)),
        "look-up": lambda body: look_up_outcome(Answer.read(status, body), asked),
        "refund": lambda body: refund_outcome(Answer.read(status, body), REFERENCE),
    }


def readings() -> Iterator[Reading]:
    """Yield every sample with each of its readers."""
    yield from _of_answers()
    yield from _of_posts()


def _of_answers() -> Iterator[Reading]:
    also = frozenset({REFERENCE, USUAL_LIFETIME_SECONDS, *map(str, (400, 404, 429, 500)), "fault"})

    def made(
        name: str, text: str, read: Callable[[bytes], Any], outcome: Any, deciding: frozenset[Names], *needed: str
    ) -> Reading:
        return Reading(name, text, read, outcome, deciding, SAME, NAMES, also, under(members=needed))

    for path in TOKENS:
        read = or_nothing(lambda body: read_grant(Answer.read(200, body)))
        yield made(named(path), path.read_text(), read, Grant, under(members=("access_token", "expires_in")),
                   "access_token")  # fmt: skip
    for path in PUSHED:
        yield made(named(path), path.read_text(), direct(200)["start"], Prompted, STARTS, "CheckoutRequestID")
    for path in ACKS:
        yield made(named(path), path.read_text(), direct(200)["refund"], RefundAccepted, TAKEN, "ResponseCode")
    for path in QUERIED:
        said = json.loads(path.read_text())
        asked = References(said["MerchantRequestID"], said["CheckoutRequestID"])
        yield made(named(path), path.read_text(),
                   lambda body, asked=asked: look_up_outcome(Answer.read(200, body), asked), Paid(), ANSWERS,  # type: ignore[misc]
                   "ResultCode")  # fmt: skip
    for name, (text, outcome) in LOOKED_UP.items():
        needed = [] if outcome is Pending else ["ResultCode"]
        yield made(f"query: {name}", text, direct(200)["look-up"], outcome, ANSWERS, *needed)
    for name, (status, text, start, refund) in REFUSALS.items():
        for reader, wanted in (("start", start), ("look-up", Pending), ("refund", refund)):
            yield made(f"{reader}: {name}", text, direct(status)[reader], wanted, FAULTS)
    for path in ERRORS:
        duplicate = "Duplicate" in path.read_text()
        for reader, wanted in (("start", OutcomeUnknown if duplicate else Refused), ("look-up", Pending),
                               ("refund", RefundAccepted if duplicate else RefundImpossible)):  # fmt: skip
            yield made(f"{reader}: {named(path)}", path.read_text(), direct(500 if duplicate else 400)[reader], wanted,
                       FAULTS)  # fmt: skip


def _of_posts() -> Iterator[Reading]:
    for path in CALLBACKS:
        yield _claim(named(path), path.read_text(), PaymentClaim)
    for name, (text, claim) in CLAIMED.items():
        yield _claim(f"callback: {name}", text, claim)
    for path in RESULTS:
        code = str(json.loads(path.read_text())["Result"]["ResultCode"])
        ended = {("Result", "ResultCode")} if code in ENDS else set()
        yield Reading(named(path), path.read_text(), read_refund, ENDS.get(code, RefundUnknown), REFUNDS, SAME,
                      frozenset({"TransactionID", "TransactionReceipt"}), needed=frozenset(ended))  # fmt: skip
    for path in RECORDS:
        result = json.loads(path.read_text())["Result"]
        shown = str(result["ResultCode"]) == "0" and "ReceiptNo" in path.read_text()
        read = or_nothing(payment_record)
        needed = PROOF if shown else frozenset()
        yield Reading(named(path), path.read_text(), read, PaymentRecord if shown else Nothing, SHOWN, SAME,
                      needed=needed)  # fmt: skip


def _claim(name: str, text: str, outcome: Any) -> Reading:
    return Reading(name, text, or_nothing(parse_stk_callback), outcome, CLAIMS, SAME,
                   needed=under("Body", "stkCallback", members=("ResultCode",)))  # fmt: skip


def read_refund(body: bytes) -> Any:
    try:
        return interpret_result(body)
    except MalformedBody:
        return RefundUnknown("unreadable")
