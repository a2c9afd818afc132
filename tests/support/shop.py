"""A shop in this process on a real engine: its stores and use cases, a clock that tests move, a scripted provider."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from commerce.audit.store import EventLog
from commerce.catalog.model import Category, Product
from commerce.catalog.publish_category import publish_category
from commerce.catalog.publish_product import publish_product
from commerce.checkout.desk import CheckoutDesk
from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement, place_order
from commerce.checkout.pricing import PriceBook
from commerce.checkout.requests import CheckoutRequest, RetryRequest
from commerce.checkout.retry_payment import retry_payment
from commerce.inventory.receive_stock import receive_stock
from commerce.inventory.store import StockRow
from commerce.kernel.context import correlated
from commerce.kernel.events import Event
from commerce.kernel.tables import Database
from commerce.payments.decision import Verdict
from commerce.payments.desk import PaymentDesk, PaymentPolicy
from commerce.payments.links import CallbackLinks
from commerce.payments.port import PaymentClaim, PaymentProvider
from commerce.payments.providers.credit.provider import CreditProvider
from commerce.payments.registry import Providers
from commerce.payments.store import Account
from commerce.payments.verify_payment import verify_payment
from commerce.shipping.quote_shipping import load_zones
from commerce.tax.assess import load_rates
from tests.support.card import Card
from tests.support.providers import ScriptedProvider

RESERVATION = timedelta(minutes=15)
WINDOW = timedelta(minutes=2)
#: Most tests order with one phone, within a moment.
PROMPTS_PER_PHONE = 10_000


@dataclass
class MovableClock:
    """A clock that stands still until a test moves it."""

    moment: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta) -> None:
        self.moment += by


@dataclass
class Shop:
    """A shop with one category, and what tests ask of it."""

    database: Database
    clock: MovableClock = field(default_factory=MovableClock)
    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    card: Card = field(default_factory=Card)

    def __post_init__(self) -> None:
        policy = PaymentPolicy(WINDOW, (20, 30, 60), refund_delays=(30, 60), prompts_per_phone=PROMPTS_PER_PHONE)
        links = CallbackLinks("https://shop.test/api", ["test-key"])
        self.till = PaymentDesk(self.database, self.clock, Providers.ready(self.providers()), links, policy)
        self.desk = CheckoutDesk(self.till, PriceBook(load_zones(), load_rates(), RESERVATION))
        self._buckets: dict[str, int] = {}

    def providers(self) -> dict[str, PaymentProvider]:
        """Return the providers by method: M-Pesa, cards, and what pays an order that costs nothing more."""
        return {"mpesa": self.provider, "card": self.card, "credit": CreditProvider()}

    def sell(self, sku: str, *, stock: int, price: int = 150_000, buckets: int = 1, **more: Any) -> None:
        """Publish a product of one variant and receive stock of it."""
        log = EventLog(self.database)
        publish_category_once(self.database, self.clock, log)
        publish_product(self.database, self.clock, product(sku, price, buckets, **more), record=log.record)
        receive_stock(
            self.database, self.clock, sku=sku, quantity=stock, buckets=buckets, delivery=f"first delivery of {sku}"
        )
        self._buckets[sku] = buckets

    def order(self, key: str, *lines: tuple[str, int], **changes: Any) -> Placement:
        """Place an order."""
        return place_order(self.desk, checkout_request(*lines, **changes), key)

    def pay_again(self, placed: Placement, key: str, phone: str = "0712345678", method: str = "mpesa") -> Placement:
        """Start another attempt."""
        payment = {"method": method, **({"phone": phone} if method == "mpesa" else {})}
        request = RetryRequest.model_validate({"email": placed.order.terms.customer.email, "payment": payment})
        return retry_payment(self.till, placed.order.number, request, key)

    def verify(self, placed: Placement, attempt: int = 1, claim: PaymentClaim | None = None) -> Verdict:
        """Look an attempt up, as a callback's message or a scheduled check does."""
        return self.verify_number(placed.order.number, attempt, claim)

    def verify_number(self, number: str, attempt: int = 1, claim: PaymentClaim | None = None) -> Verdict:
        """The same for an order whose placement is still under way."""
        with correlated(None):
            return verify_payment(self.till, number, attempt, claim)

    def expire(self, placed: Placement) -> bool:
        """Move the clock past an order's hold and grace and let the sweep look at it; return whether it expired."""
        self.clock.moment = max(self.clock.moment, self.account(placed).order.reserved_until + WINDOW)
        return expire_order(self.till, placed.order.number)

    def account(self, placed: Placement) -> Account:
        """Read an order with its payments."""
        account = self.till.payments.account(placed.order.number)
        assert account is not None
        return account

    def events(self, placed: Placement) -> list[Event]:
        """Read an order's trail."""
        return self.till.log.trail(placed.order.subject)

    def event_types(self, placed: Placement) -> list[str]:
        """Read the types of an order's trail."""
        return [event.type for event in self.events(placed)]

    def stock(self, sku: str) -> dict[str, int]:
        """Read a SKU's counters, all buckets together."""
        rows = self.database.bind(StockRow, "stock")
        wanted = [(rows, f"{sku}#{bucket}", None) for bucket in range(self._buckets[sku])]
        total = dict.fromkeys(("available", "reserved", "sold", "received"), 0)
        for row in self.database.read_together(wanted):
            for name in total:
                total[name] += int(getattr(row, name))
        return total

    def assert_promises(self) -> None:
        """Stock adds up in every bucket of every SKU, and no counter is negative (promise 1)."""
        rows = self.database.bind(StockRow, "stock")
        for row in rows.scan(consistent_read=True):
            counters = [int(row.available), int(row.reserved), int(row.sold)]
            assert min(counters) >= 0, (row.pk, counters)
            assert sum(counters) == int(row.received), (row.pk, counters, int(row.received))


def publish_category_once(database: Database, clock: MovableClock, log: EventLog) -> None:
    """Publish the one category, if it is not there."""
    publish_category(database, clock, Category(slug="things", name="Things"), record=log.record)


def product(sku: str, price: int, buckets: int, **more: Any) -> Product:
    """Make a product of one variant."""
    prices = more.pop("prices", {"KES": price, "USD": max(100, price // 129)})
    return Product.model_validate_json(
        json.dumps(
            {
                "slug": sku.lower(),
                "name": f"Thing {sku}",
                "brand": "Maker",
                "category": "things",
                "condition": "New",
                "summary": "A thing",
                "description": "A thing to sell.",
                "tax_class": more.pop("tax_class", "standard"),
                "images": [{"url": "/images/thing.svg", "alt": "A thing"}],
                "variants": [
                    {
                        "sku": sku,
                        "name": "One size",
                        "attributes": {},
                        "prices": prices,
                        "weight_grams": 100,
                        "stock_buckets": buckets,
                    }
                ],
                **more,
            }
        )
    )


def checkout_body(*lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """Make the body of POST /checkout."""
    return {
        "items": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "currency": "KES",
        "customer": {"name": "Wanjiku Kamau", "email": "wanjiku@example.com", "phone": "0712 345 678"},
        "shipping": {"zone": "nairobi_metro", "address": {"line1": "Moi Avenue 1", "city": "Nairobi", "country": "KE"}},
        "payment": {"method": "mpesa", "phone": "0712345678"},
        **changes,
    }


def checkout_request(*lines: tuple[str, int], **changes: Any) -> CheckoutRequest:
    """Make a checked checkout request."""
    return CheckoutRequest.model_validate(checkout_body(*lines, **changes))
