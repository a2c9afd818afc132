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
from commerce.runtime.settings import CheckoutSettings, PaymentSettings, TableSettings, read

if TYPE_CHECKING:
    from commerce.checkout.desk import CheckoutDesk
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
def payment_providers() -> Providers:
    """Return the payment providers that this deployment uses; each is built when it is first used."""
    from commerce.payments.registry import ProviderContext, providers
    from commerce.runtime.aws import secret

    return providers(ProviderContext(os.environ, database(), clock(), secret))


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
    from commerce.reviews.store import Reviews
    from commerce.runtime.catalog_api import CatalogDependencies
    from commerce.shipping.quote_shipping import load_zones

    return CatalogDependencies(Catalog(database()), Stock(database()).available, load_zones(), Reviews(database()))


@cache
def staff_dependencies() -> StaffDependencies:
    """Return what the staff API works with."""
    from commerce.runtime.staff_access import StaffDependencies

    return StaffDependencies(database(), clock(), payment_desk)


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

    return CustomerDependencies(database(), clock(), find_order)
