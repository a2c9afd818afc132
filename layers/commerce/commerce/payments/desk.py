"""What every payment use case works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from commerce.audit.chain import genesis, seal
from commerce.audit.store import EventLog
from commerce.inventory.store import Stock
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.events import Event, EventData
from commerce.kernel.tables import Database
from commerce.limits.store import RateLimits
from commerce.ordering.model import Order
from commerce.ordering.store import Orders
from commerce.payments.breaker import Breakers
from commerce.payments.links import CallbackLinks
from commerce.payments.model import Attempt
from commerce.payments.registry import Providers
from commerce.payments.store import Payments

#: How often a use case reads again and decides anew when somebody else's change came first.
STALE_TRIES = 5


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """The shop's times, and how patient a phone must be.

    Parameters
    ----------
    window
        How long one attempt may take from prompt to answer; a retry keeps its hold at least that long.
    check_delays
        Seconds before each further check of a silent payment; past the last, a person is told.
    refund_delays
        Seconds before each further look at a refund; past the last, a person is told.
    prompts_per_phone
        How often an hour one phone may be asked to pay, by however many buyers.
    """

    window: timedelta
    check_delays: tuple[int, ...]
    refund_delays: tuple[int, ...]
    prompts_per_phone: int


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """The stores that an order's life is handled with, apart from its payment."""

    database: Database
    clock: Clock
    orders: Orders = field(init=False)
    payments: Payments = field(init=False)
    stock: Stock = field(init=False)
    log: EventLog = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "orders", Orders(self.database))
        object.__setattr__(self, "payments", Payments(self.database))
        object.__setattr__(self, "stock", Stock(self.database))
        object.__setattr__(self, "log", EventLog(self.database))

    def open_order(self, commit: Commit, order: Order, fact: EventData) -> Order:
        """Add to `commit` a new order together with the event that tells of it; return the order as it is written."""
        event = seal(order_event(order, fact), genesis(order.subject))
        opened = order.model_copy(update={"head": event.hash})
        self.orders.open(commit, opened)
        self.log.record(commit, event)
        return opened

    def change_order(self, commit: Commit, before: Order, fact: EventData, **changes: object) -> Order:
        """Add to `commit` one change of an order together with the event that tells of it; return the order after.

        The event follows the order's head and becomes it. The order's version, on which the change is conditional,
        lets only one event follow each head.
        """
        at = self.clock.now()
        stepped = before.step(type(fact).__name__, at, **changes)  # type: ignore[arg-type]
        event = seal(order_event(stepped, fact), before.head or genesis(before.subject))
        after = stepped.model_copy(update={"head": event.hash})
        self.orders.change(commit, before, after)
        self.log.record(commit, event)
        return after


@dataclass(frozen=True, slots=True)
class PaymentDesk(OrderDesk):
    """The same with providers and policy: what payments are handled with."""

    providers: Providers
    links: CallbackLinks
    policy: PaymentPolicy
    breakers: Breakers = field(init=False)
    limits: RateLimits = field(init=False)

    def __post_init__(self) -> None:
        OrderDesk.__post_init__(self)
        object.__setattr__(self, "breakers", Breakers(self.database, self.clock))
        object.__setattr__(self, "limits", RateLimits(self.database, self.clock))

    def count_prompt(self, commit: Commit, attempt: Attempt) -> None:
        """Count, in the commit that opens an attempt, the prompt that will ring on somebody's phone.

        Whose phone it is nobody has proven, so it counts whoever orders; the row does not tell the number.
        The commit fails with TooManyRequests when the phone was asked `prompts_per_phone` times within the hour.
        """
        if attempt.phone is None or attempt.method not in self.providers.offers:
            return
        if self.providers.offers[attempt.method].needs_phone:
            self.limits.spend_in(
                commit,
                f"phone/{self.links.pseudonym(attempt.phone)}",
                limit=self.policy.prompts_per_phone,
                window_seconds=3600,
                detail="This phone was asked to pay very often. Please wait, or pay another way.",
            )


def order_event(order: Order, fact: EventData) -> Event:
    """Make the event of an order's latest change: its sequence is the order's version, its time the timeline's."""
    return Event.of(fact, subject=order.subject, sequence=f"{order.version:08d}", at=order.timeline[-1].at)
