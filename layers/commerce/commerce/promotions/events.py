"""What happens to vouchers outside orders. Their uses are told of by the orders' own events."""

from __future__ import annotations

from commerce.kernel.events import EventData


class VoucherPublished(EventData):
    """A code appeared or changed: what it promises from now on, in minor units, by whom it was decided and why."""

    code: str
    revision: int
    active: bool
    description: str
    kind: str
    percent: int | None = None
    amounts: dict[str, int]
    currencies: list[str]
    minimum_spend: dict[str, int]
    valid_from: str | None = None
    valid_until: str | None = None
    first_order_only: bool
    categories: list[str]
    total_limit: int | None = None
    per_customer_limit: int | None = None
    shards: int
    by: str
    reason: str
