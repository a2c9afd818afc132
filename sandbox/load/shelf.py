"""What the scenarios buy: three SKUs of their own, published and stocked as a shop's staff do."""

from __future__ import annotations

import json
import math

from commerce.audit.store import EventLog
from commerce.catalog.model import Product
from commerce.catalog.publish_product import publish_product
from commerce.inventory.receive_stock import receive_stock
from commerce.kernel.clock import SystemClock
from commerce.kernel.tables import Database

#: Units of the sale, and over how many buckets they lie where they are spread.
UNITS, SPREAD = 12, 8
PLENTY_SKU, ONE_SKU, SPREAD_SKU = "LOAD-PLENTY", "LOAD-SALE-1", f"LOAD-SALE-{SPREAD}"
#: By SKU: units and buckets.
GOODS = {PLENTY_SKU: (10_000, 4), ONE_SKU: (UNITS, 1), SPREAD_SKU: (UNITS, SPREAD)}


def stock(database: Database) -> None:
    """Put the goods on the shelf."""
    clock, log = SystemClock(), EventLog(database)
    variants = [
        {"sku": sku, "name": sku, "prices": {"KES": 100_000}, "weight_grams": 500, "stock_buckets": buckets}
        for sku, (_, buckets) in GOODS.items()
    ]
    document = {
        "slug": "load", "name": "Load", "brand": "Load", "category": "keyboards-and-mice", "condition": "New",
        "summary": "Bought by the load scenarios.", "description": "", "tax_class": "standard",
        "images": [{"url": "/images/none.svg", "alt": "nothing"}], "variants": variants,
    }  # fmt: skip
    publish_product(database, clock, Product.model_validate_json(json.dumps(document)), record=log.record)
    for sku, (units, buckets) in GOODS.items():
        receive_stock(database, clock, sku=sku, quantity=units, buckets=buckets, delivery="load")


def buyers(per_unit: float = 5.0) -> int:
    """Return how many come to a sale."""
    return math.ceil(UNITS * per_unit)
