"""How the shop finds M-Pesa through Daraja: what it can do, whether it is set up, and what builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from commerce.kernel.money import MINOR_PER_MAJOR, Currency
from commerce.payments.port import Capabilities
from commerce.payments.registry import ProviderContext

if TYPE_CHECKING:
    from commerce.payments.providers.daraja.provider import DarajaProvider

#: One STK push: KES 1 to 250,000 in whole shillings (provider facts, 1.2).
CAPABILITIES = Capabilities(
    methods=frozenset({"mpesa"}),
    limits={Currency.KES: (1 * MINOR_PER_MAJOR, 250_000 * MINOR_PER_MAJOR)},
    whole_units_only=True,
    partial_refunds=True,
    needs_phone=True,
)


def configured(environment: Mapping[str, str]) -> bool:
    """Tell whether this deployment takes M-Pesa."""
    return bool(environment.get("DARAJA_SECRET_ID"))


def build(context: ProviderContext) -> DarajaProvider:
    """Make the provider from its settings: DARAJA_BASE_URL, DARAJA_SHORTCODE and those beside them.

    Raises
    ------
    KeyError, ValueError
        When a setting is missing or wrong.
    """
    from commerce.payments.providers.daraja.client import DarajaClient
    from commerce.payments.providers.daraja.config import PAY_BILL, DarajaConfig, DarajaCredentials
    from commerce.payments.providers.daraja.provider import DarajaProvider
    from commerce.payments.providers.daraja.store import DynamoTokenStore

    given = context.environment
    known = context.secret(given["DARAJA_SECRET_ID"])
    config = DarajaConfig(
        base_url=given["DARAJA_BASE_URL"],
        shortcode=given["DARAJA_SHORTCODE"],
        party_b=given.get("DARAJA_PARTY_B", ""),
        payout_shortcode=given.get("DARAJA_PAYOUT_SHORTCODE", ""),
        transaction_type=given.get("DARAJA_TRANSACTION_TYPE") or PAY_BILL,
        read_timeout_seconds=float(given.get("DARAJA_TIMEOUT_SECONDS") or 12),
    )
    credentials = DarajaCredentials(
        consumer_key=known["consumer_key"],
        consumer_secret=known["consumer_secret"],
        passkey=known["passkey"],
        initiator_name=known["initiator_name"],
        security_credential=known["security_credential"],
    )
    store = DynamoTokenStore(context.database, config.shortcode)
    return DarajaProvider(DarajaClient(config, credentials, store, context.clock))
