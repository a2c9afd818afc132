"""The sweep: release what was held for orders that nobody paid for, after asking the provider one last time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from commerce.kernel.commit import Commit
from commerce.kernel.context import Context, adopt, working
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.ordering.concessions import Concessions, given_back
from commerce.ordering.events import OrderExpired
from commerce.ordering.model import EXPIRY_GRACE, Order, OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.verify_payment import close_payment

#: Orders looked at in one run; what is left is due again at the next.
MOST_IN_ONE_RUN = 200


@dataclass(slots=True)
class Sweep:
    """What one run of the sweep did."""

    seen: int = 0
    expired: int = 0
    waiting: int = 0
    busy: int = 0


def expire_orders(desk: PaymentDesk, *, seconds: float, most: int = MOST_IN_ONE_RUN) -> Sweep:
    """Look at every order that is due, within `seconds`; what is not reached is still due at the next run.

    One order that cannot be handled does not keep the others waiting, and stays due: an order that others keep changing
    is counted as busy; what else goes wrong is raised when the others are done, so that the run fails and is seen.

    Raises
    ------
    ExceptionGroup
        What went wrong with single orders; each names its order in a note.
    """
    started = desk.clock.now()
    sweep = Sweep()
    broken: list[Exception] = []
    for number in desk.orders.due(started, most):
        if desk.clock.now() - started > timedelta(seconds=seconds):
            break
        sweep.seen += 1
        try:
            with working(Context()):
                expired = expire_order(desk, number)
        except CommitBusy:
            sweep.busy += 1
            continue
        except Exception as error:
            error.add_note(f"order {number}")
            broken.append(error)
            continue
        if expired:
            sweep.expired += 1
        else:
            sweep.waiting += 1
    if broken:
        raise ExceptionGroup(f"orders that the sweep could not handle, beside {sweep}", broken)
    return sweep


def expire_order(desk: PaymentDesk, number: str) -> bool:
    """Expire one order if it is due and unpaid: one commit that settlement can win against, never share with.

    A live attempt is ended at its provider first, or looked up where it cannot be ended. While the provider calls it
    pending, the release waits, but no longer than the grace: money that comes after that is reserved for again or given
    back.

    Returns
    -------
    bool
        Whether the order is expired by this call.

    Raises
    ------
    CommitBusy
        When others keep changing the order.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None:
            return False
        order = account.order
        adopt(account.correlation_id)
        if order.live_attempt is not None and _is_due(desk, order):
            undecided = close_payment(desk, number, order.live_attempt) is not Verdict.FINAL
            if undecided and desk.clock.now() < order.reserved_until + grace(desk):
                return False
            account = desk.payments.account(number)
            if account is None:
                return False
            order = account.order
        if not _is_due(desk, order):
            return False
        try:
            _release(desk, order)
        except StaleWrite:
            continue
        return True
    raise CommitBusy


def _release(desk: PaymentDesk, order: Order) -> None:
    commit = Commit(desk.database)
    fact = OrderExpired(order_number=order.number, live_attempt=order.live_attempt)
    desk.change_order(commit, order, fact, to=OrderStatus.EXPIRED, due_at=None, **given_back(order))
    for sku, held in order.holds.items():
        desk.stock.release(commit, sku, held)
    Concessions(desk.database).give_back(commit, order)
    commit.send()


def grace(desk: PaymentDesk) -> timedelta:
    """Return how long a pending payment may delay the release: the payment window, at most the fixed limit."""
    return min(EXPIRY_GRACE, desk.policy.window)


def _is_due(desk: PaymentDesk, order: Order) -> bool:
    return order.status is OrderStatus.PENDING_PAYMENT and order.due_at is not None and order.due_at <= desk.clock.now()
