"""What happens in a shop on an ordinary day, told through its API and webhooks; chaos is added by the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from tests.support.cloud.outside import Outside

SKU = "LAP-1"
CARD: dict[str, Any] = {"payment": {"method": "card"}}
#: After this every check, refund and hold of a day has had its time.
A_WHILE = timedelta(minutes=45)


@dataclass(frozen=True)
class Story:
    """A name, how the buyer behaves, and what is done."""

    name: str
    play: Callable[[Outside], object]
    at_the_prompt: str = "pay"
    with_the_card: str = "pay"


def _buy(outside: Outside) -> None:
    outside.buy("first")


def _buy_by_card(outside: Outside) -> None:
    outside.buy("first", **CARD)


def _cancel_then_pay(outside: Outside) -> None:
    number = outside.buy("first")
    outside.cloud.run(timedelta(minutes=3))
    outside.at_the_prompt = "pay"
    if number is not None:
        outside.pay_again(number, "second")


def _buy_and_get_it_back(outside: Outside, **payment: Any) -> None:
    number = outside.buy("first", **payment)
    outside.cloud.run(A_WHILE)
    account = outside.cloud.shop.till.payments.account(number) if number else None
    if number is not None and account is not None and account.order.paid:
        # A person at the desk, who would do it again after an error: nothing goes wrong here.
        with outside.cloud.faults_off():
            wish = RefundWish(destination="original")
            refund_order(outside.cloud.shop.till, number, wish, key="back", by="staff", reason="a wish of the buyer")


STORIES = (
    Story("paid by M-Pesa", _buy),
    Story("nobody answers the prompt", _buy, at_the_prompt="ignore"),
    Story("the prompt is cancelled, then paid", _cancel_then_pay, at_the_prompt="cancel"),
    Story("M-Pesa books the money when the hold is gone", _buy, at_the_prompt="late"),
    Story("paid by card", _buy_by_card),
    Story("nobody fills in the card form", _buy_by_card, with_the_card="leave"),
    Story("paid by M-Pesa and given back", _buy_and_get_it_back),
    Story("paid by card and given back", lambda outside: _buy_and_get_it_back(outside, **CARD)),
)
