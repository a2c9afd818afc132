"""Builds what functions need, once and lazily: importing this opens nothing and reads no environment.

Each builder imports its adapters itself, so that a function's cold start pays only for what it uses.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from commerce.kernel.clock import SystemClock
from commerce.kernel.tables import Database
from commerce.runtime.aws import session
from commerce.runtime.settings import CheckoutSettings, DarajaSettings, PaymentSettings, TableSettings, read

if TYPE_CHECKING:
    from commerce.checkout.desk import CheckoutDesk
    from commerce.payments.desk import PaymentDesk
    from commerce.payments.providers.daraja.provider import DarajaProvider
    from commerce.runtime.catalog_api import CatalogDependencies


@cache
def clock() -> SystemClock:
    """Return the clock all use cases share."""
    return SystemClock()


@cache
def database() -> Database:
    """Return the tables this function was given."""
    return Database(read(TableSettings, os.environ).names(), session=session())


@cache
def daraja() -> DarajaProvider:
    """Return the M-Pesa provider."""
    from commerce.payments.providers.daraja.client import DarajaClient
    from commerce.payments.providers.daraja.config import DarajaConfig, DarajaCredentials
    from commerce.payments.providers.daraja.provider import DarajaProvider
    from commerce.payments.providers.daraja.store import DynamoTokenStore
    from commerce.runtime.secrets import daraja_secret

    given = read(DarajaSettings, os.environ)
    known = daraja_secret()
    config = DarajaConfig(
        base_url=given.daraja_base_url,
        shortcode=given.daraja_shortcode,
        party_b=given.daraja_party_b,
        transaction_type=given.daraja_transaction_type,
        read_timeout_seconds=given.daraja_timeout_seconds,
    )
    credentials = DarajaCredentials(
        consumer_key=known["consumer_key"],
        consumer_secret=known["consumer_secret"],
        passkey=known["passkey"],
        initiator_name=known["initiator_name"],
        security_credential=known["security_credential"],
    )
    store = DynamoTokenStore(database(), given.daraja_shortcode)
    return DarajaProvider(DarajaClient(config, credentials, store, clock()))


@cache
def payment_desk() -> PaymentDesk:
    """Return what payments are handled with."""
    from commerce.payments.desk import PaymentDesk, PaymentPolicy
    from commerce.runtime.secrets import callback_links

    given = read(PaymentSettings, os.environ)
    return PaymentDesk(
        database=database(),
        clock=clock(),
        providers={"mpesa": daraja()},
        links=callback_links(given.public_base_url),
        policy=PaymentPolicy(given.payment_window, given.check_delays_seconds, given.refund_delays_seconds),
    )


@cache
def checkout_desk() -> CheckoutDesk:
    """Return what orders are placed with."""
    from commerce.checkout.desk import CheckoutDesk
    from commerce.checkout.pricing import PriceBook
    from commerce.shipping.quote_shipping import load_zones
    from commerce.tax.assess import load_rates

    given = read(CheckoutSettings, os.environ)
    book = PriceBook(load_zones(), load_rates(), timedelta(seconds=given.reservation_seconds))
    return CheckoutDesk(payment_desk(), book)


@cache
def catalog_dependencies() -> CatalogDependencies:
    """Return what the catalogue is shown from."""
    from commerce.catalog.store import Catalog
    from commerce.inventory.store import Stock
    from commerce.runtime.catalog_api import CatalogDependencies
    from commerce.shipping.quote_shipping import load_zones

    return CatalogDependencies(Catalog(database()), Stock(database()).available, load_zones())
