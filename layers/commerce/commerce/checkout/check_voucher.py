"""Tell a buyer what a voucher would do for a basket, and strangers nothing about which codes there are."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from commerce.catalog.store import SkuRow, sku_key, sku_row, to_offer
from commerce.checkout.pricing import goods_of, priced_items
from commerce.checkout.requests import BasketRequest, ContactNumber, Email, VoucherText, ZoneName
from commerce.kernel.money import Currency
from commerce.kernel.tables import Database
from commerce.promotions.discount import discount_of
from commerce.promotions.model import VoucherRefused, customer_keys
from commerce.promotions.standing import standing_keys, usable_voucher
from commerce.shipping.model import ShippingConfig
from commerce.shipping.quote_shipping import quotes


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class CheckedDelivery(_Part):
    """Which delivery the order would have."""

    zone: ZoneName


class CheckedCustomer(_Part):
    """Who would order, for codes that are limited by customer or for first orders only."""

    email: Email
    phone: ContactNumber


class VoucherCheckRequest(BasketRequest):
    """A question: what would this code take off this basket? What is left out is not looked at."""

    code: VoucherText
    shipping: CheckedDelivery | None = None
    customer: CheckedCustomer | None = None


class VoucherCheckView(BaseModel):
    """The answer, in minor units of `currency`: `discount` holds `shipping_discount`; `subtotal` is before it."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(examples=["KARIBU10"])
    description: str = Field(examples=["10 % off your first order"])
    discount: int
    shipping_discount: int
    currency: Currency
    subtotal: int


def check_voucher(
    database: Database, zones: ShippingConfig, request: VoucherCheckRequest, now: datetime
) -> VoucherCheckView:
    """Work out what a code would do at this moment; the order's own commit decides whether it does (one read).

    Every code costs the same work, and codes that cannot be used have the same answer.

    Raises
    ------
    VoucherRefused
        When it would take off nothing; what a live code lacks is said.
    InvalidRequest
        When something in the basket is not sold so; names the field.
    """
    code = request.code
    customers = customer_keys(request.customer.email, request.customer.phone) if request.customer else ()
    skus = sku_row(database)
    wanted = [(skus, *sku_key(item.sku)) for item in request.items]
    rows = database.read_together([*wanted, *standing_keys(database, code, customers)])
    offers = {offer.sku: offer for offer in (to_offer(row) for row in rows if isinstance(row, SkuRow))}
    items = priced_items(request.items, request.currency, offers)
    subtotal = sum(item.total for item in items)
    delivery = None
    if request.shipping is not None:
        zone = request.shipping.zone
        delivery = quotes(zones, request.currency, zone, subtotal, field="shipping.zone")[0].amount
    voucher = usable_voucher(code, rows, customers)
    if voucher is None:
        raise VoucherRefused(field="code")
    try:
        discount = discount_of(voucher, goods_of(items), delivery, request.currency, now)
    except VoucherRefused as refused:
        raise VoucherRefused(refused.detail, field="code") from None
    return VoucherCheckView(
        code=code,
        description=voucher.description,
        discount=discount.total,
        shipping_discount=discount.shipping,
        currency=request.currency,
        subtotal=subtotal,
    )
