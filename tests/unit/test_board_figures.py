"""What an order's events add to the shop's figures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from commerce.board.figures import Figure, figures
from commerce.fulfilment.events import OrderCancelled
from commerce.kernel.events import Event, EventData
from commerce.kernel.money import Currency
from commerce.ordering.events import OrderedItem, OrderExpired, OrderPlaced
from commerce.ordering.returns import ReceivedLine
from commerce.payments.events import (
    DuplicatePaymentReceived,
    LatePaymentReceived,
    PaymentConfirmed,
    PaymentDisputed,
    PaymentFailed,
    PaymentHeldForReview,
    PaymentOutcomeUnknown,
    PaymentPrompted,
    PaymentUnresolved,
    RefundDue,
    RefundFailed,
    RefundFoundOutside,
    RefundRequested,
    RefundSettledByHand,
    RefundSucceeded,
)
from commerce.payments.model import Attempt, Refund
from commerce.payments.store import Account
from commerce.returns.events import ReturnReceived
from tests.unit.orders import PLACED_AT, an_order

NUMBER = "ABCDEFGHJK"
MPESA = {"method": "mpesa"}
KES_MPESA = {"currency": "KES", "method": "mpesa"}
DUE = RefundDue(number=1, attempt=1, amount=180_000, why="late")


def attempt(number: int, method: str) -> Attempt:
    return Attempt(
        order_number=NUMBER, number=number, key="key", fingerprint="print", method=method, amount=180_000,
        currency=Currency.KES, started_at=PLACED_AT,
    )  # fmt: skip


def refund(number: int, of: int | None) -> Refund:
    return Refund(
        order_number=NUMBER, number=number, attempt=of, reference=f"{NUMBER}-R{number}", amount=5_000,
        captured=180_000, currency=Currency.KES, phone=None, receipt=None, why="goodwill",
    )  # fmt: skip


def told(fact: EventData) -> list[tuple[str, int, dict[str, str]]]:
    """An order of two units, tried by M-Pesa and then by card; refund 1 is M-Pesa's, 2 the card's, 3 store credit."""
    account = Account(
        an_order().model_copy(update={"attempts": 2}),
        {1: attempt(1, "mpesa"), 2: attempt(2, "card")},
        {1: refund(1, 1), 2: refund(2, 2), 3: refund(3, None)},
    )
    event = Event.of(fact, subject=f"order/{NUMBER}", sequence="00000002", at=datetime(2026, 11, 22, tzinfo=UTC))
    return [(one.name, one.value, dict(one.dimensions)) for one in figures(event, account)]


def paid(kind: type[EventData], **more: Any) -> EventData:
    return kind(**{"order_number": NUMBER, "attempt": 1, "currency": "KES", "amount": 180_000, **more})


def refunded(kind: type[EventData], number: int = 1, **more: Any) -> EventData:
    return kind(**{"order_number": NUMBER, "number": number, "amount": 5_000, **more})


def of_attempt(kind: type[EventData], number: int = 1, **more: Any) -> EventData:
    return kind(**{"order_number": NUMBER, "attempt": number, **more})


STAFF: dict[str, Any] = {"by": "somebody", "reason": "goodwill"}


@pytest.mark.parametrize(
    ("fact", "figure"),
    [
        (paid(PaymentConfirmed), ("MoneyCaptured", 180_000, KES_MPESA)),
        (paid(LatePaymentReceived, refund=DUE), ("MoneyCaptured", 180_000, KES_MPESA)),
        (paid(DuplicatePaymentReceived, refund=DUE), ("MoneyCaptured", 180_000, KES_MPESA)),
        (refunded(RefundSucceeded), ("MoneyRefunded", 5_000, KES_MPESA)),
        (refunded(RefundSucceeded, 2), ("MoneyRefunded", 5_000, {"currency": "KES", "method": "card"})),
        (refunded(RefundSettledByHand, receipt="TKL1", **STAFF), ("MoneyRefunded", 5_000, KES_MPESA)),
        (refunded(RefundFoundOutside, attempt=1, receipt="re_1"), ("MoneyRefunded", 5_000, KES_MPESA)),
        (
            refunded(RefundFailed, code="1", reason="no_float"),
            ("RefundsFailed", 1, {"method": "mpesa", "reason": "no_float"}),
        ),
        (
            of_attempt(PaymentFailed, code="9999", reason="of a version to come"),
            ("PaymentsFailed", 1, {"method": "mpesa", "reason": "other"}),
        ),
        (of_attempt(PaymentFailed, 2, code="x", reason="declined"),
         ("PaymentsFailed", 1, {"method": "card", "reason": "declined"})),
        (of_attempt(PaymentPrompted), ("PromptsSent", 1, MPESA)),
        (of_attempt(PaymentOutcomeUnknown, detail="ReadTimeout"), ("OutcomesUnknown", 1, MPESA)),
        (of_attempt(PaymentUnresolved, detail="no answer"), ("PaymentsUnresolved", 1, MPESA)),
        (
            of_attempt(PaymentHeldForReview, amount_expected=180_000, amount_claimed=1),
            ("PaymentsHeldForReview", 1, MPESA),
        ),
        (of_attempt(PaymentDisputed, dispute="dp_1", amount=1, reason="fraudulent"), ("PaymentsDisputed", 1, MPESA)),
    ],
)  # fmt: skip
def test_money(fact: EventData, figure: tuple[str, int, dict[str, str]]) -> None:
    assert figure in told(fact)


def test_a_placed_order_holds_its_units() -> None:
    items = [OrderedItem(sku="LAP-1", quantity=2)]
    fact = OrderPlaced(
        order_number=NUMBER, attempt=1, method="mpesa", currency="KES", total=180_000, items=items, reserved_until="x"
    )
    assert told(fact) == [("OrdersPlaced", 1, {}), ("UnitsReserved", 2, {})]


def test_a_paid_order_is_money_and_units() -> None:
    assert told(paid(PaymentConfirmed)) == [
        ("OrdersPaid", 1, MPESA), ("MoneyCaptured", 180_000, KES_MPESA), ("UnitsSold", 2, {})
    ]  # fmt: skip


def test_an_order_paid_with_credit_alone_brings_no_money() -> None:
    fact = PaymentConfirmed(order_number=NUMBER, attempt=1, currency="KES", amount=0)
    assert told(fact) == [("OrdersPaid", 1, MPESA), ("UnitsSold", 2, {})]


def test_released_units() -> None:
    assert told(OrderExpired(order_number=NUMBER)) == [("OrdersExpired", 1, {}), ("UnitsReleased", 2, {})]
    cancelled = OrderCancelled(order_number=NUMBER, amount=700, currency="KES", credited=700, **STAFF)
    assert told(cancelled) == [
        ("OrdersCancelled", 1, {}), ("CreditGivenBack", 700, {"currency": "KES"}), ("UnitsReleased", 2, {})
    ]  # fmt: skip


def test_a_refund_to_credit_is_no_money() -> None:
    fact = refunded(RefundRequested, 3, currency="KES", credited=5_000, **STAFF)
    assert told(fact) == [("CreditGivenBack", 5_000, {"currency": "KES"})]


def test_returned_units_by_what_became_of_them() -> None:
    items = [
        ReceivedLine(sku="LAP-1", quantity=1, fate="restock"),
        ReceivedLine(sku="LAP-2", quantity=3, fate="write_off"),
        ReceivedLine(sku="LAP-3", quantity=1, fate="restock"),
    ]
    fact = ReturnReceived(order_number=NUMBER, return_number=1, items=items, amount=0, currency="KES", **STAFF)
    assert told(fact) == [
        ("UnitsReturned", 2, {"fate": "restock"}), ("UnitsReturned", 3, {"fate": "write_off"})
    ]  # fmt: skip


def test_what_adds_nothing() -> None:
    review = Event(
        id="x", type="ReviewWritten", subject="review/1", sequence="1", at="x", data={"order_number": NUMBER}
    )
    assert list(figures(review, Account(an_order(), {1: attempt(1, "mpesa")}, {}))) == []
    assert Figure("OrdersPlaced") == Figure("OrdersPlaced", 1, {})
