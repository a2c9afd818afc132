"""Reads what Daraja posts to the shop: the STK callback, and the Result of a reversal, payout or status query.

All of it is a claim (promise 4): nothing is signed. Unknown members are kept in `members` and decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce.payments.port import PaymentClaim, References
from commerce.payments.providers.daraja.wire import (
    MalformedBody,
    NamedValue,
    as_cents,
    as_text,
    first_value,
    named_values,
    read_posted,
)

#: M-Pesa's receipts have ten characters.
LONGEST_RECEIPT = 64


@dataclass(frozen=True, slots=True)
class StkCallback:
    """An STK callback as it came (provider facts, 1.4).

    Parameters
    ----------
    code
        ResultCode as text; empty where it is missing, which is no known code.
    items
        CallbackMetadata in order. An item may have no Value, as Balance mostly does.
    members
        The whole ``stkCallback`` object.
    """

    merchant_request_id: str | None = field(repr=False)
    checkout_request_id: str | None = field(repr=False)
    code: str
    description: str | None
    items: tuple[NamedValue, ...] = field(repr=False)
    members: Mapping[str, Any] = field(repr=False)

    def item(self, name: str) -> Any:
        """Return a metadata item's value by its name, None where it is missing or has no Value."""
        return first_value(self.items, name)


@dataclass(frozen=True, slots=True)
class ResultReport:
    """A Result body: of a reversal, a B2C payout, a status or balance query (provider facts, 1.7).

    Parameters
    ----------
    code
        ResultCode as text; empty where it is missing.
    transaction_id
        The outer TransactionID. It is a filler such as ``OCO0000000`` where the request moved no money.
    parameters, references
        The Key-Value lists in order; a key can occur twice or have no Value.
    members
        The whole ``Result`` object.
    """

    originator_conversation_id: str | None
    conversation_id: str | None
    transaction_id: str | None
    code: str
    description: str | None
    parameters: tuple[NamedValue, ...] = field(repr=False)
    references: tuple[NamedValue, ...] = field(repr=False)
    members: Mapping[str, Any] = field(repr=False)

    def has(self, key: str) -> bool:
        """Tell whether a result parameter is there at all, with a value or without."""
        return any(entry.name == key for entry in self.parameters)

    def parameter(self, key: str) -> Any:
        """Return the first value of a result parameter, None where it is missing or has none."""
        return first_value(self.parameters, key)


def read_stk_callback(body: bytes | str) -> StkCallback:
    """Read an STK callback.

    Raises
    ------
    MalformedBody
        When it is no JSON object, or has neither a CheckoutRequestID nor a MerchantRequestID.
    """
    members = _inside(read_posted(body), "Body", "stkCallback")
    merchant, checkout = as_text(members.get("MerchantRequestID")), as_text(members.get("CheckoutRequestID"))
    if merchant is None and checkout is None:
        raise MalformedBody("the callback names no request")
    return StkCallback(
        merchant_request_id=merchant,
        checkout_request_id=checkout,
        code=as_text(members.get("ResultCode")) or "",
        description=as_text(members.get("ResultDesc")),
        items=named_values(members.get("CallbackMetadata"), "Item"),
        members=members,
    )


def parse_stk_callback(body: bytes | str) -> PaymentClaim:
    """Return what an STK callback claims. The amount is in cents, None where it is missing or unreadable.

    Raises
    ------
    MalformedBody
        When it is no JSON object, or has neither a CheckoutRequestID nor a MerchantRequestID.
    """
    callback = read_stk_callback(body)
    return PaymentClaim(
        references=References(callback.merchant_request_id, callback.checkout_request_id),
        code=callback.code,
        receipt=_receipt(callback.item("MpesaReceiptNumber")),
        amount=as_cents(callback.item("Amount")),
    )


def _receipt(value: Any) -> str | None:
    """Return a receipt, None for what is too long to be one: it becomes a key of the guards table."""
    text = as_text(value)
    return text if text is not None and len(text) <= LONGEST_RECEIPT else None


def read_result(body: bytes | str) -> ResultReport:
    """Read a Result body.

    Raises
    ------
    MalformedBody
        When it is no JSON object, or has neither an OriginatorConversationID nor a ConversationID.
    """
    members = _inside(read_posted(body), "Result")
    # One of Daraja's own answers misspells the member.
    originator = as_text(members.get("OriginatorConversationID")) or as_text(members.get("OriginatorCoversationID"))
    conversation = as_text(members.get("ConversationID"))
    if originator is None and conversation is None:
        raise MalformedBody("the result names no conversation")
    return ResultReport(
        originator_conversation_id=originator,
        conversation_id=conversation,
        transaction_id=as_text(members.get("TransactionID")),
        code=as_text(members.get("ResultCode")) or "",
        description=as_text(members.get("ResultDesc")),
        parameters=named_values(members.get("ResultParameters"), "ResultParameter"),
        references=named_values(members.get("ReferenceData"), "ReferenceItem"),
        members=members,
    )


def _inside(value: dict[str, Any], *wrappers: str) -> dict[str, Any]:
    for wrapper in wrappers:
        inner = value.get(wrapper)
        if isinstance(inner, dict):
            value = inner
    return value
