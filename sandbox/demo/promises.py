"""The promises, checked over everything the demo left behind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from commerce.healing.model import Case, Kind, State
from commerce.kernel.money import MINOR_PER_MAJOR
from commerce.ordering.model import OrderStatus
from commerce.payments.model import AttemptState, RefundState
from commerce.payments.store import Account
from sandbox.demo.books import Books

QUIET_QUEUES = ("VerifyQueue", "RefundQueue", "NotifyQueue", "CarrierQueue", "BoardQueue", "SecurityQueue")
EMPTY_DEAD_LETTERS = (
    "NotifyDeadLetters", "RelayDeadLetters", "ScheduleDeadLetters", "CarrierDeadLetters", "BoardDeadLetters",
    "SecurityDeadLetters", "ArchiveDeadLetters",
)  # fmt: skip
#: What no provider's story leads to: healing may find such a thing and put it right, and nothing of it may be left.
NEVER_LEFT = frozenset(
    {
        Kind.STALE_BOARD, Kind.UNSENT_MAIL, Kind.UNDELIVERED_EVENT, Kind.ORPHANED_HOLD, Kind.STOCK_MISMATCH,
        Kind.OVERDUE_ORDER, Kind.BROKEN_AUDIT,
    }
)  # fmt: skip
#: Where the letters of money are taken from; what lies there waits for a person as its story means it to.
MONEY = frozenset({"verify", "refund"})
#: Orders whose buyer was written that the payment came.
PAID = (OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED)
QUIET_SECONDS = 60.0


def broken_promises(books: Books) -> list[str]:
    """Return every promise that does not hold, in words; none is good."""
    accounts = [books.account(number) for number in sorted(books.order_numbers())]
    return [
        *_quiet(books),
        *_stock(books, accounts),
        *(fault for account in accounts for fault in _order(books, account)),
        *_money(books, accounts),
        *(fault for case in books.cases() for fault in _case(case)),
    ]


def healing(books: Books) -> str:
    """Return in a line what healing found, and what became of it."""
    cases = books.cases()
    states = Counter(case.state for case in cases)
    told = {
        State.HEALED: "mended",
        State.OPEN: "looked at again later",
        State.PROPOSED: "proposed to a person",
        State.FOR_PERSON: "handed to a person",
    }
    ended = ", ".join(f"{states[state]} {words}" for state, words in told.items())
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(case.kind.value for case in cases).most_common())
    return f"{len(cases)} cases: {ended} ({kinds or 'nothing'})"


def _case(case: Case) -> Iterator[str]:
    lost = case.kind is Kind.DEAD_LETTER and case.finding.queue not in MONEY
    if case.waiting and (lost or case.kind in NEVER_LEFT):
        yield f"{case.finding.about} is not mended: {case.finding.title}"


def _quiet(books: Books) -> Iterator[str]:
    deadline = time.monotonic() + QUIET_SECONDS
    while any(books.waiting(queue) for queue in QUIET_QUEUES) and time.monotonic() < deadline:
        time.sleep(0.5)
    for queue in QUIET_QUEUES:
        if left := books.waiting(queue):
            yield f"{queue} still holds {left} messages"
    for queue in EMPTY_DEAD_LETTERS:
        if left := books.waiting(queue):
            yield f"{queue} holds {left} messages"


def _stock(books: Books, accounts: list[Account]) -> Iterator[str]:
    held: dict[str, int] = {}
    for account in accounts:
        if account.order.status is OrderStatus.PENDING_PAYMENT:
            for sku, holds in account.order.holds.items():
                for hold in holds:
                    key = f"{sku}#{hold.bucket}"
                    held[key] = held.get(key, 0) + hold.quantity
    for key, counters in books.all_stock().items():
        if counters.available + counters.reserved + counters.sold != counters.received:
            yield f"stock {key} does not add up: {counters} of {counters.received}"
        if min(counters.available, counters.reserved, counters.sold) < 0:
            yield f"stock {key} is negative: {counters}"
        if counters.reserved != held.get(key, 0):
            yield f"stock {key} holds {counters.reserved}, its orders {held.get(key, 0)}"


def _order(books: Books, account: Account) -> Iterator[str]:
    order, number = account.order, account.order.number
    events = books.events(number)
    if [int(event.sequence) for event in events] != list(range(1, order.version + 1)):
        yield f"order {number} has changes without an event"
    for trace in books.proof(number).faults:
        yield f"order {number}: event {trace.event} is {trace.fault}: {trace.detail}"
    if sum(event.type == "PaymentConfirmed" for event in events) > 1:
        yield f"order {number} was paid twice"
    live = [attempt for attempt in account.attempts.values() if attempt.live]
    if len(live) > 1:
        yield f"order {number} has {len(live)} live attempts"
    if books.pushes(number) > len(account.attempts):
        yield f"order {number} was pushed more often than it was attempted"
    paid = order.status in PAID or "OrderCancelled" in (event.type for event in events)
    if books.mails(number, "Payment received") != int(paid):
        yield f"order {number} got {books.mails(number, 'Payment received')} payment e-mails"


def _money(books: Books, accounts: list[Account]) -> Iterator[str]:
    """Compare what the providers say they hold for the shop with the shop's own books, order by order."""
    daraja, stripe = books.ledger(), books.stripe_ledger()
    if not daraja["balanced"]:
        yield "Daraja's ledger does not balance"
    for account in accounts:
        if any(attempt.state is AttemptState.REVIEW for attempt in account.attempts.values()):
            continue
        number = account.order.number
        held = daraja["references"].get(number, {}).get("held", 0) * MINOR_PER_MAJOR + stripe.get(number, 0)
        kept = sum(attempt.captured for attempt in account.attempts.values())
        back = sum(
            refund.amount
            for refund in account.refunds.values()
            if refund.destination == "original" and refund.state is RefundState.SUCCEEDED
        )
        if held != kept - back:
            yield f"order {number}: its providers say the shop holds {held}, the shop says {kept} less {back}"
        for attempt in account.attempts.values():
            if attempt.refunded > attempt.captured:
                yield f"order {number}: {attempt.refunded} go back of {attempt.captured}"
