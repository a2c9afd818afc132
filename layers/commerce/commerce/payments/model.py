"""A payment attempt and a refund: what may happen to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from commerce.kernel.errors import Conflict
from commerce.kernel.money import Currency, Money
from commerce.payments.port import References


class AttemptState(StrEnum):
    """Where an attempt stands. STARTING, PROMPTED and UNKNOWN are live: money may still come of them."""

    STARTING = "starting"
    PROMPTED = "prompted"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    REVIEW = "review"


LIVE = frozenset({AttemptState.STARTING, AttemptState.PROMPTED, AttemptState.UNKNOWN})

#: An unknown attempt may turn out to be prompted: a check can overtake a slow answer to the push.
#: A failed attempt may still succeed: confirmed money wins over any failure code. A review ends when the provider's
#: own record shows the full amount, and begins when that record shows less than was confirmed.
ATTEMPT_TRANSITIONS: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.STARTING: frozenset(AttemptState) - {AttemptState.STARTING},
    AttemptState.PROMPTED: frozenset(
        {AttemptState.UNKNOWN, AttemptState.FAILED, AttemptState.SUCCEEDED, AttemptState.REVIEW}
    ),
    AttemptState.UNKNOWN: frozenset(
        {AttemptState.PROMPTED, AttemptState.FAILED, AttemptState.SUCCEEDED, AttemptState.REVIEW}
    ),
    AttemptState.FAILED: frozenset({AttemptState.SUCCEEDED, AttemptState.REVIEW}),
    AttemptState.SUCCEEDED: frozenset({AttemptState.REVIEW}),
    AttemptState.REVIEW: frozenset({AttemptState.SUCCEEDED}),
}


class ForbiddenAttemptTransition(RuntimeError):
    """Code asked for a transition that the table does not hold."""


class Attempt(BaseModel):
    """One try to collect what an order costs.

    Parameters
    ----------
    key
        The request that asked for this attempt: a retry with the same Idempotency-Key finds it.
    amount
        Minor units; it binds what is owed, for the provider's own look-up may not tell it.
    answered
        How the push went, which is what the buyer was told: replays of the request say it again.
    code, reason
        The provider's code, and the stable reason of a failure.
    handover
        What the buyer's client needs to pay with the provider itself; only the one who placed the order is given it.
    retry_not_before
        A further attempt must wait until then.
    receipt
        The provider's receipt: told by itself, or as claimed by its callback.
    recorded
        Minor units that the provider itself says were captured, where it tells.
    refunded
        Minor units that are given back or on their way; never more than was captured (one condition of the commit).
    disputed
        A callback contradicted what is known; a person has been told.
    unresolved
        Every scheduled check went by without an answer: a person has been told.
    correlation_id
        Of the click that started it: what a provider calls back about names no click by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    order_number: str
    number: int
    key: str
    fingerprint: str
    method: str
    phone: str | None = None
    amount: int
    currency: Currency
    started_at: datetime
    state: AttemptState = AttemptState.STARTING
    answered: AttemptState | None = None
    request_id: str | None = None
    payment_id: str | None = None
    handover: dict[str, str] | None = None
    code: str | None = None
    reason: str | None = None
    retry_not_before: datetime | None = None
    receipt: str | None = None
    recorded: int | None = None
    refunded: int = 0
    unresolved: bool = False
    disputed: bool = False
    correlation_id: str | None = None

    @property
    def id(self) -> str:
        """The attempt's public name."""
        return f"{self.order_number}-{self.number}"

    @property
    def live(self) -> bool:
        """Whether money may still come of it without anybody starting anything."""
        return self.state in LIVE

    @property
    def money(self) -> Money:
        """What it collects."""
        return Money(self.amount, self.currency)

    @property
    def captured(self) -> int:
        """Minor units that came: what the provider says, else what was asked for; under review only what it says."""
        if self.state is AttemptState.SUCCEEDED:
            return self.amount if self.recorded is None else self.recorded
        return self.recorded or 0 if self.state is AttemptState.REVIEW else 0

    @property
    def references(self) -> References:
        """The provider's names for it, as far as known."""
        return References(self.request_id, self.payment_id)

    def giving_back(self, amount: int) -> Attempt:
        """Return the attempt with `amount` (minor units) more on its way back to the buyer.

        Raises
        ------
        RefundTooLarge
            When that would be more than was captured.
        """
        if amount < 0 or self.refunded + amount > self.captured:
            left = Money(self.captured - self.refunded, self.currency)
            raise RefundTooLarge(f"Of this payment {left} can still be given back.", field="amount")
        return self.model_copy(update={"refunded": self.refunded + amount})

    def to(self, state: AttemptState, **changes: object) -> Attempt:
        """Return the attempt in another state.

        Raises
        ------
        ForbiddenAttemptTransition
            When the table of transitions does not allow it.
        """
        if state not in ATTEMPT_TRANSITIONS[self.state]:
            raise ForbiddenAttemptTransition(f"an attempt cannot go from {self.state} to {state}")
        return self.model_copy(update={**changes, "state": state})

    def knowing(self, references: References) -> Attempt:
        """Return the attempt with a provider's names for it; names already known stay."""
        return self.model_copy(
            update={
                "request_id": self.request_id or references.request_id,
                "payment_id": self.payment_id or references.payment_id,
            }
        )


#: Refunds of one order that somebody decides on: their sort keys have two digits, so that they are read in order. The
#: few that the shop owes by itself beyond that are never refused: a callback's token counts to 255.
MOST_REFUNDS = 99


class TooManyRefunds(Conflict):
    """An order has had as many refunds as anybody may open."""


class RefundTooLarge(Conflict):
    """More would be given back than was captured."""


class RefundState(StrEnum):
    """Where a refund stands. REQUESTED and SENT are under way; FAILED is a person's work, who may start it again."""

    REQUESTED = "requested"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


#: Money that the provider sent back may still come home to the shop, as to a card that was closed: then it failed.
REFUND_TRANSITIONS: dict[RefundState, frozenset[RefundState]] = {
    RefundState.REQUESTED: frozenset({RefundState.SENT, RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SENT: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SUCCEEDED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset({RefundState.SUCCEEDED, RefundState.REQUESTED}),
}


class RefundLine(BaseModel):
    """Units of one SKU that a refund is for, and what of it is given back for them (minor units)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sku: str
    quantity: int
    amount: int


class Refund(BaseModel):
    """Something on its way back to the buyer of an order: money of one attempt, or store credit.

    Parameters
    ----------
    number
        Counts the order's refunds.
    attempt
        The attempt whose money it is; None where only spent store credit is given back.
    reference
        The shop's name for it, the same on every try: the provider's idempotency key where it has one.
    amount, captured
        Minor units to give back, and what the attempt had captured.
    why
        ``late`` (paid after the hold was released and the stock sold), ``duplicate`` (the order was paid already),
        ``overpaid`` (more than was asked), ``cancelled``, ``returned``, ``goodwill`` (staff decided it), ``outside``
        (made at the provider, beside the shop).
    destination
        ``original``: the way it came. ``credit``: as store credit, done in the same commit.
    lines
        Which goods it is for, where it is for goods.
    key, by
        The request that asked for it (a repeat finds it), and the member of staff who did.
    credit_code
        The code of the store credit it became.
    sent_as
        The provider's name for it, once it took the request.
    code, reason
        The provider's code of a failure, and which of `REFUND_REASONS` it is.
    tries
        How often it was started; a payout that certainly failed gets a new reference for the next.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    order_number: str
    number: int
    attempt: int | None
    reference: str
    amount: int
    captured: int
    currency: Currency
    phone: str | None
    receipt: str | None
    why: str
    destination: Literal["original", "credit"] = "original"
    lines: tuple[RefundLine, ...] = ()
    key: str | None = None
    by: str | None = None
    credit_code: str | None = None
    state: RefundState = RefundState.REQUESTED
    sent_as: str | None = None
    refund_receipt: str | None = None
    code: str | None = None
    reason: str | None = None
    tries: int = 1

    @property
    def open(self) -> bool:
        """Whether the machine still works on it."""
        return self.state in (RefundState.REQUESTED, RefundState.SENT)

    def to(self, state: RefundState, **changes: object) -> Refund:
        """Return the refund in another state.

        Raises
        ------
        ForbiddenAttemptTransition
            When the table of transitions does not allow it.
        """
        if state not in REFUND_TRANSITIONS[self.state]:
            raise ForbiddenAttemptTransition(f"a refund cannot go from {self.state} to {state}")
        return self.model_copy(update={**changes, "state": state})
