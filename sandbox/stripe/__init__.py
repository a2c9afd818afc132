"""A Stripe that runs on one machine: payments by card, refunds, disputes, signed webhooks, and a stand-in Stripe.js.

Mount it with `app.include_router(stripe_router(stripe))` around one `StripeSimulator`; `await stripe.start()` before
the first request, `await stripe.stop()` at the end. The shop's STRIPE_API_BASE then ends with `/stripe`.
"""

from sandbox.stripe.application import create_stripe, stripe_router
from sandbox.stripe.cards import CARDS, Card, by_id, by_number
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.options import API_VERSION, StripeOptions
from sandbox.stripe.webhooks import signature

__all__ = [
    "API_VERSION",
    "CARDS",
    "Card",
    "StripeOptions",
    "StripeSimulator",
    "by_id",
    "by_number",
    "create_stripe",
    "signature",
    "stripe_router",
]
