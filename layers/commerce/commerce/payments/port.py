"""What the shop asks of a payment provider. Every provider answers in these words, whatever its wire looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from commerce.kernel.money import Money


@dataclass(frozen=True, slots=True)
class References:
    """The names a provider gave to one attempt; opaque text, personal data (M-Pesa's holds the phone number)."""

    merchant_request_id: str | None = field(default=None, repr=False)
    checkout_request_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """One push to a buyer: what to charge, whom, and where the provider reports to."""

    order_number: str
    attempt: int
    amount: Money
    phone: str = field(repr=False)
    callback_url: str = field(repr=False)
    description: str


@dataclass(frozen=True, slots=True)
class Prompted:
    """The provider took the request. This is not money."""

    references: References


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider certainly did not take the request, or certainly ended the payment: no money moved.

    Parameters
    ----------
    code
        The provider's own code, kept for the record.
    reason
        One of the stable reasons of `REASONS`; the buyer's message follows from it.
    retry_after_seconds
        How long another attempt must wait (M-Pesa code 17: 120 s).
    """

    code: str
    reason: str
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """Nobody can say whether the provider took the request. It must never be sent again blindly."""

    detail: str


StartOutcome = Prompted | Refused | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Paid:
    """The provider itself confirms the money."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider is not done, could not be reached, or answered something not known to be final: ask again."""

    detail: str


LookUpOutcome = Paid | Refused | Pending


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to give back. `reference` is the shop's own name for this refund and its idempotency key.

    A repeat must be the very same request: one that has learnt a receipt meanwhile would go another way and pay twice.

    Parameters
    ----------
    receipt
        The provider's receipt of the captured payment, where the shop knows it.
    captured
        What that payment brought; a refund of less than this is partial.
    """

    order_number: str
    reference: str
    receipt: str | None
    amount: Money
    captured: Money
    phone: str = field(repr=False)
    result_url: str = field(repr=False)
    timeout_url: str = field(repr=False)
    remarks: str


@dataclass(frozen=True, slots=True)
class RefundAccepted:
    """The provider took the request; the result comes later."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class RefundDone:
    """The money is back with the buyer (also when an earlier try had done it already)."""

    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class RefundImpossible:
    """The provider will never do this refund as asked; a person must (or another way)."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefundUnknown:
    """Nobody can say; asking again with the same reference is safe."""

    detail: str


RefundOutcome = RefundAccepted | RefundDone | RefundImpossible | RefundUnknown


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """A question for the provider's own record of a receipt; the answer is posted to `result_url`."""

    receipt: str
    result_url: str = field(repr=False)
    timeout_url: str = field(repr=False)
    remarks: str


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """The provider's own record of a payment: the only proof of an amount.

    Parameters
    ----------
    amount
        Minor units that moved.
    payer
        The payer's number in international digits where the record shows it in full, else None.
    """

    receipt: str
    amount: int
    payer: str | None = field(default=None, repr=False)


#: The code with which callbacks claim success.
SUCCESS_CODE = "0"


@dataclass(frozen=True, slots=True)
class PaymentClaim:
    """What a callback says happened. A hint, never a fact (promise 4).

    Parameters
    ----------
    code
        The provider's result code as text, whatever its JSON type was.
    amount
        Minor units claimed, or None.
    receipt
        The receipt claimed, or None.
    """

    references: References
    code: str
    receipt: str | None = None
    amount: int | None = None

    @property
    def of_success(self) -> bool:
        """Whether it claims that money moved; only then its receipt and amount mean anything."""
        return self.code == SUCCESS_CODE


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do, so that the shop offers only that."""

    currencies: frozenset[str]
    minimum: Money
    maximum: Money
    whole_units_only: bool = False
    partial_refunds: bool = False
    methods: frozenset[str] = field(default_factory=frozenset)


class PaymentProvider(Protocol):
    """A way to take money. Implementations never raise for what a provider or network can do to them."""

    name: str
    capabilities: Capabilities

    def start(self, request: StartRequest) -> StartOutcome:
        """Ask the buyer to pay."""
        ...

    def look_up(self, references: References) -> LookUpOutcome:
        """Ask the provider what became of an attempt."""
        ...

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back; safe to repeat with the same reference."""
        ...

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        """Return what a report posted about a refund means."""
        ...

    def ask_for_record(self, request: RecordRequest) -> bool:
        """Ask for the record of a receipt; False when the question was not taken and may be asked again."""
        ...

    def read_record(self, body: str) -> PaymentRecord | None:
        """Return the record that a posted answer holds; None when it holds none."""
        ...


#: Why a payment did not happen, in words that outlive a provider's codes, with what to tell the buyer.
REASONS: dict[str, str] = {
    "cancelled": "The payment was cancelled on the phone. You can try again.",
    "wrong_pin": "The M-Pesa PIN was wrong. You can try again.",
    "insufficient_funds": "There was not enough money in the M-Pesa account. Top up or use another number.",
    "no_answer": "The prompt was not answered in time. You can try again.",
    "unreachable": "The phone could not be reached. Check that it is on and has network, then try again.",
    "busy": "Another M-Pesa request is open on this phone. Finish it, wait a minute, then try again.",
    "too_soon": "The same amount was paid from this number a moment ago. Wait two minutes before trying again.",
    "limit_reached": "This payment is beyond the account's M-Pesa limits. Use another number or a smaller amount.",
    "account_blocked": "This M-Pesa account cannot pay at present. Use another number, or ask Safaricom on 100.",
    "number_invalid": "This number cannot pay by M-Pesa. Check it or use another.",
    "provider_unavailable": "M-Pesa could not be reached. Nothing was charged. Try again in a few minutes.",
    "shop_misconfigured": "The shop cannot take this payment at present. Nothing was charged. We have been told.",
    "declined": "M-Pesa declined the payment. Nothing was charged. You can try again.",
}
