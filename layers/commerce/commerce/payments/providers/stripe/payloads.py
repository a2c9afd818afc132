"""Builds the parameters of requests to Stripe. Pure; the types are the SDK's, which come from Stripe's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce.payments.port import RefundRequest, StartRequest

if TYPE_CHECKING:
    from stripe.params import (
        DisputeListParams,
        PaymentIntentCancelParams,
        PaymentIntentCreateParams,
        RefundCreateParams,
        RefundListParams,
    )

#: As many as Stripe puts on one page.
PAGE = 100


def intent(request: StartRequest) -> PaymentIntentCreateParams:
    """Return the parameters of a PaymentIntent.

    They follow from the attempt alone: under one Idempotency-Key Stripe takes nothing but the same again, and an
    attempt whose answer was lost is found by asking again. ``receipt_email`` is left out, for the shop writes to the
    buyer itself. Methods that leave the page are left out too: they would need a page to come back to, and their
    money can come after the order's time is over. A card's 3-D Secure stays on the page.
    """
    return {
        "amount": request.amount.amount,
        "currency": request.amount.currency.lower(),
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": f"Order {request.order_number}",
        "metadata": binding(request),
    }


def binding(request: StartRequest) -> dict[str, str]:
    """Return what ties an intent to its attempt."""
    return {"order_number": request.order_number, "attempt": str(request.attempt)}


def cancellation() -> PaymentIntentCancelParams:
    """Return the parameters of a cancellation: the buyer did not pay in time, or goes another way."""
    return {"cancellation_reason": "abandoned"}


def refund(request: RefundRequest) -> RefundCreateParams:
    """Return the parameters of a refund, of the intent where it is known, else of its charge.

    Raises
    ------
    ValueError
        When the request names neither.
    """
    metadata = {"order_number": request.order_number, "reference": request.reference}
    if request.payment.payment_id is not None:
        return {"payment_intent": request.payment.payment_id, "amount": request.amount.amount, "metadata": metadata}
    if request.receipt is not None:
        return {"charge": request.receipt, "amount": request.amount.amount, "metadata": metadata}
    raise ValueError("a refund is of an intent or of a charge")


def refunds(*, intent_id: str | None = None, charge: str | None = None, after: str | None = None) -> RefundListParams:
    """Return the parameters of a page of an intent's or a charge's refunds.

    Parameters
    ----------
    after
        The last refund of the page before.
    """
    asked: RefundListParams = {"limit": PAGE}
    if intent_id is not None:
        asked["payment_intent"] = intent_id
    elif charge is not None:
        asked["charge"] = charge
    if after is not None:
        asked["starting_after"] = after
    return asked


def disputes(charge: str) -> DisputeListParams:
    """Return the parameters of a charge's disputes."""
    return {"charge": charge, "limit": PAGE}
