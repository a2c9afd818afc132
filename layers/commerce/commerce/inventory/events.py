"""What happens to stock outside orders."""

from __future__ import annotations

from commerce.kernel.events import EventData


class StockReceived(EventData):
    """Goods came in under a delivery's reference, spread over the SKU's buckets."""

    sku: str
    delivery: str
    quantities: list[int]


class StockAdjusted(EventData):
    """Staff corrected a SKU's count: `quantities` is the change of each bucket that changed, by its number."""

    sku: str
    change: int
    quantities: dict[str, int]
    by: str
    reason: str
