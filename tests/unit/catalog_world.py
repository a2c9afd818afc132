"""Products to test with, and the tables they live in (moto: single-threaded tests only)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
from moto import mock_aws

from commerce.audit.store import EventLog
from commerce.catalog.events import Recorder
from commerce.catalog.model import Category, Image, Product, Variant
from commerce.kernel.money import Currency
from commerce.kernel.tables import Database
from commerce.tax.model import TaxClass
from sandbox.engines import table_definitions

TABLES = ("catalog", "stock", "events", "reviews")
REGION = "eu-west-1"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 10, tzinfo=UTC)


def variant(sku: str, *, kes: int = 1_000_00, buckets: int = 1, name: str = "Standard") -> Variant:
    prices = {Currency.KES: kes, Currency.USD: kes // 130}
    return Variant(sku=sku, name=name, prices=prices, weight_grams=500, stock_buckets=buckets)


def product(slug: str, *variants: Variant, category: str = "laptops", for_sale: bool = True, **other: str) -> Product:
    texts = {"name": slug.replace("-", " ").title(), "brand": "Acme", "summary": "Sound.", "description": "", **other}
    return Product(
        slug=slug,
        category=category,
        condition="Refurbished",
        tax_class=TaxClass.STANDARD,
        images=(Image(url=f"/images/{slug}.svg", alt=f"A drawing of {slug}"),),
        variants=variants or (variant(f"SKU-{slug}"[:40]),),
        for_sale=for_sale,
        **texts,
    )


LAPTOPS = Category(slug="laptops", name="Laptops")
SHIRTS = Category(slug="shirts", name="Shirts")


@contextmanager
def tables() -> Iterator[Database]:
    """Make the tables as the template declares them, in moto."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        for name in TABLES:
            client.create_table(TableName=f"test-{name}", **table_definitions()[name])
        yield Database({name: f"test-{name}" for name in TABLES}, region=REGION)


def recorder(database: Database) -> Recorder:
    return EventLog(database).record
