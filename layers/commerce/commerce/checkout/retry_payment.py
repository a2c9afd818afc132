"""Start another attempt to pay an order, after one failed and never while one may still bring money (promise 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from commerce.checkout.bill import check_amount
from commerce.checkout.place_order import Placement, taking
from commerce.checkout.requests import RetryRequest
from commerce.checkout.track_order import find_account
from commerce.kernel.commit import Commit
from commerce.kernel.context import current
from commerce.kernel.errors import CommitBusy, Conflict, KeyReused, StaleWrite, TooManyRequests
from commerce.kernel.ids import order_id
from commerce.ordering.model import MOST_ATTEMPTS, Order, OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import PaymentRestarted
from commerce.payments.model import Attempt, AttemptState
from commerce.payments.start_payment import start_again, start_payment
from commerce.payments.store import Account
from commerce.payments.verify_payment import close_payment

#: A payment that took longer to end leaves too little of the function's time to start another (API Gateway: 29 s).
CLOSING_PATIENCE = timedelta(seconds=5)


class PaymentInProgress(Conflict):
    """An attempt of this order is live, or its outcome is unknown."""


class OrderNotPayable(Conflict):
    """The order is paid, expired or cancelled, or was tried too often."""


class PaymentTooSoon(Conflict):
    """The provider wants a pause before the same payment is asked for again."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def retry_payment(desk: PaymentDesk, number: str, request: RetryRequest, idempotency_key: str) -> Placement:
    """Open and start a further attempt, by the same method or another. The same Idempotency-Key finds the attempt.

    A live attempt that its provider can still cancel (a card's) is ended first; one by M-Pesa must end by itself.

    Raises
    ------
    NotFound
        When number and e-mail address do not belong together.
    KeyReused
        When the key was used with another request.
    PaymentInProgress, OrderNotPayable, PaymentTooSoon
        When there can be no further attempt, or not yet.
    InvalidRequest
        When the wanted method cannot collect this order's currency or amount.
    PaymentMethodUnavailable
        While the wanted method's provider is down.
    TooManyRequests
        When the phone that is to pay was asked too often, by anybody.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    method = request.payment.method
    for _ in range(STALE_TRIES):
        account = find_account(desk.payments, number, request.email)
        key = order_id(account.order.number, idempotency_key)
        earlier = next((attempt for attempt in account.attempts.values() if attempt.key == key), None)
        if earlier is not None:
            if earlier.fingerprint != request.fingerprint():
                raise KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key")
            return Placement(account.order, start_again(desk, account.order, earlier), replayed=True)
        began = desk.clock.now()
        if _closed_live_attempt(desk, account, request):
            if desk.clock.now() - began > CLOSING_PATIENCE:
                raise PaymentTooSoon("Ending the payment before took long. Please try again now.", retry_after=1)
            continue
        _check(desk, account, method)
        check_amount(account.order.due, taking(desk, request.payment))
        breaker = desk.breakers.read([method]).get(method)
        desk.breakers.admit(method, breaker)
        try:
            order, attempt = _open(desk, account.order, request, key)
        except StaleWrite:
            desk.breakers.forgo(method, breaker)
            continue
        except (CommitBusy, TooManyRequests):
            desk.breakers.forgo(method, breaker)
            raise
        return Placement(order, start_payment(desk, order, attempt, breaker), replayed=False)
    raise CommitBusy


def _closed_live_attempt(desk: PaymentDesk, account: Account, request: RetryRequest) -> bool:
    """End an attempt that waits for its buyer, where its provider can make sure that no money comes of it later.

    Not for a request that could start no other: the buyer may still pay this one.
    """
    order, live = account.order, account.order.live_attempt
    if live is None or order.status is not OrderStatus.PENDING_PAYMENT:
        return False
    attempt, method = account.attempts[live], request.payment.method
    if not attempt.live or not desk.providers.offers[attempt.method].cancellable:
        return False
    _check_chances(order, desk.clock.now())
    check_amount(order.due, taking(desk, request.payment))
    desk.breakers.check(desk.breakers.read([method]).get(method))
    return close_payment(desk, order.number, live) is Verdict.FINAL


def _check(desk: PaymentDesk, account: Account, method: str) -> None:
    order, now = account.order, desk.clock.now()
    if order.status is not OrderStatus.PENDING_PAYMENT:
        raise OrderNotPayable(f"Order {order.number} is {order.status.value.replace('_', ' ')}.")
    if account.in_review:
        raise PaymentInProgress("Money came for this order and our staff are looking into it.")
    if order.live_attempt is not None:
        unknown = account.attempts[order.live_attempt].state is AttemptState.UNKNOWN
        state = "is still being checked with the provider" if unknown else "is under way"
        raise PaymentInProgress(f"A payment of this order {state}.")
    _check_chances(order, now)
    wait = account.attempts[order.attempts].retry_not_before
    if wait is not None and now < wait and account.attempts[order.attempts].method == method:
        seconds = int((wait - now).total_seconds()) + 1
        raise PaymentTooSoon(f"Please wait {seconds} seconds before trying again.", retry_after=seconds)


def _check_chances(order: Order, now: datetime) -> None:
    if now >= order.reserved_until:
        raise OrderNotPayable(f"The goods of order {order.number} are no longer held. Please order again.")
    if order.attempts >= MOST_ATTEMPTS:
        raise OrderNotPayable(f"Order {order.number} was tried {MOST_ATTEMPTS} times. Please order again.")


def _open(desk: PaymentDesk, order: Order, request: RetryRequest, key: str) -> tuple[Order, Attempt]:
    now = desk.clock.now()
    attempt = Attempt(
        order_number=order.number,
        number=order.attempts + 1,
        key=key,
        fingerprint=request.fingerprint(),
        method=request.payment.method,
        phone=request.payment.phone,
        amount=order.terms.due,
        currency=order.terms.currency,
        started_at=now,
        correlation_id=current().correlation_id,
    )
    held_until = order.hold_until_for_payment(now, desk.policy.window)
    fact = PaymentRestarted(order_number=order.number, attempt=attempt.number, method=attempt.method)
    commit = Commit(desk.database)
    after = desk.change_order(
        commit,
        order,
        fact,
        attempts=attempt.number,
        live_attempt=attempt.number,
        reserved_until=held_until,
        due_at=max(held_until, order.due_at or held_until),
    )
    desk.payments.open_attempt(commit, attempt)
    desk.count_prompt(commit, attempt)
    commit.send()
    return after, attempt
