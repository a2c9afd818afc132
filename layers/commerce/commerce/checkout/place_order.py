"""Place an order: check, price, hold stock and open the payment in one commit; then start the payment."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.checkout.desk import CheckoutDesk
from commerce.checkout.found import Found, find, known_credit
from commerce.checkout.pricing import price_order
from commerce.checkout.requests import CheckoutRequest, PaymentRequest
from commerce.inventory.model import Hold, allocate, first_choice, fits_one_commit
from commerce.inventory.store import BucketShort, OutOfStock
from commerce.kernel.clock import to_text
from commerce.kernel.commit import Commit
from commerce.kernel.context import current
from commerce.kernel.errors import CommitBusy, Conflict, InvalidRequest, KeyReused
from commerce.kernel.ids import order_id, order_number
from commerce.limits.store import Window
from commerce.ordering.concessions import Concessions
from commerce.ordering.events import OrderedItem, OrderPlaced
from commerce.ordering.model import Order, OrderTerms, TimelineEntry
from commerce.ordering.store import OrderExists
from commerce.payments.desk import PaymentDesk
from commerce.payments.model import Attempt
from commerce.payments.port import Capabilities
from commerce.payments.start_payment import start_again, start_payment
from commerce.promotions.credit_store import CreditShort
from commerce.promotions.model import Redemption, Voucher, VoucherRefused, home_shard, redemption_of, shard_with_uses
from commerce.promotions.store import Vouchers, VoucherSpent

#: Whose Idempotency-Keys these are when nobody signed in; a customer's are their own.
GUEST = "guest"
#: The method of an order that voucher and store credit cover wholly.
NOTHING_DUE = "credit"
#: How often stock and voucher are chosen anew when others empty the chosen buckets and shards first.
RESERVE_TRIES = 8
#: How often an order is priced anew when others spend of its store credit first.
CREDIT_TRIES = 4
#: Order numbers tried should one be taken by another order (chances: 1 in 10^15 per order kept).
NUMBER_PROBES = 3


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


def place_order(
    desk: CheckoutDesk,
    request: CheckoutRequest,
    idempotency_key: str,
    guesses: Window | None = None,
    customer: str | None = None,
) -> Placement:
    """Place the order that this Idempotency-Key stands for, once, whatever is retried (promises 1, 3 and 5).

    One read finds the prices, or the order if it was placed before; one write places it; then the payment starts. The
    order is its own idempotency record: of two requests at once, one writes it and the other is shown it.

    Parameters
    ----------
    guesses
        The window in which the caller's wrong codes are counted, where the request names a code.
    customer
        Who signed in; None for a guest.

    Raises
    ------
    KeyReused
        When the key was used with another request.
    TooManyRequests
        When the caller tried too many wrong codes, the customer ordered too often, or the phone that is to pay was
        asked too often by anybody. Nothing was written.
    InvalidRequest
        When something in the request cannot be sold or charged; names the field. Nothing was written.
    VoucherRefused, CreditRefused
        When a code in it can do nothing for this order. Nothing was written.
    PaymentMethodUnavailable
        While the method's provider is down. Nothing was written.
    OutOfStock, TooScattered
        When too little is left, or it lies in too many buckets. Nothing was written.
    CommitBusy
        When the tables stay contended or in trouble. The same key may be tried again, and finds the order if it was
        written all the same.
    """
    identity = order_id(GUEST if customer is None else f"customer/{customer}", idempotency_key)
    for probe in range(NUMBER_PROBES):
        number = order_number(identity, probe)
        found = find(desk.till, request, number, guesses)
        if found.order is not None and found.order.id != identity:
            continue
        if found.order is not None:
            return _replay(desk, request, found.order, found.attempt)
        if guesses is not None:
            # Before any code is looked at: else who guesses would still be told which of the guesses are right.
            guesses.judge(found.guesses)
        try:
            order, attempt = _place(desk, request, identity, number, found, customer)
        except OrderExists as taken:
            if taken.stored.id != identity:
                continue
            return _replay(desk, request, taken.stored, None)
        breaker = found.breaker if attempt.method == request.payment.method else None
        return Placement(order, start_payment(desk.till, order, attempt, breaker), replayed=False)
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


def _replay(desk: CheckoutDesk, request: CheckoutRequest, order: Order, attempt: Attempt | None) -> Placement:
    if order.fingerprint != request.fingerprint():
        raise KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key")
    if attempt is None:
        account = desk.till.payments.account(order.number)
        if account is None:
            raise CommitBusy
        order, attempt = account.order, account.attempts[1]
    return Placement(order, start_again(desk.till, order, attempt), replayed=True)


def _place(
    desk: CheckoutDesk, request: CheckoutRequest, identity: str, number: str, found: Found, customer: str | None
) -> tuple[Order, Attempt]:
    taker, at = taking(desk.till, request.payment), desk.till.clock.now()
    voucher, credit, admitted = found.voucher, found.credit, False
    try:
        for _ in range(CREDIT_TRIES):
            terms = price_order(desk.book, request, found.offers, taker, at, voucher=voucher, credit=credit)
            if terms.due and not admitted:
                desk.till.breakers.admit(request.payment.method, found.breaker)
                admitted = True
            try:
                return _commit(desk, request, identity, number, terms, voucher, customer)
            except CreditShort as short:
                # Another order spent of this credit since it was read: what is left of it counts.
                credit = credit.having(short.balance) if credit else None
        raise CommitBusy
    except Exception:
        if admitted:
            desk.till.breakers.forgo(request.payment.method, found.breaker)
        raise


def _commit(
    desk: CheckoutDesk,
    request: CheckoutRequest,
    identity: str,
    number: str,
    terms: OrderTerms,
    voucher: Voucher | None,
    customer: str | None,
) -> tuple[Order, Attempt]:
    holds = {line.sku: first_choice(identity, line.sku, line.quantity, line.stock_buckets) for line in terms.lines}
    shard = home_shard(identity, voucher.code, voucher.shards) if voucher else 0
    for _ in range(RESERVE_TRIES):
        used = redemption_of(voucher, shard) if voucher else None
        order, attempt = _draft(request, identity, number, terms, holds, used)
        try:
            order = _send(desk, order, attempt, voucher, customer)
        except BucketShort as short:
            holds = _other_buckets(desk, identity, terms, short)
        except VoucherSpent:
            shard = _other_shard(desk, identity, voucher)
        else:
            return order, attempt
    raise CommitBusy


def _draft(
    request: CheckoutRequest,
    identity: str,
    number: str,
    terms: OrderTerms,
    holds: dict[str, tuple[Hold, ...]],
    used: Redemption | None,
) -> tuple[Order, Attempt]:
    order = Order(
        id=identity,
        number=number,
        fingerprint=request.fingerprint(),
        terms=terms,
        holds=holds,
        reserved_until=terms.first_reserved_until,
        due_at=terms.first_reserved_until,
        redemption=used.to_text() if used else None,
        credit_id=known_credit(request) if terms.credit else None,
        timeline=(TimelineEntry(type=OrderPlaced.__name__, at=to_text(terms.placed_at)),),
    )
    attempt = Attempt(
        order_number=number,
        number=1,
        key=identity,
        fingerprint=order.fingerprint,
        method=request.payment.method if terms.due else NOTHING_DUE,
        phone=request.payment.phone if terms.due else None,
        amount=terms.due,
        currency=terms.currency,
        started_at=terms.placed_at,
        correlation_id=current().correlation_id,
    )
    return order, attempt


def _send(desk: CheckoutDesk, order: Order, attempt: Attempt, voucher: Voucher | None, customer: str | None) -> Order:
    till, commit = desk.till, Commit(desk.till.database)
    # The order first: should it exist already, that is what the caller is told, whatever else fails.
    opened = till.open_order(commit, order, _placed(order, attempt))
    for sku, held in order.holds.items():
        till.stock.reserve(commit, sku, held)
    if order.redemption is not None or order.credit_id is not None:
        Concessions(till.database).take(commit, order, voucher)
    till.payments.open_attempt(commit, attempt)
    till.count_prompt(commit, attempt)
    if customer is not None:
        till.limits.spend_in(
            commit,
            f"customer/{till.links.pseudonym(customer)}",
            limit=desk.orders_per_customer,
            window_seconds=3600,
            detail="You have placed many orders within an hour. Please wait before you place another.",
        )
    commit.send()
    return opened


def _placed(order: Order, attempt: Attempt) -> OrderPlaced:
    terms = order.terms
    return OrderPlaced(
        order_number=order.number,
        attempt=attempt.number,
        method=attempt.method,
        currency=terms.currency.value,
        total=terms.total,
        discount=terms.discount,
        voucher=terms.voucher,
        credit=terms.credit,
        items=[OrderedItem(sku=line.sku, quantity=line.quantity) for line in terms.lines],
        reserved_until=to_text(order.reserved_until),
    )


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


def _other_shard(desk: CheckoutDesk, identity: str, voucher: Voucher | None) -> int:
    """Choose another shard of a voucher from the uses that are left; VoucherRefused when all are used up."""
    if voucher is None or voucher.shards == 1:
        raise VoucherRefused
    left = [uses.left for uses in Vouchers(desk.till.database).by_shard(voucher.code, voucher.shards)]
    shard = shard_with_uses(identity, voucher.code, dict(enumerate(left)))
    if shard is None:
        raise VoucherRefused
    return shard
