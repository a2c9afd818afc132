"""A provider whose every call is noted: how it came out and how long it took. It changes no answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from commerce.payments.port import (
    Doubtful,
    LookUpOutcome,
    LookUpRequest,
    OutcomeUnknown,
    PaymentProvider,
    PaymentRecord,
    Pending,
    RecordRequest,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
    Refused,
    StartOutcome,
    StartRequest,
    Statement,
)

#: Takes note of one call: the provider's name, the operation, how it came out, and the seconds it took.
Observe = Callable[[str, str, str, float], None]
T = TypeVar("T")

#: How calls come out that the provider, or the way to it, failed at: what its error rate counts.
FAULTS = frozenset({"unknown", "failed", "raised"})
#: Refusals that are no buyer's doing.
_NOT_THE_BUYERS = frozenset({"provider_unavailable", "shop_misconfigured"})


class WatchedProvider:
    """The provider `inner`, with `observe` told of each call that leaves the shop."""

    def __init__(self, inner: PaymentProvider, observe: Observe) -> None:
        self.inner = inner
        self.name = inner.name
        self.capabilities = inner.capabilities
        self._observe = observe

    def start(self, request: StartRequest) -> StartOutcome:
        """Ask the buyer to pay."""
        return self._watched("start", lambda: self.inner.start(request))

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        """Ask the provider what became of an attempt."""
        return self._watched("look_up", lambda: self.inner.look_up(request))

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        """End a payment that the buyer has not made."""
        return self._watched("cancel", lambda: self.inner.cancel(request))

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back."""
        return self._watched("refund", lambda: self.inner.refund(request))

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        """Return what a report posted about a refund means; nobody is asked."""
        return self.inner.interpret_refund(body, timed_out=timed_out)

    def ask_for_record(self, request: RecordRequest) -> bool:
        """Ask for the record of a receipt."""
        return self._watched("ask_for_record", lambda: self.inner.ask_for_record(request))

    def read_record(self, body: str) -> PaymentRecord | None:
        """Return the record that a posted answer holds; nobody is asked."""
        return self.inner.read_record(body)

    def statement(self, receipt: str) -> Statement | None:
        """Return the provider's books of a captured payment."""
        return self._watched("statement", lambda: self.inner.statement(receipt))

    def _watched(self, operation: str, call: Callable[[], T]) -> T:
        began, outcome = time.monotonic(), "raised"
        try:
            answer = call()
            outcome = outcome_class(operation, answer)
            return answer
        finally:
            self._observe(self.name, operation, outcome, time.monotonic() - began)


def outcome_class(operation: str, answer: object) -> str:
    """Return how a call came out, in one of a few words: ok, refused, pending, doubtful, or one of `FAULTS`.

    Of a look-up, a refusal is the answer, whatever it says of the payment.
    """
    match answer:
        case Refused(reason=reason) | RefundImpossible(reason=reason):
            return "failed" if operation in ("start", "refund") and reason in _NOT_THE_BUYERS else "refused"
        case OutcomeUnknown() | RefundUnknown():
            return "unknown"
        case Pending(failed=failed):
            return "failed" if failed else "pending"
        case Doubtful():
            return "doubtful"
        case None | False:
            return "failed"
    return "ok"
