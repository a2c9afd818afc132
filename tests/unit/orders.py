"""An order for tests of pure code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from commerce.inventory.model import Hold
from commerce.kernel.clock import to_text
from commerce.kernel.money import Currency
from commerce.ordering.model import Address, Customer, Delivery, Order, OrderLine, OrderTerms, TaxLine, TimelineEntry

PLACED_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def an_order(*, placed_at: datetime = PLACED_AT) -> Order:
    """Return a waiting order of two units, placed at a moment and held for 15 minutes."""
    until = placed_at + timedelta(minutes=15)
    terms = OrderTerms(
        currency=Currency.KES,
        lines=(
            OrderLine(
                sku="LAP-1",
                name="Laptop",
                quantity=2,
                stock_buckets=1,
                unit_price=75_000,
                total=150_000,
                tax=20_690,
                tax_class="standard",
                tax_rate="16",
            ),
        ),
        subtotal=150_000,
        shipping=30_000,
        rounding=0,
        tax=24_828,
        total=180_000,
        tax_record=(TaxLine(tax_class="standard", letter="B", rate="16", taxable=155_172, tax=24_828),),
        customer=Customer(name="Wanjiku Kamau", email="wanjiku@example.com", phone="+254712345678"),
        delivery=Delivery(
            zone="nairobi_metro",
            label="Nairobi Metro",
            carrier="Local courier",
            estimate="24 hours",
            address=Address(line1="Moi Avenue 1", city="Nairobi", country="KE"),
        ),
        placed_at=placed_at,
        first_reserved_until=until,
    )
    return Order(
        id="id",
        number="ABCDEFGHJK",
        fingerprint="print",
        terms=terms,
        holds={"LAP-1": (Hold(0, 2),)},
        reserved_until=until,
        due_at=until,
        timeline=(TimelineEntry(type="OrderPlaced", at=to_text(placed_at)),),
    )
