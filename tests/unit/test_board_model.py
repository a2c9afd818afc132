"""An order on the board: all of it, as it stands, and whether a person must look."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from commerce.board.model import BoardEntry, fold_email
from commerce.ordering.model import Order, OrderLine
from commerce.payments.model import Attempt, AttemptState, Refund, RefundState
from commerce.payments.store import Account
from tests.unit.orders import an_order
from tests.unit.test_payments_model import a_refund, an_attempt


def account(attempts: list[Attempt] | None = None, refunds: list[Refund] | None = None, **changes: Any) -> Account:
    order = an_order().model_copy(update=changes)
    tried = attempts or [an_attempt()]
    return Account(
        order=order.model_copy(update={"attempts": len(tried)}),
        attempts=dict(enumerate(tried, 1)),
        refunds=dict(enumerate(refunds or [], 1)),
    )


def attempt(state: str = "starting", **changes: Any) -> Attempt:
    return an_attempt(AttemptState(state)).model_copy(update=changes)


def with_terms(order: Order, **changes: Any) -> dict[str, Any]:
    return {"terms": order.terms.model_copy(update=changes)}


def test_all_of_an_order_is_shown() -> None:
    order = an_order()
    (line,) = order.terms.lines
    pen = OrderLine(**{**line.model_dump(), "sku": "PEN", "quantity": 3})
    customer = order.terms.customer.model_copy(update={"email": " Wanjiku@Example.COM "})
    changes = with_terms(
        order, customer=customer, lines=(line, pen), discount=11, rounding=-50, credit=40_000, voucher="KARIBU10"
    )
    paid = attempt("succeeded", method="card", refunded=700)
    stepped = order.step("OrderPaid", order.terms.placed_at.replace(hour=10), paid=140_000)
    shown = BoardEntry.of(account([paid], timeline=stepped.timeline, paid=140_000, credit_returned=55, **changes))
    assert shown.model_dump(mode="json") == {
        "number": "ABCDEFGHJK",
        "status": "pending_payment",
        "placed_at": "2026-11-22T09:00:00.000Z",
        "changed_at": "2026-11-22T10:00:00.000Z",
        "name": "Wanjiku Kamau",
        "email": "wanjiku@example.com",
        "phone": "+254712345678",
        "country": "KE",
        "city": "Nairobi",
        "zone": "nairobi_metro",
        "goods": "LAP-1 x 2, PEN x 3",
        "units": 5,
        "currency": "KES",
        "subtotal": 150_000,
        "discount": 11,
        "shipping": 30_000,
        "rounding": -50,
        "tax": 24_828,
        "total": 180_000,
        "credit": 40_000,
        "due": 140_000,
        "paid": 140_000,
        "refunded": 755,
        "voucher": "KARIBU10",
        "method": "card",
        "payment": "succeeded",
        "attention": False,
    }
    assert shown.month == "2026-11"


def test_what_went_back_of_every_attempt_is_one_sum() -> None:
    shown = BoardEntry.of(account([attempt("failed"), attempt("succeeded", refunded=30), attempt(refunded=12)]))
    assert shown.refunded == 42


@pytest.mark.parametrize(
    ("state", "changes", "looks"),
    [
        ("starting", {}, False),
        ("review", {}, True),
        ("succeeded", {}, False),
        ("succeeded", {"disputed": True}, True),
        ("failed", {"disputed": True}, True),
        ("unknown", {}, False),
        ("unknown", {"unresolved": True}, True),
        ("failed", {"unresolved": True}, False),
        ("succeeded", {"unresolved": True}, False),
    ],
)
def test_a_payment_that_a_person_must_look_at(state: str, changes: dict[str, Any], looks: bool) -> None:
    assert BoardEntry.of(account([attempt(state, **changes)])).attention is looks
    assert BoardEntry.of(account([attempt(state, **changes), attempt("succeeded")])).attention is looks


@pytest.mark.parametrize("state", RefundState)
def test_a_refund_that_failed_is_a_persons(state: RefundState) -> None:
    refunds = [a_refund(RefundState.SUCCEEDED), a_refund(state)]
    assert BoardEntry.of(account(refunds=refunds)).attention is (state is RefundState.FAILED)


@pytest.mark.parametrize(("dispute", "looks"), [("open", True), ("won", False), ("lost", False), (None, False)])
def test_an_open_dispute_is_a_persons(dispute: str | None, looks: bool) -> None:
    assert BoardEntry.of(account(dispute=dispute)).attention is looks


def test_an_address_is_compared_without_case_and_space() -> None:
    assert fold_email(" STRASSE@Example.com\n") == fold_email("straße@example.com") == "strasse@example.com"


def test_an_entry_never_changes_and_hides_its_buyer() -> None:
    shown = BoardEntry.of(account())
    with pytest.raises(ValidationError, match="frozen"):
        shown.number = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="surprise") as refused:
        BoardEntry.model_validate({**shown.model_dump(), "phone": {"private": "254712345678"}, "surprise": 1})
    assert "254712345678" not in str(refused.value)
