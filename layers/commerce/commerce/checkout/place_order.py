"""Place an order: check, price, hold stock and open the payment in one commit; then start the payment."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.catalog.model import Offer
from commerce.catalog.store import SkuRow, sku_key, to_offer
from commerce.checkout.desk import CheckoutDesk
from commerce.checkout.pricing import price_order
from commerce.checkout.requests import CheckoutRequest, PaymentRequest
from commerce.inventory.model import Hold, allocate, first_choice, fits_one_commit
from commerce.inventory.store import BucketShort, OutOfStock
from commerce.kernel.clock import to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, InvalidRequest
from commerce.kernel.ids import order_id, order_number
from commerce.ordering.events import OrderedItem, OrderPlaced
from commerce.ordering.model import Order, OrderTerms, TimelineEntry
from commerce.ordering.store import OrderExists, OrderRow, to_order
from commerce.payments.breaker import Breaker, BreakerRow, to_breaker
from commerce.payments.desk import PaymentDesk, order_event
from commerce.payments.model import Attempt
from commerce.payments.port import Capabilities
from commerce.payments.start_payment import start_again, start_payment
from commerce.payments.store import PaymentRow, attempt_key, to_attempt

#: Whose Idempotency-Keys these are. Signed-in customers will have a name of their own.
GUEST = "guest"
#: How often stock is chosen anew when others empty the chosen buckets first.
RESERVE_TRIES = 8
#: Order numbers tried should one be taken by another order (chances: 1 in 10^15 per order kept).
NUMBER_PROBES = 3


class KeyReused(InvalidRequest):
    """The Idempotency-Key was used before, for another request."""


class MethodUnknown(InvalidRequest):
    """The shop does not take this payment method."""


class TooScattered(Conflict):
    """The units left lie in more stock buckets than one transaction can take from."""


@dataclass(frozen=True, slots=True)
class Placement:
    """An order with its first attempt; `replayed` when an earlier request had placed it."""

    order: Order
    attempt: Attempt
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What one read brought: the SKUs' offers, the payment method's breaker, and what an earlier try left."""

    offers: dict[str, Offer]
    breaker: Breaker | None
    order: Order | None
    attempt: Attempt | None


def place_order(desk: CheckoutDesk, request: CheckoutRequest, idempotency_key: str) -> Placement:
    """Place the order that this Idempotency-Key stands for, once, whatever is retried (promises 1, 3 and 5).

    One read finds the prices, or the order if it was placed before; one write places it; then the payment starts. The
    order is its own idempotency record: of two requests at once, one writes it and the other is shown it.

    Raises
    ------
    KeyReused
        When the key was used with another request.
    InvalidRequest
        When something in the request cannot be sold or charged; names the field. Nothing was written.
    PaymentMethodUnavailable
        While the method's provider is down. Nothing was written.
    OutOfStock, TooScattered
        When too little is left, or it lies in too many buckets. Nothing was written.
    CommitBusy
        When the tables stay contended or in trouble. The same key may be tried again, and finds the order if it was
        written all the same.
    """
    identity = order_id(GUEST, idempotency_key)
    for probe in range(NUMBER_PROBES):
        number = order_number(identity, probe)
        found = _read(desk, request, number)
        if found.order is not None and found.order.id != identity:
            continue
        if found.order is not None:
            return _replay(desk, request, found.order, found.attempt)
        taker = taking(desk.till, request.payment)
        terms = price_order(desk.book, request, found.offers, taker, desk.till.clock.now())
        desk.till.breakers.admit(request.payment.method, found.breaker)
        try:
            order, attempt = _commit(desk, request, identity, number, terms)
        except OrderExists as taken:
            if taken.stored.id != identity:
                continue
            return _replay(desk, request, taken.stored, None)
        return Placement(order, start_payment(desk.till, order, attempt, found.breaker), replayed=False)
    raise CommitBusy


def taking(desk: PaymentDesk, payment: PaymentRequest) -> Capabilities:
    """Return what the wanted payment method can do.

    Raises
    ------
    InvalidRequest
        When the shop does not take it, or it asks on a phone and none is given.
    """
    taker = desk.providers.offers.get(payment.method)
    if taker is None:
        raise MethodUnknown(f"This shop does not take {payment.method}.", field="payment.method")
    if taker.needs_phone and payment.phone is None:
        raise InvalidRequest("Give the phone that pays.", field="payment.phone")
    return taker


def _read(desk: CheckoutDesk, request: CheckoutRequest, number: str) -> _Found:
    database = desk.till.database
    skus = database.bind(SkuRow, "catalog")
    orders = database.bind(OrderRow, "orders")
    attempts = database.bind(PaymentRow, "orders")
    breakers = desk.till.breakers
    rows = database.read_together(
        [
            *((skus, *sku_key(item.sku)) for item in request.items),
            (orders, number, "ORDER"),
            (attempts, number, attempt_key(1)),
            (breakers.rows, breakers.key(request.payment.method), None),
        ]
    )
    offers: dict[str, Offer] = {}
    breaker: Breaker | None = None
    order: Order | None = None
    attempt: Attempt | None = None
    for row in rows:
        match row:
            case SkuRow():
                offer = to_offer(row)
                offers[offer.sku] = offer
            case BreakerRow():
                breaker = to_breaker(row)
            case OrderRow():
                order = to_order(row)
            case PaymentRow():
                attempt = to_attempt(row)
    return _Found(offers, breaker, order, attempt)


def _replay(desk: CheckoutDesk, request: CheckoutRequest, order: Order, attempt: Attempt | None) -> Placement:
    if order.fingerprint != request.fingerprint():
        raise KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key")
    if attempt is None:
        account = desk.till.payments.account(order.number)
        if account is None:
            raise CommitBusy
        order, attempt = account.order, account.attempts[1]
    return Placement(order, start_again(desk.till, order, attempt), replayed=True)


def _commit(
    desk: CheckoutDesk, request: CheckoutRequest, identity: str, number: str, terms: OrderTerms
) -> tuple[Order, Attempt]:
    holds = {line.sku: first_choice(identity, line.sku, line.quantity, line.stock_buckets) for line in terms.lines}
    for _ in range(RESERVE_TRIES):
        order, attempt = _draft(request, identity, number, terms, holds)
        try:
            _send(desk, order, attempt)
        except BucketShort as short:
            holds = _other_buckets(desk, identity, terms, short)
            continue
        return order, attempt
    raise CommitBusy


def _draft(
    request: CheckoutRequest, identity: str, number: str, terms: OrderTerms, holds: dict[str, tuple[Hold, ...]]
) -> tuple[Order, Attempt]:
    order = Order(
        id=identity,
        number=number,
        fingerprint=request.fingerprint(),
        terms=terms,
        holds=holds,
        reserved_until=terms.first_reserved_until,
        due_at=terms.first_reserved_until,
        timeline=(TimelineEntry(type=OrderPlaced.__name__, at=to_text(terms.placed_at)),),
    )
    attempt = Attempt(
        order_number=number,
        number=1,
        key=identity,
        fingerprint=order.fingerprint,
        method=request.payment.method,
        phone=request.payment.phone,
        amount=terms.due,
        currency=terms.currency,
        started_at=terms.placed_at,
    )
    return order, attempt


def _send(desk: CheckoutDesk, order: Order, attempt: Attempt) -> None:
    till = desk.till
    commit = Commit(till.database)
    till.orders.open(commit, order)
    for sku, held in order.holds.items():
        till.stock.reserve(commit, sku, held)
    till.payments.open_attempt(commit, attempt)
    fact = OrderPlaced(
        order_number=order.number,
        attempt=attempt.number,
        method=attempt.method,
        currency=order.terms.currency.value,
        total=order.terms.total,
        items=[OrderedItem(sku=line.sku, quantity=line.quantity) for line in order.terms.lines],
        reserved_until=to_text(order.reserved_until),
    )
    till.log.record(commit, order_event(order, fact))
    commit.send()


def _other_buckets(
    desk: CheckoutDesk, identity: str, terms: OrderTerms, short: BucketShort
) -> dict[str, tuple[Hold, ...]]:
    """Choose buckets anew from what is left; OutOfStock when all of a SKU's buckets together have too little."""
    buckets = {line.sku: line.stock_buckets for line in terms.lines}
    if len(buckets) == 1 and buckets[short.sku] == 1:
        raise OutOfStock(short.sku, short.available, field="items.0.quantity")
    left = desk.till.stock.by_bucket(buckets)
    holds: dict[str, tuple[Hold, ...]] = {}
    for place, line in enumerate(terms.lines):
        chosen = allocate(identity, line.sku, line.quantity, left[line.sku])
        if chosen is None:
            raise OutOfStock(line.sku, sum(left[line.sku].values()), field=f"items.{place}.quantity")
        holds[line.sku] = chosen
    if not fits_one_commit(holds):
        raise TooScattered("What is left of these goods cannot be taken in one order. Please order fewer at a time.")
    return holds
