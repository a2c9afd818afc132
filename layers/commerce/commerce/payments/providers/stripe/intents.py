"""Says in the port's words what Stripe's answers about a PaymentIntent mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commerce.payments.port import (
    Doubtful,
    LookUpOutcome,
    OutcomeUnknown,
    Paid,
    Pending,
    Prompted,
    References,
    Refused,
    StartOutcome,
    StartRequest,
)
from commerce.payments.providers.stripe.payloads import binding
from commerce.payments.providers.stripe.wire import Answer, member, object_id, text, tidy_code, whole

#: The buyer has yet to enter a card, confirm, or answer the bank. A declined card leads back to the first of them.
AWAITING_BUYER = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_TOO_MANY = 429
_NOT_LET_IN = (401, 403)

#: Decline codes that a buyer can do something about (docs.stripe.com/declines/codes); any other is a plain no.
DECLINES: dict[str, str] = {
    "insufficient_funds": "insufficient_funds",
    "card_velocity_exceeded": "limit_reached",
    "withdrawal_count_limit_exceeded": "limit_reached",
}


def start_outcome(answer: Answer, request: StartRequest, publishable_key: str) -> StartOutcome:
    """Return what became of creating an intent. Whatever is not certainly refused or accepted is unknown."""
    if answer.good:
        intent_id, secret = object_id(answer.body.get("id")), text(answer.body.get("client_secret"))
        if intent_id is None or secret is None:
            return OutcomeUnknown(f"{answer.label} without an intent")
        if (other := _contradiction(answer.body, request)) is not None:
            return OutcomeUnknown(f"the intent's {other} is not the attempt's")
        handover = {"client_secret": secret, "publishable_key": publishable_key}
        return Prompted(References(None, intent_id), handover)
    reason = _refusal(answer)
    return OutcomeUnknown(answer.label) if reason is None else Refused(_code(answer), reason)


def _refusal(answer: Answer) -> str | None:
    """Return why Stripe certainly did not create the intent, None when that is not certain."""
    if answer.status == _TOO_MANY:
        return "provider_unavailable"
    if answer.status in _NOT_LET_IN:
        return "shop_misconfigured"
    if not answer.is_refusal:
        return None
    if text(answer.error.get("type")) == "card_error":
        code = text(answer.error.get("decline_code")) or text(answer.error.get("code")) or ""
        return DECLINES.get(code, "declined")
    return "shop_misconfigured"


def look_up_outcome(answer: Answer, request: StartRequest) -> LookUpOutcome:
    """Return what Stripe says of an attempt's intent, when it was asked for it or to cancel it.

    A cancellation that Stripe refuses because of the intent's state brings the intent along.
    """
    if answer.good:
        return intent_outcome(answer.body, request)
    if text(answer.error.get("type")) == "idempotency_error":
        return Doubtful("the attempt's key was used for another request")
    refused = member(answer.error, "payment_intent")
    # 400 and 404 answer the question: not so, and no such thing.
    return (
        intent_outcome(refused, request) if refused else Pending(answer.label, failed=answer.status not in (400, 404))
    )


def intent_outcome(intent: Mapping[str, Any], request: StartRequest) -> LookUpOutcome:
    """Return what an intent says about the attempt it should be of.

    Only a cancelled one is over: a failed payment leaves an intent that the buyer can pay with another card. One that
    is not certainly the attempt's decides nothing.
    """
    if (other := _contradiction(intent, request)) is not None:
        return Doubtful(f"the intent's {other} is not the attempt's")
    status = text(intent.get("status"))
    if status in AWAITING_BUYER:
        return Pending(status, awaiting_buyer=True)
    if status not in ("succeeded", "canceled"):
        return Pending("no status" if status is None else tidy_code(status))
    if not _is_complete(intent):
        return Pending(f"{status} without what binds it to the attempt")
    captured = whole(intent.get("amount_received"))
    if status == "canceled":
        return Doubtful("a cancelled intent has received money") if captured else Refused("canceled", "cancelled")
    if captured is None:
        return Pending("succeeded without an amount")
    if captured == 0:
        return Doubtful("a succeeded intent has received nothing")
    return Paid(receipt=object_id(intent.get("latest_charge")), captured=captured)


def _contradiction(intent: Mapping[str, Any], request: StartRequest) -> str | None:
    """Return the member that says something else than the attempt; None where all that is there agrees."""
    amount, currency = intent.get("amount"), text(intent.get("currency"))
    if amount is not None and amount != request.amount.amount:
        return "amount"
    if currency is not None and currency.upper() != request.amount.currency:
        return "currency"
    said = member(intent, "metadata")
    for name, ours in binding(request).items():
        if said.get(name) not in (None, ours):
            return name
    return None


def _is_complete(intent: Mapping[str, Any]) -> bool:
    """Tell whether nothing is missing of what binds an intent to its attempt."""
    said = member(intent, "metadata")
    bound = text(said.get("order_number")) is not None and text(said.get("attempt")) is not None
    return bound and whole(intent.get("amount")) is not None and text(intent.get("currency")) is not None


def _code(answer: Answer) -> str:
    return answer.error_code or str(answer.status)
