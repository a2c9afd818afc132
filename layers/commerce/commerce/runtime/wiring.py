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
from commerce.runtime.settings import CheckoutSettings, PaymentSettings, StatusSettings, TableSettings, read

if TYPE_CHECKING:
    from commerce.audit.archive import Archive
    from commerce.audit.desk import AuditDesk, TrailDesk
    from commerce.audit.digest import AuditKey
    from commerce.checkout.desk import CheckoutDesk
    from commerce.healing.desk import HealingDesk
    from commerce.identity.tokens import Tokens
    from commerce.limits.first_free import FirstFree
    from commerce.limits.leases import Leases
    from commerce.limits.order_lookups import OrderLookups
    from commerce.limits.store import RateLimits
    from commerce.payments.desk import OrderDesk, PaymentDesk
    from commerce.payments.registry import Providers
    from commerce.runtime.catalog_api import CatalogDependencies
    from commerce.runtime.customer_api import CustomerDependencies
    from commerce.runtime.staff_access import StaffDependencies


@cache
def clock() -> SystemClock:
    """Return the clock all use cases share."""
    return SystemClock()


@cache
def database() -> Database:
    """Return the tables this function was given."""
    return Database(read(TableSettings, os.environ).names(), session=session())


@cache
def tokens() -> Tokens:
    """Return what says who sent a token; made for the first who sends one."""
    from commerce.identity.keys import KeySets
    from commerce.identity.providers import WrongProviders, read_providers
    from commerce.identity.tokens import Tokens
    from commerce.runtime.environment import SettingsError, required

    try:
        providers = read_providers(required(os.environ, "IDENTITY_PROVIDERS"))
    except WrongProviders as error:
        raise SettingsError(f"settings: IDENTITY_PROVIDERS: {error}") from None
    return Tokens(providers, KeySets(clock()), clock())


@cache
def rate_limits() -> RateLimits:
    """Return what counts uses in windows."""
    from commerce.limits.store import RateLimits

    return RateLimits(database(), clock())


@cache
def leases() -> Leases:
    """Return this process's leases of limits."""
    from commerce.limits.leases import Leases

    return Leases(rate_limits(), clock())


@cache
def first_free() -> FirstFree:
    """Return what counts uses once they are many."""
    from commerce.limits.first_free import FirstFree

    return FirstFree(rate_limits(), clock())


@cache
def order_lookups() -> OrderLookups:
    """Return what counts who asks for orders without signing in."""
    from commerce.limits.order_lookups import OrderLookups

    per_minute = read(StatusSettings, os.environ).status_limit_per_minute
    return OrderLookups(database(), clock(), per_minute=per_minute)


@cache
def payment_providers() -> Providers:
    """Return the payment providers that this deployment uses; each is built when it is first used."""
    from commerce.payments.registry import ProviderContext, providers
    from commerce.runtime.aws import secret

    return providers(ProviderContext(os.environ, database(), clock(), secret, _observe))


def _observe(provider: str, operation: str, outcome: str, seconds: float) -> None:
    from commerce.runtime.watch import note_provider_call

    note_provider_call(provider, operation, outcome, seconds)


@cache
def order_desk() -> OrderDesk:
    """Return what an order's life is handled with, apart from its payment."""
    from commerce.payments.desk import OrderDesk

    return OrderDesk(database(), clock())


@cache
def payment_desk() -> PaymentDesk:
    """Return what payments are handled with."""
    from commerce.payments.desk import PaymentDesk, PaymentPolicy
    from commerce.runtime.secrets import callback_links

    given = read(PaymentSettings, os.environ)
    return PaymentDesk(
        database=database(),
        clock=clock(),
        providers=payment_providers(),
        links=callback_links(given.public_base_url),
        policy=PaymentPolicy(
            given.payment_window,
            given.check_delays_seconds,
            given.refund_delays_seconds,
            given.prompts_per_phone_per_hour,
        ),
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
    return CheckoutDesk(payment_desk(), book, given.orders_per_customer_per_hour)


@cache
def catalog_dependencies() -> CatalogDependencies:
    """Return what the catalogue is shown from."""
    from commerce.catalog.store import Catalog
    from commerce.inventory.store import Stock
    from commerce.reviews.store import Reviews
    from commerce.runtime.catalog_api import CatalogDependencies
    from commerce.shipping.quote_shipping import load_zones

    return CatalogDependencies(Catalog(database()), Stock(database()).available, load_zones(), Reviews(database()))


@cache
def staff_dependencies() -> StaffDependencies:
    """Return what the staff API works with."""
    from commerce.identity.second_factor_desk import SecondFactorDesk
    from commerce.runtime.secret_box import KmsBox
    from commerce.runtime.settings import SecondFactorSettings
    from commerce.runtime.staff_access import StaffDependencies

    given = read(SecondFactorSettings, os.environ)
    factors = SecondFactorDesk(database(), clock(), KmsBox(given.second_factor_key_id))
    return StaffDependencies(database(), clock(), payment_desk, factors, given.second_factor == "required")


@cache
def customer_dependencies() -> CustomerDependencies:
    """Return what customers are served with; reviews find orders as the status page does."""
    from commerce.checkout.track_order import find_account
    from commerce.ordering.model import Order
    from commerce.payments.store import Payments
    from commerce.runtime.customer_api import CustomerDependencies

    payments = Payments(database())

    def find_order(number: str, email: str) -> Order:
        return find_account(payments, number, email).order

    return CustomerDependencies(database(), clock(), find_order, order_lookups())


@cache
def trail_desk() -> TrailDesk:
    """Return what the trail of a subject is proved with."""
    from commerce.audit.desk import TrailDesk
    from commerce.audit.store import EventLog
    from commerce.audit.verify_trail import Head
    from commerce.ordering.store import Orders

    orders = Orders(database())

    def head_of(number: str) -> Head | None:
        end = orders.end_of(number)
        return Head(*end) if end else None

    return TrailDesk(EventLog(database()), head_of)


@cache
def archive() -> Archive:
    """Return the archive of events."""
    from commerce.audit.archive import Archive
    from commerce.runtime.aws import client
    from commerce.runtime.environment import required

    return Archive(client("s3"), required(os.environ, "ARCHIVE_BUCKET"))


@cache
def audit_key() -> AuditKey:
    """Return the key that signs for days."""
    from commerce.audit.digest import AuditKey
    from commerce.runtime.aws import client
    from commerce.runtime.environment import required

    return AuditKey(client("kms"), required(os.environ, "AUDIT_KEY_ID"))


@cache
def audit_desk() -> AuditDesk:
    """Return what days are verified with."""
    from commerce.audit.desk import AuditDesk

    return AuditDesk(trail_desk(), archive(), audit_key(), clock())


@cache
def healing_desk() -> HealingDesk:
    """Return what a run of healing works with."""
    from commerce.runtime import healing

    return healing.healing_desk(payment_desk(), os.environ, archive())
