"""What every record of the shop's models keeps to: it never changes, knows its members, and tells nobody what is in it.

The words and defaults below are in rows and events that are written already. They are said here once more on purpose:
a row of last year is read with them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from commerce.catalog.model import Category, Image, Variant
from commerce.customers.model import Cart, CartLine
from commerce.healing.model import Action, Case, Entry, Finding, Kind, State
from commerce.kernel.money import Currency
from commerce.ordering.model import Address, Customer, Delivery, Order, OrderStatus
from commerce.payments.model import Attempt, AttemptState, Refund, RefundLine, RefundState
from commerce.promotions.model import Voucher, VoucherKind
from commerce.reviews.model import Review, ReviewState, ReviewText, Summary
from commerce.security.model import SecurityFact
from commerce.shipping.model import ShippingConfig, Zone
from commerce.tax.model import TaxClass, TaxedAmounts, TaxRate, TaxRates

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
ADDRESS = {"line1": "Moi Avenue 1", "city": "Nairobi", "country": "KE"}
LINE = {
    "sku": "MUG",
    "name": "Mug",
    "quantity": 1,
    "stock_buckets": 1,
    "unit_price": 100,
    "total": 100,
    "tax": 14,
    "tax_class": "standard",
    "tax_rate": "16",
}
TERMS = {
    "currency": Currency.KES,
    "lines": (LINE,),
    "subtotal": 100,
    "shipping": 0,
    "rounding": 0,
    "tax": 14,
    "total": 100,
    "tax_record": (),
    "customer": {"name": "Wanjiku", "email": "wanjiku@example.com", "phone": "+254712345678"},
    "delivery": {"zone": "kenya", "label": "Kenya", "carrier": "G4S", "estimate": "3 days", "address": ADDRESS},
    "placed_at": AT,
    "first_reserved_until": AT,
}
FINDING = {"kind": Kind.STALE_BOARD, "sign": "behind", "about": "order/X", "title": "Behind", "detail": "It is."}
ATTEMPT = {
    "order_number": "ABCDEFGHJK",
    "number": 1,
    "key": "key",
    "fingerprint": "print",
    "method": "mpesa",
    "amount": 100,
    "currency": Currency.KES,
    "started_at": AT,
}
REFUND = {
    "order_number": "ABCDEFGHJK",
    "number": 1,
    "attempt": 1,
    "reference": "R",
    "amount": 100,
    "captured": 100,
    "currency": Currency.KES,
    "phone": None,
    "receipt": None,
    "why": "late",
}
ZONE = {
    "label": "Kenya",
    "carrier": "G4S",
    "estimate": "3 days",
    "tracked": False,
    "tax_class": TaxClass.STANDARD,
    "prices": {Currency.KES: 100},
}
RATE = {
    "tax_class": TaxClass.STANDARD,
    "letter": "B",
    "percent": Decimal(16),
    "valid_from": date(2020, 1, 1),
    "reference": "a law",
}

#: Each record as it was first written, with nothing said that has a default.
RECORDS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Category, {"slug": "mugs", "name": "Mugs"}),
    (Image, {"url": "/mug.svg", "alt": "A mug"}),
    (Variant, {"sku": "MUG", "name": "Mug", "prices": {Currency.KES: 100}, "weight_grams": 1}),
    (Address, ADDRESS),
    (Customer, TERMS["customer"]),  # type: ignore[list-item]
    (Delivery, TERMS["delivery"]),  # type: ignore[list-item]
    (
        Order,
        {
            "id": "id",
            "number": "ABCDEFGHJK",
            "fingerprint": "print",
            "terms": TERMS,
            "holds": {},
            "reserved_until": AT,
            "due_at": AT,
        },
    ),
    (Attempt, ATTEMPT),
    (RefundLine, {"sku": "MUG", "quantity": 1, "amount": 100}),
    (Refund, REFUND),
    (Voucher, {"code": "KARIBU10", "description": "Ten", "kind": VoucherKind.PERCENT, "percent": 10}),
    (ReviewText, {"rating": 5, "title": "Good", "text": "Good."}),
    (
        Review,
        {
            "slug": "mug",
            "token": "t",
            "order_number": "ABCDEFGHJK",
            "rating": 5,
            "title": "Good",
            "text": "Good.",
            "author": "Ann",
            "at": AT,
        },
    ),
    (Summary, {}),
    (Finding, FINDING),
    (Entry, {"at": "2026-11-22T09:00:00.000Z", "what": "found", "by": "shop"}),
    (Case, {"id": "c", "finding": FINDING, "action": Action.REQUEUE, "opened_at": AT}),
    (SecurityFact, {"kind": "token_refused", "at": 1.7e9, "detail": "expired"}),
    (Zone, ZONE),
    (ShippingConfig, {"zones": {"kenya": ZONE}}),
    (TaxRate, RATE),
    (TaxRates, {"rates": (RATE,)}),
    (TaxedAmounts, {"taxable": 86, "tax": 14, "total": 100}),
    (CartLine, {"sku": "MUG", "quantity": 1}),
    (Cart, {"items": [], "currency": Currency.KES}),
]
#: What a device saved with an older page may hold more.
LENIENT = {Cart, CartLine}
NAMES = [record.__name__ for record, _ in RECORDS]


def made(record: type[BaseModel], members: dict[str, Any]) -> BaseModel:
    return record.model_validate(members, strict=False)


@pytest.mark.parametrize(("record", "members"), RECORDS, ids=NAMES)
def test_a_record_never_changes(record: type[BaseModel], members: dict[str, Any]) -> None:
    whole = made(record, members)
    name = next(iter(record.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(whole, name, getattr(whole, name))


@pytest.mark.parametrize(("record", "members"), RECORDS, ids=NAMES)
def test_a_member_that_nobody_knows_is_refused(record: type[BaseModel], members: dict[str, Any]) -> None:
    if record in LENIENT:
        assert made(record, {**members, "surprise": 1}) == made(record, members)
        return
    with pytest.raises(ValidationError, match="surprise"):
        made(record, {**members, "surprise": 1})


@pytest.mark.parametrize(
    ("record", "members"),
    [pair for pair in RECORDS if pair[0].__module__.split(".")[1] not in ("catalog", "tax", "shipping", "promotions")],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_be_read_is_not_repeated(record: type[BaseModel], members: dict[str, Any]) -> None:
    """These hold what belongs to a person; an error goes to the log."""
    with pytest.raises(ValidationError) as refused:
        made(record, {**members, next(iter(record.model_fields)): {"private": "254712345678"}})
    assert "254712345678" not in str(refused.value)


@pytest.mark.parametrize(
    ("record", "members", "name", "loose"),
    [
        (Variant, RECORDS[2][1], "weight_grams", "1"),
        (CartLine, {"sku": "MUG"}, "quantity", "1"),
        (SecurityFact, {"kind": "token_refused", "detail": "expired"}, "at", "1700000000"),
        (Voucher, RECORDS[10][1], "percent", "10"),
        (Zone, ZONE, "tracked", "no"),
        (TaxedAmounts, {"taxable": 86, "tax": 14}, "total", "100"),
    ],
)
def test_a_number_is_no_text_to_who_writes_to_the_shop(
    record: type[BaseModel], members: dict[str, Any], name: str, loose: str
) -> None:
    with pytest.raises(ValidationError, match=name):
        record.model_validate({**members, name: loose})


#: What is left out of a row that has it.
DEFAULTS: dict[type[BaseModel], dict[str, Any]] = {
    Variant: {"attributes": {}, "stock_buckets": 1},
    Address: {"line2": None, "region": None, "postcode": None},
    Order: {
        "status": "pending_payment",
        "version": 1,
        "attempts": 1,
        "live_attempt": 1,
        "paid": 0,
        "refunds": 0,
        "redemption": None,
        "credit_id": None,
        "credit_returned": 0,
        "dispute": None,
        "timeline": (),
        "head": None,
    },
    Attempt: {
        "phone": None,
        "state": "starting",
        "answered": None,
        "request_id": None,
        "payment_id": None,
        "handover": None,
        "code": None,
        "reason": None,
        "retry_not_before": None,
        "receipt": None,
        "recorded": None,
        "refunded": 0,
        "unresolved": False,
        "disputed": False,
        "correlation_id": None,
    },
    Refund: {
        "destination": "original",
        "lines": (),
        "key": None,
        "by": None,
        "credit_code": None,
        "state": "requested",
        "sent_as": None,
        "refund_receipt": None,
        "code": None,
        "reason": None,
        "tries": 1,
    },
    Voucher: {
        "amounts": {},
        "currencies": (),
        "minimum_spend": {},
        "valid_from": None,
        "valid_until": None,
        "first_order_only": False,
        "categories": (),
        "total_limit": None,
        "per_customer_limit": None,
        "shards": 1,
        "active": True,
    },
    ReviewText: {"author": None},
    Review: {"state": "pending", "version": 1},
    Summary: {"count": 0, "total": 0},
    Finding: {"order_number": None, "facts": {}, "body": None, "queue": None, "letter": None, "received_at": None},
    Entry: {"before": {}, "after": {}},
    Case: {
        "state": "open",
        "proposed_by": "rules",
        "version": 1,
        "look_at": None,
        "busy_until": None,
        "tries": 0,
        "approvals": 0,
        "approved": False,
        "history": (),
    },
    SecurityFact: {
        "who": None,
        "subject": None,
        "route": None,
        "source": None,
        "request": None,
        "suppressed": None,
        "correlation_id": None,
        "body": None,
        "body_sha256": None,
    },
    Zone: {"free_from": {}, "countries": frozenset(), "not_countries": frozenset()},
    TaxRate: {"valid_until": None},
}


@pytest.mark.parametrize(("record", "members"), RECORDS, ids=NAMES)
def test_what_a_row_does_not_say_is_what_it_always_was(record: type[BaseModel], members: dict[str, Any]) -> None:
    whole = made(record, members)
    assert {name: getattr(whole, name) for name in record.model_fields if name not in members} == DEFAULTS.get(
        record, {}
    )


def test_terms_of_an_order_without_voucher_or_credit() -> None:
    order = Order.model_validate(next(members for record, members in RECORDS if record is Order))
    assert (order.terms.discount, order.terms.shipping_discount, order.terms.credit) == (0, 0, 0)
    assert order.terms.voucher is None
    assert order.terms.lines[0].discount == 0


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (OrderStatus, "pending_payment processing shipped in_transit delivered cancelled expired"),
        (AttemptState, "starting prompted unknown failed succeeded review"),
        (RefundState, "requested sent succeeded failed"),
        (VoucherKind, "percent fixed free_shipping"),
        (ReviewState, "pending approved rejected"),
        (State, "open proposed for_person healed dismissed"),
        (Action, "re_verify reserve_again requeue release refund rebuild_board hand_over"),
        (
            Kind,
            "dead_letter stuck_payment unknown_outcome payment_under_review stuck_refund failed_refund stale_board "
            "unsent_mail undelivered_event orphaned_hold stock_mismatch unmatched_money overdue_order broken_audit",
        ),
        (TaxClass, "standard zero exempt reduced"),
        (Currency, "KES USD"),
    ],
)
def test_words_that_are_stored(states: type[StrEnum], words: str) -> None:
    assert [str(state) for state in states] == words.split()
