"""Fills an empty shop with the sample products and vouchers, through the same use cases that a shop's staff use."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from commerce.audit.store import EventLog
from commerce.catalog.model import Category, Product
from commerce.catalog.publish_category import publish_category
from commerce.catalog.publish_product import publish_product
from commerce.inventory.receive_stock import receive_stock
from commerce.kernel.clock import SystemClock
from commerce.kernel.tables import Database
from commerce.promotions.model import Voucher
from commerce.promotions.publish_voucher import publish_voucher

SAMPLE = Path(__file__).parent / "sample"
#: The reference under which the sample stock was delivered: seeding twice brings nothing twice.
DELIVERY = "opening-stock"
WORKERS = 4


def seed(database: Database, sample: Path = SAMPLE) -> int:
    """Publish the sample categories, products and vouchers and receive stock; return the number of products."""
    clock, log = SystemClock(), EventLog(database)
    for each in json.loads((sample / "categories.json").read_text("utf-8")):
        publish_category(database, clock, Category.model_validate(each), record=log.record)
    documents = json.loads((sample / "products.json").read_text("utf-8"))
    for document in documents:
        publish_product(database, clock, _product(document), record=log.record)
    deliveries = [variant for document in documents for variant in document["variants"]]

    def receive(variant: dict[str, Any]) -> None:
        receive_stock(
            database,
            clock,
            sku=variant["sku"],
            quantity=variant["stock"],
            buckets=variant["stock_buckets"],
            delivery=DELIVERY,
        )

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(receive, deliveries))
    for each in json.loads((sample / "vouchers.json").read_text("utf-8")):
        voucher = Voucher.model_validate_json(json.dumps(each))
        publish_voucher(database, clock, voucher, by="seed", reason="sample data", record=log.record)
    return len(documents)


def _product(document: dict[str, Any]) -> Product:
    images = [{"url": f"/images/{image['file']}", "alt": image["alt"]} for image in document["images"]]
    variants = [{key: value for key, value in each.items() if key != "stock"} for each in document["variants"]]
    return Product.model_validate_json(json.dumps({**document, "images": images, "variants": variants}))
