"""Says in the port's words what Daraja's answers and results mean. Pure, and light enough for the webhook."""

from __future__ import annotations

import re
from typing import Literal

from commerce.payments.port import (
    LookUpOutcome,
    OutcomeUnknown,
    Paid,
    PaymentRecord,
    Pending,
    Prompted,
    References,
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundOutcome,
    RefundUnknown,
    Refused,
    StartOutcome,
)
from commerce.payments.providers.daraja.callbacks import ResultReport, read_result
from commerce.payments.providers.daraja.results import REFUND_DONE, REFUND_IMPOSSIBLE, Finality, classify
from commerce.payments.providers.daraja.wire import Answer, as_cents, as_text, tidy_code

DEAD_TOKEN_CODES = frozenset({"404.001.03", "401.002.01", "400.003.01"})
#: Daraja's code for several things that only the message tells apart.
_OVERLOADED = "500.001.1001"
_DUPLICATE = "500.002.1001"
_ACCEPTED = "0"
_TOO_MANY = 429
_REQUEST_TIMEOUT = 408
#: A code of Daraja's, or of its gateway, for a request that is wrong. Anything else may come from somebody between.
_OF_THE_REQUEST = re.compile(r"4[0-9]{2}\.[0-9]{3}(\.[0-9]{1,4})?|[a-z]+(\.[A-Za-z0-9]+)+")
#: Result parameters that only an answer to a question carries: such a Result says nothing about a refund.
_REPORT_KEYS = ("TransactionStatus", "AccountBalance")
_MSISDN = re.compile(r"254[17]\d{8}")
_FILLER = re.compile(r"0+|[A-Z0-9]{3}0{6,7}")


def is_dead_token(answer: Answer) -> bool:
    """Tell whether the gateway refused the access token, and so did not look at the request."""
    return answer.error_code in DEAD_TOKEN_CODES or answer.status == 401


def start_outcome(answer: Answer) -> StartOutcome:
    """Return what became of a push. Whatever is not certainly refused or accepted is unknown (provider facts, 1.3)."""
    if 200 <= answer.status < 300:
        checkout = answer.text("CheckoutRequestID")
        if checkout is None:
            return OutcomeUnknown(f"{answer.label} without a CheckoutRequestID")
        # Having an id, the truth can be asked for, whatever the rest of the answer says.
        return Prompted(References(answer.text("MerchantRequestID"), checkout))
    reason = _refusal(answer)
    return OutcomeUnknown(answer.label) if reason is None else Refused(_code(answer), reason)


def _refusal(answer: Answer) -> str | None:
    """Return why Daraja certainly did not take a request, None when that is not certain."""
    if answer.status == _TOO_MANY or is_dead_token(answer):
        return "provider_unavailable"
    message = answer.error_message
    if answer.error_code == _OVERLOADED:
        if "lock subscriber" in message:
            return "busy"
        return "shop_misconfigured" if "does not exist" in message or "wrong credentials" in message else None
    of_the_request = _OF_THE_REQUEST.fullmatch(answer.error_code or "")
    if 400 <= answer.status < 500 and answer.status != _REQUEST_TIMEOUT and of_the_request:
        wrong_number = "phonenumber" in message or "partya" in message
        return "number_invalid" if wrong_number else "shop_misconfigured"
    return None


def look_up_outcome(answer: Answer, asked: References) -> LookUpOutcome:
    """Return what an STK query says. Only HTTP 200 with a code known to be final ends anything (1.5).

    A CheckoutRequestID has been seen under two MerchantRequestIDs, so an answer about another request decides nothing.
    """
    if answer.status != 200 or answer.body is None:
        return Pending(answer.label, failed=_is_fault(answer))
    named = (
        (answer.text("CheckoutRequestID"), asked.payment_id),
        (answer.text("MerchantRequestID"), asked.request_id),
    )
    if any(found is not None and wanted is not None and found != wanted for found, wanted in named):
        return Pending("the answer is about another request")
    code = answer.text("ResultCode")
    if code is None or answer.text("ResponseCode") not in (None, _ACCEPTED):
        return Pending(f"{answer.label} without a result")
    verdict = classify(code)
    if verdict.finality is Finality.PAID:
        return Paid()
    if verdict.reason is not None:
        return Refused(code, verdict.reason, verdict.retry_after_seconds)
    return Pending(f"result {tidy_code(code)}")


def _is_fault(answer: Answer) -> bool:
    """Tell whether a query failed at Daraja, and is not answered in the old style: pending, or not known yet."""
    if answer.error_code == _OVERLOADED:
        return False
    return answer.status in (_TOO_MANY, _REQUEST_TIMEOUT) or answer.status >= 500 or answer.body is None


def refund_outcome(answer: Answer, reference: str) -> RefundOutcome:
    """Return what Daraja's direct answer to a reversal or payout means; the money's own result comes later.

    Parameters
    ----------
    reference
        The refund's own name. It stands for the conversation where Daraja names none: a duplicate of it was refused
        because the first was taken.
    """
    if 200 <= answer.status < 300:
        conversation = answer.text("ConversationID") or answer.text("OriginatorConversationID")
        if answer.text("ResponseCode") == _ACCEPTED:
            return RefundAccepted(conversation or reference)
        return RefundUnknown(f"{answer.label} without an acceptance")
    if answer.error_code == _DUPLICATE and "duplicate" in answer.error_message:
        return RefundAccepted(reference)
    reason = _refusal(answer)
    if reason is None or reason in ("provider_unavailable", "busy"):
        return RefundUnknown(answer.label)
    if reason == "shop_misconfigured" and "transactionid" in answer.error_message:
        reason = "receipt_invalid"
    return RefundImpossible(_code(answer), reason)


def interpret_result(body: bytes | str, kind: Literal["result", "timeout"] = "result") -> RefundOutcome:
    """Return what a posted Result means for the refund it was posted for.

    Parameters
    ----------
    kind
        Which address it was posted to. To the time-out address Daraja reports that its queue gave up: nothing is
        known then, and the body is not read.

    The Result of a status or balance query also says "processed successfully" when no refund was: it is never taken
    for one, so it is unknown here.

    Raises
    ------
    MalformedBody
        When a result is no JSON object or names no conversation; then it is nobody's.
    """
    if kind == "timeout":
        return RefundUnknown("queue time-out")
    report = read_result(body)
    if any(report.has(key) for key in _REPORT_KEYS):
        return RefundUnknown("the answer to a question, not a refund")
    if report.code in REFUND_DONE:
        return RefundDone(_receipt(report) if report.code == _ACCEPTED else None)
    reason = REFUND_IMPOSSIBLE.get(report.code)
    if reason is not None:
        names = (report.conversation_id, report.originator_conversation_id)
        return RefundImpossible(report.code, reason, frozenset(name for name in names if name))
    return RefundUnknown(f"result {tidy_code(report.code)}")


def payment_record(body: bytes | str) -> PaymentRecord | None:
    """Return the completed payment that a Transaction Status Result shows, None when it shows none.

    The outer TransactionID is a filler; the receipt is ``ReceiptNo``. ``DebitPartyName`` ("2547… - Name") can occur
    twice (provider facts, 1.7); where the first part is no full number, the payer stays unknown.

    Raises
    ------
    MalformedBody
        When it is no JSON object or names no conversation.
    """
    report = read_result(body)
    receipt, amount = as_text(report.parameter("ReceiptNo")), as_cents(report.parameter("Amount"))
    status = as_text(report.parameter("TransactionStatus")) or ""
    if report.code != _ACCEPTED or receipt is None or amount is None or status.lower() != "completed":
        return None
    if amount <= 0:
        # No payment moves nothing, or less.
        return None
    parties = [as_text(entry.value) or "" for entry in report.parameters if entry.name == "DebitPartyName"]
    numbers = [
        number for party in parties if (number := party.partition(" - ")[0].strip()) and _MSISDN.fullmatch(number)
    ]
    return PaymentRecord(receipt, amount, numbers[0] if numbers else None)


def _receipt(report: ResultReport) -> str | None:
    receipt = as_text(report.parameter("TransactionReceipt")) or report.transaction_id
    return None if receipt is None or _FILLER.fullmatch(receipt) else receipt


def _code(answer: Answer) -> str:
    return answer.error_code or str(answer.status)
