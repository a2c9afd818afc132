"""Builds the bodies of requests to Daraja (provider facts, 1.2, 1.5 and 1.7). Pure: the time is handed in."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from commerce.kernel.money import Money
from commerce.payments.port import RefundRequest, StartRequest
from commerce.payments.providers.daraja.config import DarajaConfig, DarajaCredentials

#: Daraja's clock: East Africa Time, without daylight saving.
EAST_AFRICA = timezone(timedelta(hours=3), "EAT")
ACCOUNT_REFERENCE_LENGTH = 12
DESCRIPTION_LENGTH = 13
REMARKS_LENGTH = 100
_MSISDN = re.compile(r"254[17][0-9]{8}")


def msisdn(phone: str | None) -> str | None:
    """Return a phone number as Daraja wants it, ``2547XXXXXXXX`` or ``2541XXXXXXXX``; None when it is none."""
    digits = (phone or "").removeprefix("+")
    return digits if _MSISDN.fullmatch(digits) else None


def timestamp(now: datetime) -> str:
    """Return a moment as Daraja's ``YYYYMMDDHHmmss`` in East Africa Time."""
    return now.astimezone(EAST_AFRICA).strftime("%Y%m%d%H%M%S")


def _signed(config: DarajaConfig, credentials: DarajaCredentials, now: datetime) -> dict[str, Any]:
    stamp = timestamp(now)
    password = base64.b64encode(f"{config.shortcode}{credentials.passkey}{stamp}".encode()).decode()
    return {"BusinessShortCode": config.shortcode, "Password": password, "Timestamp": stamp}


def push(config: DarajaConfig, credentials: DarajaCredentials, request: StartRequest, now: datetime) -> dict[str, Any]:
    """Return the body of an STK push. TransactionDesc is always sent: without it the wire refuses the push."""
    phone = msisdn(request.phone)
    return {
        **_signed(config, credentials, now),
        "TransactionType": config.transaction_type,
        "Amount": request.amount.whole_units,
        "PartyA": phone,
        "PartyB": config.receiver,
        "PhoneNumber": phone,
        "CallBackURL": request.callback_url,
        "AccountReference": request.order_number[:ACCOUNT_REFERENCE_LENGTH],
        "TransactionDesc": _plain(request.description, DESCRIPTION_LENGTH) or request.order_number[:DESCRIPTION_LENGTH],
    }


def query(
    config: DarajaConfig, credentials: DarajaCredentials, checkout_request_id: str, now: datetime
) -> dict[str, Any]:
    """Return the body of an STK query."""
    return {**_signed(config, credentials, now), "CheckoutRequestID": checkout_request_id}


def reversal(
    config: DarajaConfig, credentials: DarajaCredentials, receipt: str, request: RefundRequest
) -> dict[str, Any]:
    """Return the body of a reversal; the receipt makes it safe to repeat. The misspelling is Daraja's."""
    return {
        "Initiator": credentials.initiator_name,
        "SecurityCredential": credentials.security_credential,
        "CommandID": "TransactionReversal",
        "TransactionID": receipt,
        "Amount": _shillings(request.amount),
        "ReceiverParty": config.shortcode,
        "RecieverIdentifierType": "11",
        "ResultURL": request.result_url,
        "QueueTimeOutURL": request.timeout_url,
        "Remarks": _remarks(request.remarks),
    }


def payout(config: DarajaConfig, credentials: DarajaCredentials, request: RefundRequest) -> dict[str, Any]:
    """Return the body of a B2C payment; OriginatorConversationID makes it safe to repeat. `Occassion` is Daraja's."""
    return {
        "OriginatorConversationID": request.reference,
        "InitiatorName": credentials.initiator_name,
        "SecurityCredential": credentials.security_credential,
        "CommandID": "BusinessPayment",
        "Amount": _shillings(request.amount),
        "PartyA": config.payer,
        "PartyB": msisdn(request.phone),
        "Remarks": _remarks(request.remarks),
        "QueueTimeOutURL": request.timeout_url,
        "ResultURL": request.result_url,
        "Occassion": _plain(request.order_number, REMARKS_LENGTH),
    }


def transaction_status(
    config: DarajaConfig,
    credentials: DarajaCredentials,
    *,
    receipt: str | None,
    conversation_id: str | None,
    result_url: str,
    timeout_url: str,
) -> dict[str, Any]:
    """Return the body of a status query, about a receipt or about an earlier conversation.

    Raises
    ------
    ValueError
        When neither or both are given.
    """
    if (receipt is None) == (conversation_id is None):
        raise ValueError("a status query is about either a receipt or a conversation")
    about = {"TransactionID": receipt} if receipt is not None else {"OriginalConversationID": conversation_id}
    return {
        "Initiator": credentials.initiator_name,
        "SecurityCredential": credentials.security_credential,
        "CommandID": "TransactionStatusQuery",
        **about,
        "PartyA": config.shortcode,
        "IdentifierType": "4",
        "ResultURL": result_url,
        "QueueTimeOutURL": timeout_url,
        "Remarks": "Status query",
        "Occasion": "",
    }


def _shillings(amount: Money) -> str:
    return str(amount.whole_units)


def _remarks(text: str) -> str:
    remarks = _plain(text, REMARKS_LENGTH)
    return remarks if len(remarks) >= 2 else "Refund"


def _plain(text: str, length: int) -> str:
    return "".join(letter for letter in text if " " <= letter <= "~")[:length].strip()
