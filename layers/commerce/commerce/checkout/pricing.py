"""What an order costs: the catalogue's prices, the voucher's discount, the zone's quote and the day's tax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from commerce.catalog.model import Offer
from commerce.checkout.bill import bill_of, spendable
from commerce.checkout.requests import CheckoutRequest, ItemRequest
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency, Money
from commerce.ordering.model import Address, Customer, Delivery, OrderLine, OrderTerms, TaxLine
from commerce.payments.port import Capabilities
from commerce.promotions.credit_store import Credit
from commerce.promotions.discount import Discount, Goods, discount_of
from commerce.promotions.model import Voucher
from commerce.shipping.model import Quote, ShippingConfig, check_address
from commerce.shipping.quote_shipping import quotes
from commerce.tax.assess import assess
from commerce.tax.model import TaxClass, TaxRates, TaxRecord
from commerce.tax.model import TaxLine as TaxableLine

SHIPPING_LINE = "shipping"


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The configuration that prices an order."""

    zones: ShippingConfig
    tax_rates: TaxRates
    reservation: timedelta


@dataclass(frozen=True, slots=True)
class PricedItem:
    """Units of one SKU at the price of the day, in minor units."""

    offer: Offer
    quantity: int
    price: int

    @property
    def total(self) -> int:
        """What they cost before any discount."""
        return self.quantity * self.price


def price_order(
    book: PriceBook,
    request: CheckoutRequest,
    offers: Mapping[str, Offer],
    taker: Capabilities,
    now: datetime,
    *,
    voucher: Voucher | None = None,
    credit: Credit | None = None,
) -> OrderTerms:
    """Work out an order's terms from what the shop offers; nothing the client says about money is used.

    Delivery is free from a total of the goods before any discount: a voucher never makes it dearer.

    Parameters
    ----------
    voucher, credit
        What the codes in the request stand for; None where there is no such code.

    Raises
    ------
    InvalidRequest
        Naming the field: an unknown SKU, a currency that a product, the zone or the payment method does not have, an
        address the zone does not serve, or an amount that the payment method cannot charge.
    VoucherRefused, CreditRefused
        When a code in the request can do nothing for this order.
    """
    currency = request.currency
    if currency not in taker.limits:
        accepted = " or ".join(sorted(taker.limits))
        raise InvalidRequest(f"{request.payment.method} payments are made in {accepted}.", field="currency")
    items = priced_items(request.items, currency, offers)
    subtotal = sum(item.total for item in items)
    zone = book.zones.zone(request.shipping.zone, field="shipping.zone")
    check_address(zone, request.shipping.address.country, field="shipping.address.country")
    quote = quotes(book.zones, currency, request.shipping.zone, subtotal, field="shipping.zone")[0]
    discount = Discount((0,) * len(items))
    if request.voucher is not None:
        discount = discount_of(voucher, goods_of(items), quote.amount, currency, now)
    record = _tax(book, items, quote, discount, now)
    bill = bill_of(
        Money(subtotal - discount.total + quote.amount, currency),
        spendable(credit, currency) if request.credit is not None else 0,
        taker,
        discounted=discount.total > 0,
    )
    return OrderTerms(
        currency=currency,
        lines=tuple(_line(item, less, record) for item, less in zip(items, discount.lines, strict=True)),
        subtotal=subtotal,
        shipping=quote.amount,
        rounding=bill.rounding,
        tax=record.tax,
        total=bill.due + bill.credit,
        tax_record=tuple(
            TaxLine(
                tax_class=bucket.tax_class.value,
                letter=bucket.letter,
                rate=_percent(bucket.percent),
                taxable=bucket.taxable,
                tax=bucket.tax,
            )
            for bucket in record.buckets
        ),
        customer=Customer(**request.customer.model_dump()),
        delivery=_delivery(request, quote),
        placed_at=now,
        first_reserved_until=now + book.reservation,
        discount=discount.total,
        shipping_discount=discount.shipping,
        voucher=request.voucher,
        credit=bill.credit,
    )


def priced_items(items: Sequence[ItemRequest], currency: Currency, offers: Mapping[str, Offer]) -> list[PricedItem]:
    """Return the wanted goods with their prices.

    Raises
    ------
    InvalidRequest
        Naming the field, when one is not for sale, or not in this currency.
    """
    priced: list[PricedItem] = []
    for place, item in enumerate(items):
        offer = offers.get(item.sku)
        if offer is None or not offer.for_sale:
            raise InvalidRequest(f"{item.sku} is not for sale here.", field=f"items.{place}.sku")
        price = offer.prices.get(currency)
        if price is None:
            raise InvalidRequest(f"{item.sku} is not sold in {currency}.", field="currency")
        priced.append(PricedItem(offer, item.quantity, price))
    return priced


def goods_of(items: Sequence[PricedItem]) -> list[Goods]:
    """Return what a voucher looks at."""
    return [Goods(item.offer.category, item.total) for item in items]


def _tax(book: PriceBook, items: Sequence[PricedItem], quote: Quote, discount: Discount, now: datetime) -> TaxRecord:
    taxable = [
        TaxableLine(item.offer.sku, TaxClass(item.offer.tax_class), item.total - less)
        for item, less in zip(items, discount.lines, strict=True)
    ]
    taxable.append(TaxableLine(SHIPPING_LINE, quote.tax_class, quote.amount - discount.shipping))
    return assess(book.tax_rates, taxable, now, quote.currency)


def _line(item: PricedItem, discount: int, record: TaxRecord) -> OrderLine:
    offer = item.offer
    taxed = next(line for line in record.lines if line.reference == offer.sku)
    return OrderLine(
        sku=offer.sku,
        name=offer.name,
        quantity=item.quantity,
        stock_buckets=offer.stock_buckets,
        unit_price=item.price,
        total=item.total,
        tax=taxed.tax,
        tax_class=taxed.tax_class.value,
        tax_rate=_percent(taxed.percent),
        discount=discount,
    )


def _delivery(request: CheckoutRequest, quote: Quote) -> Delivery:
    return Delivery(
        zone=quote.zone,
        label=quote.label,
        carrier=quote.carrier,
        estimate=quote.estimate,
        address=Address(**request.shipping.address.model_dump()),
    )


def _percent(value: Decimal) -> str:
    return f"{value:f}"
