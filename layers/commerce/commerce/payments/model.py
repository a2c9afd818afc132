"""A payment attempt and a refund: what may happen to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

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
    """One try to collect an order's total from one phone.

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
    retry_not_before
        A further attempt must wait until then.
    receipt
        The provider's receipt as claimed by its callback.
    recorded
        Minor units that the provider's own record shows, once it was asked because a callback claimed another amount.
    disputed
        A callback contradicted what is known; a person has been told.
    unresolved
        Every scheduled check went by without an answer: a person has been told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    order_number: str
    number: int
    key: str
    fingerprint: str
    method: str
    phone: str
    amount: int
    currency: Currency
    started_at: datetime
    state: AttemptState = AttemptState.STARTING
    answered: AttemptState | None = None
    merchant_request_id: str | None = None
    checkout_request_id: str | None = None
    code: str | None = None
    reason: str | None = None
    retry_not_before: datetime | None = None
    receipt: str | None = None
    recorded: int | None = None
    unresolved: bool = False
    disputed: bool = False

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
    def references(self) -> References:
        """The provider's names for it, as far as known."""
        return References(self.merchant_request_id, self.checkout_request_id)

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
                "merchant_request_id": self.merchant_request_id or references.merchant_request_id,
                "checkout_request_id": self.checkout_request_id or references.checkout_request_id,
            }
        )


class RefundState(StrEnum):
    """Where a refund stands. REQUESTED and SENT are under way; FAILED is a person's work."""

    REQUESTED = "requested"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


REFUND_TRANSITIONS: dict[RefundState, frozenset[RefundState]] = {
    RefundState.REQUESTED: frozenset({RefundState.SENT, RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SENT: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SUCCEEDED: frozenset(),
    RefundState.FAILED: frozenset({RefundState.SUCCEEDED}),
}


class Refund(BaseModel):
    """Money on its way back to the buyer of one attempt.

    Parameters
    ----------
    reference
        The shop's name for it, the same on every try: the provider's idempotency key where it has one.
    amount, captured
        Minor units to give back, and what the attempt had captured.
    why
        ``late`` (paid after the hold was released and the stock sold), ``duplicate`` (the order was paid already),
        ``overpaid`` (more than was asked).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    order_number: str
    attempt: int
    reference: str
    amount: int
    captured: int
    currency: Currency
    phone: str
    receipt: str | None
    why: str
    state: RefundState = RefundState.REQUESTED
    conversation_id: str | None = None
    refund_receipt: str | None = None
    code: str | None = None

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
