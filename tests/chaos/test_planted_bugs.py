"""The harness finds what it is for: a bug of each kind is planted in the shop, and a promise breaks under the fault.

On a day without faults nothing shows of most of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.update import Action

from commerce.checkout import expire_orders
from commerce.inventory.store import StockRow
from commerce.kernel.commit import Commit
from commerce.notifications.store import MailRow, SentMails
from commerce.ordering.events import OrderExpired
from commerce.ordering.model import Order, OrderStatus
from commerce.payments.desk import OrderDesk, PaymentDesk, order_event
from commerce.payments.model import Attempt
from commerce.payments.store import Payments
from commerce.runtime.healing import publish
from tests.chaos.conftest import Teller
from tests.chaos.places import Place, places
from tests.chaos.stories import BY_NAME, Day, Story
from tests.support.cloud.faults import Faults, Mishap, Trouble
from tests.support.tally import Tally

BY_MPESA = BY_NAME["paid by M-Pesa, sent, given back"]
UNPAID = BY_NAME["nobody answers the prompt"]


def _told_a_receipt_twice(day: Day) -> None:
    first = day.outside.buy("first")
    assert first is not None
    day.comes_to(first, OrderStatus.PROCESSING)
    day.outside.claimed_receipt = day.account(first).attempts[1].receipt
    day.outside.buy("second")


RECEIPT_TWICE = Story(
    "a callback names another payment's receipt",
    _told_a_receipt_twice,
    (("processing", 180_000, 0), ("processing", 180_000, 0)),
)


@pytest.fixture(autouse=True)
def _counted(tally: Tally) -> None:
    tally.add("planted bugs found")


def the_call(teller: Teller, story: Story, fits: Callable[[Place], bool]) -> int:
    """Return the first call of a story that fits, told with the bug and without faults: nothing shows of it."""
    seen = Faults()
    teller.tell(story, seen)
    return next(place.number for place in places(seen) if fits(place))


def test_a_missing_condition(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who begins an e-mail does not ask whether it was sent: a message that comes twice is two e-mails."""

    def begin(mails: SentMails, event_id: str) -> bool:
        rows = mails._rows
        rows(f"MAIL#{event_id}").update(actions=[MailRow.leased_until.set(0), MailRow.expires_at.set(0)])
        return True

    monkeypatch.setattr(SentMails, "begin", begin)
    seen = Faults()
    teller.tell(BY_MPESA, seen)
    message = 1 + seen.messages.index("NotifyQueue")
    with pytest.raises(AssertionError, match="1 e-mails too many, and 0 deaths"):
        teller.tell(BY_MPESA, Faults(mishaps={message: Mishap.DOUBLE}))


def test_a_publish_before_a_commit(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are put on the bus before they are committed: where the worker dies between, the bus heard of nothing."""
    kept = OrderDesk.change_order

    def change_order(desk: OrderDesk, commit: Commit, before: Order, fact: Any, **changes: object) -> Order:
        after = kept(desk, commit, before, fact, **changes)
        publish({"EVENT_BUS_NAME": "salama-test"}, [order_event(after, fact)])
        return after

    monkeypatch.setattr(OrderDesk, "change_order", change_order)
    # The second commit of a checkout notes that the prompt is out; nobody can write that once its worker is dead.
    place = the_call(
        teller,
        BY_MPESA,
        lambda one: one.caller.startswith("start_checkout") and one.so_far.count("dynamodb:TransactWriteItems") == 2,
    )
    with pytest.raises(AssertionError, match=r"the bus was told of another order/.*/00000002"):
        teller.tell(BY_MPESA, Faults({place: Trouble.CRASH_BEFORE}))


def test_a_swallowed_error_of_a_worker(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive takes an error for success: what was to be kept for good is not."""
    archive_function: Any = importlib.import_module("functions.archive_events.app")
    kept = archive_function.archive_events

    def archive_events(*given: Any) -> str | None:
        try:
            key: str | None = kept(*given)
            return key
        except ClientError:
            return None

    monkeypatch.setattr(archive_function, "archive_events", archive_events)
    place = the_call(teller, BY_MPESA, lambda one: one.name == "s3:PutObject")
    with pytest.raises(AssertionError, match=r"in the log, and not archived: .*order/"):
        teller.tell(BY_MPESA, Faults({place: Trouble.THROTTLE}))


def test_a_swallowed_error_of_a_route(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff are answered that money goes back where the tables did not answer."""
    routes: Any = importlib.import_module("commerce.runtime.staff_api_refunds")
    kept = routes.refund_order

    def refund_order(*given: Any, **more: Any) -> object:
        try:
            return kept(*given, **more)
        except PynamoDBException:
            return None

    monkeypatch.setattr(routes, "refund_order", refund_order)
    place = the_call(
        teller,
        BY_MPESA,
        lambda one: one.caller.endswith("/refunds") and one.so_far.count("dynamodb:Query") == 2,
    )
    with pytest.raises(AssertionError, match="staff were told of a refund that is not there"):
        teller.tell(BY_MPESA, Faults({place: Trouble.THROTTLE}))


def test_a_double_release(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep gives goods back apart from the order's commit: where it dies between, it gives them back again."""

    def release(desk: PaymentDesk, order: Order) -> None:
        rows = desk.database.bind(StockRow, "stock")
        for sku, held in order.holds.items():
            for hold in held:
                actions: list[Action] = [StockRow.reserved.add(-hold.quantity), StockRow.available.add(hold.quantity)]
                rows(f"{sku}#{hold.bucket}").update(actions=actions)
        commit = Commit(desk.database)
        fact = OrderExpired(order_number=order.number, live_attempt=order.live_attempt)
        desk.change_order(commit, order, fact, to=OrderStatus.EXPIRED, due_at=None)
        commit.send()

    monkeypatch.setattr(expire_orders, "_release", release)
    place = the_call(
        teller, UNPAID, lambda one: one.caller == "expire_reservations" and one.name == "dynamodb:UpdateItem"
    )
    with pytest.raises(AssertionError, match=r"LAP-1#0.*\[3, -1, 0\]"):
        teller.tell(UNPAID, Faults({place: Trouble.CRASH_AFTER}))


def test_a_receipt_that_is_not_unique(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback names the receipt of another payment, and nothing stands in its way."""
    teller.tell(RECEIPT_TWICE, Faults())

    def spend_receipt(payments: Payments, commit: Commit, before: Attempt, after: Attempt) -> None:
        """Take any receipt."""

    monkeypatch.setattr(Payments, "spend_receipt", spend_receipt)
    with pytest.raises(AssertionError, match="receipts of more than one payment"):
        teller.tell(RECEIPT_TWICE, Faults())
