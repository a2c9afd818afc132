"""A card provider that keeps the truth, as Stripe would: intents, refunds made by anybody, disputes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from commerce.payments.port import (
    DisputeEntry,
    Doubtful,
    LookUpOutcome,
    LookUpRequest,
    OutcomeUnknown,
    Paid,
    PaymentRecord,
    Pending,
    Prompted,
    RecordRequest,
    References,
    RefundAccepted,
    RefundDone,
    RefundEntry,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
    Refused,
    StartOutcome,
    StartRequest,
    Statement,
)
from commerce.payments.providers.stripe.registration import CAPABILITIES

Status = Literal["waiting", "processing", "succeeded", "canceled"]


def intent_id(name: str) -> str:
    """Return the id of the intent of an attempt by that name. As in all ids of Stripe, no dash is in it."""
    return f"pi_{_plain(name)}"


def charge_id(name: str) -> str:
    """Return the id of the charge of an attempt by that name, which is its receipt."""
    return f"ch_{intent_id(name)}"


def _plain(name: str) -> str:
    return name.replace("-", "_")


@dataclass
class Intent:
    """One payment as the provider knows it: `captured` in minor units once it succeeded."""

    request: StartRequest
    id: str
    status: Status = "waiting"
    captured: int = 0
    doubt: str | None = None

    @property
    def charge(self) -> str:
        """The receipt this payment has or would have."""
        return charge_id(self.request.name)


@dataclass
class Card:
    """A provider with a memory. `answers` says how it answers: ``ok``, ``lost`` (done, unheard) or ``down``."""

    name: str = "stripe"
    capabilities = CAPABILITIES
    answers: str = "ok"
    refund_state: Literal["pending", "succeeded", "failed"] = "succeeded"
    intents: dict[str, Intent] = field(default_factory=dict)
    refunds: dict[str, list[RefundEntry]] = field(default_factory=dict)
    disputes: dict[str, DisputeEntry] = field(default_factory=dict)
    started: list[StartRequest] = field(default_factory=list)

    def start(self, request: StartRequest) -> StartOutcome:
        self.started.append(request)
        if self.answers == "down":
            return OutcomeUnknown("HTTP 503")
        intent = self.intents.setdefault(request.name, Intent(request, intent_id(request.name)))
        assert intent.request == request, "an attempt is always the same request"
        if self.answers == "lost":
            return OutcomeUnknown("read time-out")
        secret = {"client_secret": f"{intent.id}_secret", "publishable_key": "pk_test"}
        return Prompted(References(None, intent.id), secret)

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        intent = self.intents.get(request.start.name)
        if self.answers == "down" or intent is None:
            return Pending("HTTP 503")
        if intent.doubt:
            return Doubtful(intent.doubt)
        match intent.status:
            case "succeeded":
                return Paid(intent.charge, intent.captured)
            case "canceled":
                return Refused("canceled", "cancelled")
            case status:
                return Pending(status, awaiting_buyer=status == "waiting")

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        intent = self.intents.get(request.start.name)
        if self.answers != "down" and intent is not None and intent.status == "waiting":
            intent.status = "canceled"
        return self.look_up(request)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        if self.answers == "down":
            return RefundUnknown("HTTP 503")
        assert request.receipt is not None
        made = self.refunds.setdefault(request.receipt, [])
        entry = next((one for one in made if one.reference == request.reference), None)
        if entry is None and request.amount.amount > self._left(request.receipt, outside_too=True):
            assert request.amount.amount <= self._left(request.receipt), "the shop itself gives back more than came"
            return RefundImpossible("charge_already_refunded", "already_refunded", frozenset({request.reference}))
        if entry is None:
            id_here = f"re_{_plain(request.reference)}"
            entry = RefundEntry(id_here, request.reference, request.amount.amount, self.refund_state)
            made.append(entry)
        if entry.state == "failed":
            return RefundImpossible("failed", "expired_card", frozenset({entry.id}))
        return RefundDone(entry.id) if entry.state == "succeeded" else RefundAccepted(entry.id)

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        return RefundUnknown("nobody reports here")

    def ask_for_record(self, request: RecordRequest) -> bool:
        return False

    def read_record(self, body: str) -> PaymentRecord | None:
        return None

    def statement(self, receipt: str) -> Statement | None:
        if self.answers == "down":
            return None
        captured = next(intent.captured for intent in self.intents.values() if intent.charge == receipt)
        return Statement(captured, tuple(self.refunds.get(receipt, ())), self.disputes.get(receipt))

    def pay(self, name: str, *, amount: int | None = None) -> str:
        """Let the buyer's card be charged; return the receipt."""
        intent = self.intents[name]
        assert intent.status in ("waiting", "processing"), f"{name} cannot be paid any more"
        intent.status, intent.captured = "succeeded", intent.request.amount.amount if amount is None else amount
        return intent.charge

    def give_back_outside(self, receipt: str, amount: int) -> None:
        """Refund from the provider's own pages."""
        made = self.refunds.setdefault(receipt, [])
        assert amount <= self._left(receipt, outside_too=True)
        made.append(RefundEntry(f"re_{receipt}_{len(made)}", None, amount, "succeeded"))

    def _left(self, receipt: str, *, outside_too: bool = False) -> int:
        """Return what was captured and not given back, by the shop or by anybody."""
        captured = next(intent.captured for intent in self.intents.values() if intent.charge == receipt)
        made = [entry for entry in self.refunds[receipt] if outside_too or entry.reference is not None]
        return captured - sum(entry.amount for entry in made if entry.state != "failed")
