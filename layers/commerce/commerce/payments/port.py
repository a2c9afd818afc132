"""What the shop asks of a payment provider. Every provider answers in these words, whatever its wire looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from commerce.kernel.money import Currency, Money


@dataclass(frozen=True, slots=True)
class References:
    """The names a provider gave to one attempt; opaque text, personal data (M-Pesa's holds the phone number).

    Parameters
    ----------
    request_id
        Its name of the request, where it has one beside the payment's (M-Pesa: MerchantRequestID).
    payment_id
        Its name of the payment, by which it is looked up (M-Pesa: CheckoutRequestID; Stripe: the intent).
    """

    request_id: str | None = field(default=None, repr=False)
    payment_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """One attempt to collect money: how much, of whom, and where the provider reports to.

    Everything in it follows from the stored order and attempt, so the same attempt always makes the same request.
    """

    order_number: str
    attempt: int
    amount: Money
    callback_url: str = field(repr=False)
    description: str
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The attempt's public name: an idempotency key for providers that take one."""
        return f"{self.order_number}-{self.attempt}"


@dataclass(frozen=True, slots=True)
class Prompted:
    """The provider took the request. This is not money.

    Parameters
    ----------
    handover
        What the buyer's client needs to go on with the provider itself, as Stripe's ``client_secret``.
    """

    references: References
    handover: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider certainly did not take the request, or certainly ended the payment: no money moved.

    Parameters
    ----------
    code
        The provider's own code, kept for the record.
    reason
        One of the stable reasons of `reasons.REASONS`; the buyer's message follows from it.
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


@dataclass(frozen=True, slots=True)
class Paid:
    """The provider itself confirms the money.

    Parameters
    ----------
    receipt
        Its name of the captured money, where its answer tells it.
    captured
        Minor units captured, where its answer tells them; proven, unlike a callback's.
    """

    receipt: str | None = None
    captured: int | None = None


StartOutcome = Prompted | Paid | Refused | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class LookUpRequest:
    """A question for one attempt: what was asked for, and the provider's names for it as far as known."""

    start: StartRequest
    references: References


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider is not done, could not be reached, or answered something not known to be final: ask again.

    Parameters
    ----------
    awaiting_buyer
        The provider waits for the buyer to act, which may never happen: nobody need be alarmed.
    failed
        The question was not answered, or with a fault: the provider's error rate counts it.
    """

    detail: str
    awaiting_buyer: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The provider's payment contradicts the attempt it was asked for (currency, binding): a person must look."""

    detail: str


LookUpOutcome = Paid | Refused | Pending | Doubtful


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to give back. `reference` is the shop's own name for this refund and its idempotency key.

    A repeat must be the very same request: one that has learnt a receipt meanwhile would go another way and pay twice.

    Parameters
    ----------
    payment
        The provider's names for the payment.
    receipt
        The provider's receipt of the captured payment, where the shop knew it when the refund was opened.
    captured
        What that payment brought; a refund of less than this is partial.
    sent_as
        The provider's name for this refund, when it has taken an earlier try.
    """

    order_number: str
    reference: str
    payment: References
    receipt: str | None
    amount: Money
    captured: Money
    result_url: str = field(repr=False)
    timeout_url: str = field(repr=False)
    remarks: str
    phone: str | None = field(default=None, repr=False)
    sent_as: str | None = None


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
    """The provider will never do this refund as asked; a person must (or another way).

    `reason` is one of `reasons.REFUND_REASONS`. `about` holds the names of the try it speaks of (the provider's, the
    shop's reference), where it says.
    """

    code: str
    reason: str
    about: frozenset[str] = frozenset()


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
class RefundEntry:
    """One refund in the provider's own books.

    Parameters
    ----------
    reference
        The shop's name for it; None when it was made outside the shop.
    amount
        Minor units.
    """

    id: str
    reference: str | None
    amount: int
    state: Literal["pending", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class DisputeEntry:
    """The buyer's bank asks for the money back. `amount` in minor units."""

    id: str
    status: Literal["open", "won", "lost"]
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The provider's own books of one captured payment: `captured` in minor units, and what became of it since."""

    captured: int
    refunds: tuple[RefundEntry, ...] = ()
    dispute: DisputeEntry | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do, so that the shop offers only that.

    Parameters
    ----------
    methods
        The names under which buyers choose it.
    limits
        Least and most of one payment in minor units, for each currency it takes.
    whole_units_only
        It charges and gives back whole major units only (M-Pesa: shillings).
    partial_refunds
        It can give back a part.
    needs_phone
        The buyer is asked on a phone.
    repeatable_start
        `start` may be sent again: the provider knows the attempt by its name and makes it once.
    cancellable
        `cancel` can end a payment before the buyer acts.
    """

    methods: frozenset[str]
    limits: Mapping[Currency, tuple[int, int]]
    whole_units_only: bool = False
    partial_refunds: bool = False
    needs_phone: bool = False
    repeatable_start: bool = False
    cancellable: bool = False


class PaymentProvider(Protocol):
    """A way to take money. Implementations never raise for what a provider or network can do to them."""

    name: str
    capabilities: Capabilities

    def start(self, request: StartRequest) -> StartOutcome:
        """Ask the buyer to pay."""
        ...

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        """Ask the provider what became of an attempt."""
        ...

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        """End a payment that the buyer has not made; where that cannot be done, the same as `look_up`.

        `Refused` says that no money can come any more.
        """
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

    def statement(self, receipt: str) -> Statement | None:
        """Return the provider's books of a captured payment; None when they cannot be had now, or ever."""
        ...
