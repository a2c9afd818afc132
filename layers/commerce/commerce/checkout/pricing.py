"""What an order costs: the catalogue's prices, the zone's quote, the day's tax, and what M-Pesa can charge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from commerce.catalog.model import Offer
from commerce.checkout.requests import CheckoutRequest
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import MINOR_PER_MAJOR, Currency, Money
from commerce.ordering.model import Address, Customer, Delivery, OrderLine, OrderTerms, TaxLine
from commerce.payments.port import Capabilities
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


def price_order(
    book: PriceBook, request: CheckoutRequest, offers: Mapping[str, Offer], taker: Capabilities, now: datetime
) -> OrderTerms:
    """Work out an order's terms from what the shop offers; nothing the client says about money is used.

    Raises
    ------
    InvalidRequest
        Naming the field: an unknown SKU, a currency that a product, the zone or the payment method does not have, an
        address the zone does not serve, or a total that the payment method cannot charge.
    """
    currency = request.currency
    if currency not in taker.limits:
        accepted = " or ".join(sorted(taker.limits))
        raise InvalidRequest(f"{request.payment.method} payments are made in {accepted}.", field="currency")
    priced = [_priced(request, place, offers) for place in range(len(request.items))]
    subtotal = sum(quantity * price for _, quantity, price in priced)
    zone = book.zones.zone(request.shipping.zone, field="shipping.zone")
    check_address(zone, request.shipping.address.country, field="shipping.address.country")
    quote = quotes(book.zones, currency, request.shipping.zone, subtotal, field="shipping.zone")[0]
    taxable = [TaxableLine(offer.sku, TaxClass(offer.tax_class), count * price) for offer, count, price in priced]
    taxable.append(TaxableLine(SHIPPING_LINE, quote.tax_class, quote.amount))
    record = assess(book.tax_rates, taxable, now, currency)
    rounding = chargeable_rounding(Money(subtotal + quote.amount, currency))
    return OrderTerms(
        currency=currency,
        lines=tuple(_line(offer, quantity, price, record) for offer, quantity, price in priced),
        subtotal=subtotal,
        shipping=quote.amount,
        rounding=rounding,
        tax=record.tax,
        total=check_amount(Money(subtotal + quote.amount + rounding, currency), taker).amount,
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
    )


def chargeable_rounding(amount: Money) -> int:
    """Return what is taken off an amount (minor units, never positive) so that every method can charge it exactly.

    M-Pesa charges whole shillings: the cents beyond are the shop's, not the buyer's. So it is for every order in
    shillings, for one placed by card may be paid by M-Pesa after all. Tax is not affected.
    """
    return -(amount.amount % MINOR_PER_MAJOR) if amount.currency is Currency.KES else 0


def check_amount(amount: Money, taker: Capabilities) -> Money:
    """Return an amount that a payment method can charge.

    Raises
    ------
    InvalidRequest
        When it cannot, for its currency or its size.
    """
    if amount.currency not in taker.limits:
        accepted = " or ".join(sorted(taker.limits))
        raise InvalidRequest(f"This method takes {accepted}.", field="payment.method")
    least, most = (Money(limit, amount.currency) for limit in taker.limits[amount.currency])
    if amount < least:
        raise InvalidRequest(f"{amount} is below the least this method can charge, {least}.", field="items")
    if most < amount:
        raise InvalidRequest(
            f"{amount} is above the most this method can charge at once, {most}. Order fewer items at a time.",
            field="payment.method",
        )
    return amount


def _priced(request: CheckoutRequest, place: int, offers: Mapping[str, Offer]) -> tuple[Offer, int, int]:
    item = request.items[place]
    offer = offers.get(item.sku)
    if offer is None or not offer.for_sale:
        raise InvalidRequest(f"{item.sku} is not for sale here.", field=f"items.{place}.sku")
    price = offer.prices.get(request.currency)
    if price is None:
        raise InvalidRequest(f"{item.sku} is not sold in {request.currency}.", field="currency")
    return offer, item.quantity, price


def _line(offer: Offer, quantity: int, price: int, record: TaxRecord) -> OrderLine:
    taxed = next(line for line in record.lines if line.reference == offer.sku)
    return OrderLine(
        sku=offer.sku,
        name=offer.name,
        quantity=quantity,
        stock_buckets=offer.stock_buckets,
        unit_price=price,
        total=quantity * price,
        tax=taxed.tax,
        tax_class=taxed.tax_class.value,
        tax_rate=_percent(taxed.percent),
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
