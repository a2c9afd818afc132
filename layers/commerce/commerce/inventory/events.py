"""What happens to stock outside orders."""

from __future__ import annotations

from commerce.kernel.events import EventData


class StockReceived(EventData):
    """Goods came in under a delivery's reference, spread over the SKU's buckets."""

    sku: str
    delivery: str
    quantities: list[int]
