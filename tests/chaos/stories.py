"""What happens in a shop on an ordinary day, told through its API, webhooks and desk; chaos is added by the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from commerce.ordering.model import OrderStatus
from commerce.payments.store import Account
from tests.support.cloud.cloud import Cloud
from tests.support.cloud.outside import Outside
from tests.support.cloud.people import Staff, carrier_reports
from tests.support.vouchers import give_credit, publish, voucher

SKU, STOCK = "LAP-1", 2
CARD: dict[str, Any] = {"payment": {"method": "card"}}
#: Between two looks at an order, and for how long somebody looks.
A_MOMENT, PATIENCE = timedelta(minutes=2), timedelta(minutes=60)


@dataclass
class Day:
    """Everybody who takes part in a story."""

    outside: Outside
    staff: Staff
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def cloud(self) -> Cloud:
        """Where it happens."""
        return self.outside.cloud

    def account(self, number: str) -> Account:
        """Return an order as it stands."""
        account = self.cloud.shop.till.payments.account(number)
        assert account is not None, number
        return account

    def comes_to(self, number: str | None, status: OrderStatus) -> bool:
        """Wait until an order stands so; False where it does not come to it, or nothing was ordered."""
        end = self.cloud.now() + PATIENCE
        while number is not None and self.account(number).order.status is not status:
            if self.cloud.now() >= end:
                return False
            self.cloud.run(A_MOMENT)
        return number is not None


@dataclass(frozen=True)
class Story:
    """A name, what is done, how it ends when nothing goes wrong, how buyers behave, and what they find in the shop.

    `end` is for each order, in the order of their keys: its status, what was paid, and what goes back.
    """

    name: str
    play: Callable[[Day], object]
    end: tuple[tuple[str, int, int], ...]
    at_the_prompt: str = "pay"
    with_the_card: str = "pay"
    stock: int = STOCK
    prepare: Callable[[Day], object] = lambda _: None


def _sent_and_given_back(day: Day, **payment: Any) -> None:
    number = day.outside.buy("first", **payment)
    if number is None or not day.comes_to(number, OrderStatus.PROCESSING):
        return
    if day.staff.ship(number) == 201:
        assert day.account(number).shipments, "staff were told of a parcel that is not there"
    carrier_reports(day.cloud, number, "delivered")
    if day.comes_to(number, OrderStatus.DELIVERED) and day.staff.give_back(number) == 201:
        assert day.account(number).refunds, "staff were told of a refund that is not there"


def _ordered_only(day: Day, **payment: Any) -> None:
    day.outside.buy("first", **payment)


def _others_were_faster(day: Day) -> None:
    day.comes_to(day.outside.buy("first"), OrderStatus.EXPIRED)
    day.outside.at_the_prompt = "pay"
    day.outside.buy("second")


def _with_codes(day: Day) -> None:
    publish(day.cloud.shop.database, day.cloud.shop.clock, voucher())
    day.notes["credit"] = give_credit(day.cloud.shop.database, 20_000)


def _bought_with_codes_and_cancelled(day: Day) -> None:
    number = day.outside.buy("first", voucher="KARIBU10", credit=day.notes["credit"])
    if number is not None and day.comes_to(number, OrderStatus.PROCESSING) and day.staff.cancel(number) == 200:
        assert day.account(number).order.status is OrderStatus.CANCELLED, "staff were told of a cancellation"


def _cancelled_then_paid(day: Day) -> None:
    number = day.outside.buy("first")
    day.cloud.run(timedelta(minutes=3))
    day.outside.at_the_prompt = "pay"
    if number is not None:
        day.outside.pay_again(number, "second")


STORIES = (
    Story("paid by M-Pesa, sent, given back", _sent_and_given_back, (("delivered", 180_000, 180_000),)),
    Story(
        "paid by card, sent, given back",
        lambda day: _sent_and_given_back(day, **CARD),
        (("delivered", 180_000, 180_000),),
    ),
    Story("nobody answers the prompt", _ordered_only, (("expired", 0, 0),), at_the_prompt="ignore"),
    Story(
        "nobody fills in the card form",
        lambda day: _ordered_only(day, **CARD),
        (("expired", 0, 0),),
        with_the_card="leave",
    ),
    Story(
        "the money comes when the goods are gone",
        _others_were_faster,
        (("expired", 0, 180_000), ("processing", 180_000, 0)),
        at_the_prompt="late",
        stock=1,
    ),
    Story(
        "the money comes late, and the goods are there",
        _ordered_only,
        (("processing", 180_000, 0),),
        at_the_prompt="late",
    ),
    Story(
        "paid with a voucher and a credit, and cancelled",
        _bought_with_codes_and_cancelled,
        (("cancelled", 145_000, 165_000),),
        prepare=_with_codes,
    ),
    Story(
        "the prompt is cancelled, then paid",
        _cancelled_then_paid,
        (("processing", 180_000, 0),),
        at_the_prompt="cancel",
    ),
)

BY_NAME = {story.name: story for story in STORIES}
