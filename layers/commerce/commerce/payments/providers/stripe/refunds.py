"""Says in the port's words what Stripe's answers about refunds mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commerce.payments.port import (
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
)
from commerce.payments.providers.stripe.wire import Answer, member, object_id, text, tidy_code, whole

_UNREADABLE = object()
ALREADY_REFUNDED = "charge_already_refunded"
OVER = frozenset({"failed", "canceled"})

#: Error codes after which Stripe cannot do a refund as asked (docs.stripe.com/error-codes), with why.
REFUND_IMPOSSIBLE: dict[str, str] = {
    ALREADY_REFUNDED: "already_refunded",
    "charge_disputed": "disputed",
    "refund_disputed_payment": "disputed",
    "charge_not_refundable": "not_refundable",
    "balance_insufficient": "no_float",
    "insufficient_funds": "no_float",
    "resource_missing": "receipt_invalid",
    "amount_too_large": "amount_invalid",
    "amount_too_small": "amount_invalid",
}

#: Why a refund that Stripe had taken failed: `failure_reason` (docs.stripe.com/refunds, "Failed refunds").
FAILURES: dict[str, str] = {
    "charge_for_pending_refund_disputed": "disputed",
    "insufficient_funds": "no_float",
    "lost_or_stolen_card": "recipient_invalid",
    "expired_or_canceled_card": "recipient_invalid",
    "declined": "recipient_invalid",
}


def refund_outcome(answer: Answer, request: RefundRequest) -> RefundOutcome:
    """Return what Stripe's answer about a refund means, when it was asked to make it or for its state.

    A refusal to make it is of this very reference, which Stripe would go on refusing; one to show it says nothing.
    """
    if answer.good:
        return entry_outcome(answer.body, request)
    code = answer.error_code
    if not answer.is_refusal or code is None:
        return RefundUnknown(answer.label)
    known = REFUND_IMPOSSIBLE.get(code)
    if known is None:
        known = "amount_invalid" if text(answer.error.get("param")) == "amount" else "shop_misconfigured"
    return RefundImpossible(code, known, frozenset() if request.sent_as else frozenset({request.reference}))


def entry_outcome(entry: Mapping[str, Any], request: RefundRequest) -> RefundOutcome:
    """Return what a refund object says about the refund it should be."""
    refund_id = object_id(entry.get("id"))
    if refund_id is None:
        return RefundUnknown("a refund without an id")
    currency = text(entry.get("currency"))
    differs = entry.get("amount") not in (None, request.amount.amount) or (
        currency is not None and currency.upper() != request.amount.currency
    )
    if differs or reference_of(entry) not in (None, request.reference):
        return RefundUnknown("the refund found is another one")
    if request.sent_as not in (None, refund_id):
        return RefundUnknown("the refund found is another one")
    status = text(entry.get("status"))
    if currency is None or whole(entry.get("amount")) is None:
        # Without what binds it to the request it ends nothing.
        return RefundAccepted(refund_id)
    if status == "succeeded":
        return RefundDone(refund_id)
    if status == "canceled":
        return RefundImpossible("canceled", "cancelled", frozenset({refund_id}))
    if status == "failed":
        why = text(entry.get("failure_reason")) or "failed"
        return RefundImpossible(tidy_code(why), FAILURES.get(why, "refund_failed"), frozenset({refund_id}))
    # Whatever else it is, Stripe has it: from now on its id is asked for.
    return RefundAccepted(refund_id)


def reference_of(entry: Mapping[str, Any]) -> str | None:
    """Return the shop's name for a refund, None for one made outside the shop."""
    return text(member(entry, "metadata").get("reference"))


def bears_a_readable_name(entry: Mapping[str, Any]) -> bool:
    """Tell whether a refund says whose it is. One that does not may be the shop's own, made before."""
    said = entry.get("metadata", _UNREADABLE)
    if said is None:
        return True
    return isinstance(said, Mapping) and ("reference" not in said or text(said["reference"]) is not None)


def ours(found: Iterable[Mapping[str, Any]], request: RefundRequest) -> Mapping[str, Any] | None:
    """Return the refund that bears a request's reference among a payment's, None when none does."""
    return next((entry for entry in found if reference_of(entry) == request.reference), None)


def already_refunded(found: Sequence[Mapping[str, Any]], request: RefundRequest) -> RefundOutcome:
    """Return what it means for a request that Stripe has given the whole payment back.

    Either another worker made this very refund a moment ago, or somebody gave the money back at Stripe. One refund
    from there of this very amount, bound to none of the shop's, is taken for this one; its id becomes the receipt, so
    that it is not booked a second time. Anything else is for a person to compare.
    """
    mine = ours(found, request)
    if mine is not None:
        return entry_outcome(mine, request)
    outside = [entry for entry in found if reference_of(entry) is None and text(entry.get("status")) == "succeeded"]
    same = [entry for entry in outside if whole(entry.get("amount")) == request.amount.amount]
    receipt = object_id(same[0].get("id")) if len(same) == 1 else None
    if receipt is None:
        return RefundImpossible(ALREADY_REFUNDED, REFUND_IMPOSSIBLE[ALREADY_REFUNDED], frozenset({request.reference}))
    return RefundDone(receipt)
