"""How the shop finds cards through Stripe: what it can do, whether it is set up, and what builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from commerce.kernel.money import MINOR_PER_MAJOR, Currency
from commerce.payments.port import Capabilities
from commerce.payments.registry import ProviderContext

if TYPE_CHECKING:
    from commerce.payments.providers.stripe.provider import StripeProvider

#: Stripe takes amounts of eight digits at most (docs.stripe.com/currencies, "Minimum and maximum charge amounts").
LARGEST_AMOUNT = 999_999_99
#: The least is USD 0.50 or as much in another currency, by the day's rate (the same page). At 129 shillings to the
#: dollar that is KES 65; KES 100 stays enough until a dollar costs 200.
LEAST_USD = 50
LEAST_KES = 100 * MINOR_PER_MAJOR

CAPABILITIES = Capabilities(
    methods=frozenset({"card"}),
    limits={Currency.KES: (LEAST_KES, LARGEST_AMOUNT), Currency.USD: (LEAST_USD, LARGEST_AMOUNT)},
    partial_refunds=True,
    repeatable_start=True,
    cancellable=True,
)


def configured(environment: Mapping[str, str]) -> bool:
    """Tell whether this deployment takes cards."""
    return bool(environment.get("STRIPE_SECRET_ID"))


def build(context: ProviderContext) -> StripeProvider:
    """Make the provider from STRIPE_SECRET_ID, STRIPE_API_BASE and STRIPE_TIMEOUT_SECONDS.

    The keys are asked for at each call, so a rolled key is used as soon as `context.secret` knows it.

    Raises
    ------
    KeyError, ValueError
        When a setting is missing or wrong.
    """
    from commerce.payments.providers.stripe.client import StripeApi
    from commerce.payments.providers.stripe.config import API_BASE, LONGEST_TIMEOUT_SECONDS, StripeConfig, StripeKeys
    from commerce.payments.providers.stripe.provider import StripeProvider

    given = context.environment
    secret_id = given["STRIPE_SECRET_ID"]
    config = StripeConfig(
        api_base=given.get("STRIPE_API_BASE") or API_BASE,
        timeout_seconds=float(given.get("STRIPE_TIMEOUT_SECONDS") or LONGEST_TIMEOUT_SECONDS),
    )

    def keys() -> StripeKeys:
        known = context.secret(secret_id)
        return StripeKeys(secret=known["secret_key"], publishable=known["publishable_key"])

    return StripeProvider(StripeApi(config, keys))
