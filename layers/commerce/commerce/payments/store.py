"""Attempts, refunds and spent receipts: rows beside the order they belong to, and the guards of uniqueness."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from commerce.kernel.clock import from_text, to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.money import Currency
from commerce.kernel.tables import Database
from commerce.ordering.model import Order
from commerce.ordering.return_store import PREFIX as RETURN
from commerce.ordering.return_store import ReturnRow, to_return
from commerce.ordering.returns import Return
from commerce.ordering.shipment_store import PREFIX as SHIPMENT
from commerce.ordering.shipment_store import ShipmentRow, to_shipment
from commerce.ordering.shipments import Shipment
from commerce.ordering.store import OrderRow, to_order
from commerce.payments.model import Attempt, AttemptState, Refund, RefundLine, RefundState


class PaymentRow(Model):
    """An attempt (sk ``ATTEMPT#01``) or a refund (sk ``REFUND#01``) of the order in its partition."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    answered = UnicodeAttribute(null=True)
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    phone = UnicodeAttribute(null=True)
    key = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    method = UnicodeAttribute(null=True)
    started_at = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    handover = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    retry_not_before = UnicodeAttribute(null=True)
    receipt = UnicodeAttribute(null=True)
    recorded = NumberAttribute(null=True)
    unresolved = BooleanAttribute(null=True)
    refunded = NumberAttribute(null=True)
    disputed = BooleanAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)
    attempt = NumberAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    captured = NumberAttribute(null=True)
    why = UnicodeAttribute(null=True)
    destination = UnicodeAttribute(null=True)
    lines = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    credit_code = UnicodeAttribute(null=True)
    sent_as = UnicodeAttribute(null=True)
    refund_receipt = UnicodeAttribute(null=True)
    tries = NumberAttribute(null=True)


class ReceiptRow(Model):
    """A provider's receipt, spent once in the shop's life."""

    pk = UnicodeAttribute(hash_key=True)
    order_number = UnicodeAttribute()
    attempt = NumberAttribute()


class ReceiptTaken(Exception):
    """The receipt belongs to another payment."""


@dataclass(frozen=True, slots=True)
class Account:
    """An order with everything that happened to it, read at one moment; each kind by its number."""

    order: Order
    attempts: dict[int, Attempt]
    refunds: dict[int, Refund]
    shipments: dict[int, Shipment] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)

    @property
    def correlation_id(self) -> str | None:
        """Of the buyer's latest click: what happens to the order by itself follows from it."""
        latest = self.attempts.get(self.order.attempts)
        return latest.correlation_id if latest else None

    @property
    def in_review(self) -> bool:
        """Whether money of any attempt is being looked at; no further attempt may start meanwhile."""
        return any(attempt.state is AttemptState.REVIEW for attempt in self.attempts.values())

    @property
    def awaits_record(self) -> bool:
        """Whether the provider's own record may still decide about money under review; else a person has been told."""
        return any(
            attempt.state is AttemptState.REVIEW
            and attempt.recorded is None
            and attempt.receipt is not None
            and not (attempt.disputed or attempt.unresolved)
            for attempt in self.attempts.values()
        )

    @property
    def paying_attempt(self) -> Attempt | None:
        """The attempt whose money paid the order; None while none did."""
        astray = {refund.attempt for refund in self.refunds.values() if refund.why in _ASTRAY}
        paid = (one for one in self.attempts.values() if one.state is AttemptState.SUCCEEDED)
        return next((attempt for attempt in paid if attempt.number not in astray), None)

    @property
    def refundable_attempt(self) -> Attempt | None:
        """The attempt whose money staff may give back: what paid the order, else what came and did not suffice."""
        short = (one for one in self.attempts.values() if one.state is AttemptState.REVIEW and one.recorded)
        return self.paying_attempt or next(short, None)

    @property
    def units_paid_back(self) -> Counter[str]:
        """Units of each SKU whose price went back without their coming back: they are neither sent nor returned."""
        units: Counter[str] = Counter()
        for refund in self.refunds.values():
            if refund.why != "returned":
                units.update({line.sku: line.quantity for line in refund.lines})
        return units

    @property
    def shown_attempt(self) -> Attempt:
        """The attempt that tells how the order's payment stands: what paid it, what is looked at, or the latest."""
        reviewed = (attempt for attempt in self.attempts.values() if attempt.state is AttemptState.REVIEW)
        return self.paying_attempt or next(reviewed, self.attempts[self.order.attempts])


#: Refunds of money that came beside the order's payment, and never belonged to the order.
_ASTRAY = ("late", "duplicate")


class Payments:
    """Keeps attempts and refunds."""

    def __init__(self, database: Database) -> None:
        self._orders = database.bind(OrderRow, "orders")
        self.rows = database.bind(PaymentRow, "orders")
        self._shipments = database.bind(ShipmentRow, "orders")
        self._returns = database.bind(ReturnRow, "orders")
        self._receipts = database.bind(ReceiptRow, "guards")

    def account(self, number: str, *, consistent: bool = True) -> Account | None:
        """Read an order with all that is beside it in one query; None when there is no such order."""
        order: Order | None = None
        attempts: dict[int, Attempt] = {}
        refunds: dict[int, Refund] = {}
        shipments: dict[int, Shipment] = {}
        returns: dict[int, Return] = {}
        found = self._orders._get_connection().query(number, consistent_read=consistent)
        for raw in found["Items"]:
            kind = raw["sk"]["S"]
            if kind == "ORDER":
                order = to_order(self._orders.from_raw_data(raw))
            elif kind.startswith("ATTEMPT#"):
                attempt = to_attempt(self.rows.from_raw_data(raw))
                attempts[attempt.number] = attempt
            elif kind.startswith("REFUND#"):
                refund = _to_refund(self.rows.from_raw_data(raw))
                refunds[refund.number] = refund
            elif kind.startswith(SHIPMENT):
                shipment = to_shipment(self._shipments.from_raw_data(raw))
                shipments[shipment.number] = shipment
            elif kind.startswith(RETURN):
                asked = to_return(self._returns.from_raw_data(raw))
                returns[asked.number] = asked
        return None if order is None else Account(order, attempts, refunds, shipments, returns)

    def open_attempt(self, commit: Commit, attempt: Attempt) -> None:
        """Write a new attempt; fails the commit with StaleWrite when its number is taken."""
        row = self.rows(attempt.order_number, attempt_key(attempt.number))
        for name, value in _attempt_values(attempt).items():
            setattr(row, name, value)
        commit.put(row, when=self.rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(attempt.id))

    def change_attempt(self, commit: Commit, before: Attempt, after: Attempt) -> None:
        """Write what changed if the attempt is still in the state that was read; else StaleWrite.

        Where more is given back, the condition says that the sum stays within what was captured (promise 3).
        """
        condition = self.rows.state == before.state.value
        more = after.refunded - before.refunded
        actions = self._differences(_attempt_values(before), _attempt_values(after))
        if more:
            room = after.captured - more
            condition &= self.rows.refunded.does_not_exist() | (self.rows.refunded <= room)
            actions.append(self.rows.refunded.add(more))
        commit.update(
            self.rows(before.order_number, attempt_key(before.number)),
            actions=actions,
            when=condition,
            otherwise=lambda _: StaleWrite(before.id),
        )

    def open_refund(self, commit: Commit, refund: Refund) -> None:
        """Write a new refund; fails the commit with StaleWrite when its number is taken."""
        row = self.rows(refund.order_number, _refund_key(refund.number))
        for name, value in _refund_values(refund).items():
            setattr(row, name, value)
        commit.put(row, when=self.rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(refund.reference))

    def change_refund(self, commit: Commit, before: Refund, after: Refund) -> None:
        """Write what changed if the refund is still in the state that was read; else StaleWrite."""
        commit.update(
            self.rows(before.order_number, _refund_key(before.number)),
            actions=self._differences(_refund_values(before), _refund_values(after)),
            when=self.rows.state == before.state.value,
            otherwise=lambda _: StaleWrite(before.reference),
        )

    def order_of_receipt(self, method: str, receipt: str) -> tuple[str, int] | None:
        """Return the order number and attempt that a provider's receipt belongs to; None when it is not the shop's."""
        try:
            row = self._receipts.get(_receipt_key(method, receipt), consistent_read=True)
        except self._receipts.DoesNotExist:
            return None
        return row.order_number, int(row.attempt)

    def spend_receipt(self, commit: Commit, before: Attempt, after: Attempt) -> None:
        """Claim the receipt that an attempt gets, for good; fails the commit with ReceiptTaken (promise 3).

        Without a new receipt there is nothing to claim: the attempt's own transition happens once.
        """
        if after.receipt is None or after.receipt == before.receipt:
            return
        commit.put(
            self._receipts(
                _receipt_key(after.method, after.receipt),
                order_number=after.order_number,
                attempt=after.number,
            ),
            when=self._receipts.pk.does_not_exist(),
            otherwise=lambda _: ReceiptTaken(),
        )

    def _differences(self, before: dict[str, Any], after: dict[str, Any]) -> list[Action]:
        changed = {name: value for name, value in after.items() if value != before[name]}
        return [
            getattr(self.rows, name).remove() if value is None else getattr(self.rows, name).set(value)
            for name, value in changed.items()
        ]


def attempt_key(number: int) -> str:
    """Return the sort key of an attempt."""
    return f"ATTEMPT#{number:02d}"


def _refund_key(number: int) -> str:
    return f"REFUND#{number:02d}"


def _receipt_key(method: str, receipt: str) -> str:
    return f"RECEIPT#{method}#{receipt}"


def to_attempt(row: PaymentRow) -> Attempt:
    """Read an attempt from its row."""
    return Attempt(
        order_number=row.pk,
        number=int(row.sk.removeprefix("ATTEMPT#")),
        key=row.key,
        fingerprint=row.fingerprint,
        method=row.method,
        phone=row.phone,
        amount=int(row.amount),
        currency=Currency(row.currency),
        started_at=from_text(row.started_at),
        state=AttemptState(row.state),
        answered=AttemptState(row.answered) if row.answered else None,
        request_id=row.request_id,
        payment_id=row.payment_id,
        handover=json.loads(row.handover) if row.handover else None,
        code=row.code,
        reason=row.reason,
        retry_not_before=from_text(row.retry_not_before) if row.retry_not_before else None,
        receipt=row.receipt,
        recorded=None if row.recorded is None else int(row.recorded),
        refunded=int(row.refunded or 0),
        unresolved=bool(row.unresolved),
        disputed=bool(row.disputed),
        correlation_id=row.correlation_id,
    )


def _to_refund(row: PaymentRow) -> Refund:
    return Refund(
        order_number=row.pk,
        number=int(row.sk.removeprefix("REFUND#")),
        attempt=None if row.attempt is None else int(row.attempt),
        reference=row.reference,
        amount=int(row.amount),
        captured=int(row.captured),
        currency=Currency(row.currency),
        phone=row.phone,
        receipt=row.receipt,
        why=row.why,
        destination="credit" if row.destination == "credit" else "original",
        lines=tuple(
            RefundLine(sku=sku, quantity=quantity, amount=amount)
            for sku, quantity, amount in json.loads(row.lines or "[]")
        ),
        key=row.key,
        by=row.by,
        credit_code=row.credit_code,
        state=RefundState(row.state),
        sent_as=row.sent_as,
        refund_receipt=row.refund_receipt,
        code=row.code,
        reason=row.reason,
        tries=int(row.tries or 1),
    )


def _attempt_values(attempt: Attempt) -> dict[str, Any]:
    values = attempt.model_dump(exclude={"order_number", "number", "refunded"})
    retry = attempt.retry_not_before
    return values | {
        "state": attempt.state.value,
        "answered": attempt.answered.value if attempt.answered else None,
        "currency": attempt.currency.value,
        "started_at": to_text(attempt.started_at),
        "handover": json.dumps(attempt.handover, separators=(",", ":")) if attempt.handover else None,
        "retry_not_before": to_text(retry) if retry else None,
        "unresolved": True if attempt.unresolved else None,
        "disputed": True if attempt.disputed else None,
    }


def _refund_values(refund: Refund) -> dict[str, Any]:
    values = refund.model_dump(exclude={"order_number", "number"})
    lines = [(line.sku, line.quantity, line.amount) for line in refund.lines]
    return values | {
        "state": refund.state.value,
        "currency": refund.currency.value,
        "destination": None if refund.destination == "original" else refund.destination,
        "lines": json.dumps(lines, separators=(",", ":")) if lines else None,
        "tries": None if refund.tries == 1 else refund.tries,
    }
