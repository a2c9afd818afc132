"""Stripe: cards, by PaymentIntents that the buyer confirms in the browser."""
