"""What happens to payments and refunds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from commerce.kernel.events import EventData


class RefundDue(BaseModel):
    """A refund that this event sets going; the bus sends it to the refund queue. `number` is the refund's."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    number: int
    attempt: int
    amount: int
    why: str


class _PaymentEvent(EventData):
    order_number: str
    attempt: int


class PaymentPrompted(_PaymentEvent):
    """The provider took the request and prompts the buyer."""


class PaymentOutcomeUnknown(_PaymentEvent):
    """Nobody can say whether the provider took the request. It is not sent again."""

    detail: str


class PaymentFailed(_PaymentEvent):
    """The attempt ended without money."""

    code: str
    reason: str


class PaymentRestarted(_PaymentEvent):
    """Another attempt is about to start."""

    method: str


class PaymentConfirmed(_PaymentEvent):
    """The provider confirmed the money and the order is paid.

    `late` says that the hold had been released and stock was taken anew. `receipt_refused` is a receipt the callback
    claimed although another payment holds it. `amount_claimed` is what the callback said where it said more than was
    asked; with `check_record`, the provider's own record is asked for. `attention` says that a person must look: at a
    refused receipt, or at an amount in doubt that has no receipt to check it by.
    """

    currency: str
    amount: int
    receipt: str | None = None
    late: bool = False
    receipt_refused: str | None = None
    attention: bool = False
    amount_claimed: int | None = None
    check_record: bool = False
    refund: RefundDue | None = None


class PaymentReceiptRecorded(_PaymentEvent):
    """The receipt of a confirmed payment became known; `amount_claimed` is set where it differs from what was asked."""

    receipt: str
    amount_claimed: int | None = None
    check_record: bool = False


class LatePaymentReceived(_PaymentEvent):
    """Confirmed money came after the stock was gone, and goes back; `attention` as in PaymentRecordRead."""

    currency: str
    amount: int
    receipt: str | None = None
    attention: bool = False
    refund: RefundDue


class DuplicatePaymentReceived(_PaymentEvent):
    """Confirmed money came for an order that another paid, and goes back; `attention` as in PaymentRecordRead."""

    currency: str
    amount: int
    receipt: str | None = None
    attention: bool = False
    refund: RefundDue


class PaymentHeldForReview(_PaymentEvent):
    """The callback claims less than was asked. Nothing is fulfilled until the provider's record or a person says so."""

    amount_expected: int
    amount_claimed: int
    receipt: str | None = None
    check_record: bool = False


class PaymentRecordRead(_PaymentEvent):
    """The provider's own record of the payment came; `attention` says that a person must look."""

    amount_expected: int
    amount: int
    attention: bool = False
    refund: RefundDue | None = None


class PaymentClaimDisputed(_PaymentEvent):
    """A callback claims what the provider or the shop's books contradict. A person must look: money may be at stake.

    `receipt_claimed` and `amount_claimed` are what it said; `detail` is what contradicts it.
    """

    detail: str
    receipt_claimed: str | None = None
    amount_claimed: int | None = None
    attention: bool = True


class PaymentRecordMissing(_PaymentEvent):
    """The provider did not show its record of a payment whose amount is in doubt. A person must look."""

    receipt: str


class PaymentUnresolved(_PaymentEvent):
    """All checks went by without a final answer. A person must look; late answers still count."""

    detail: str


class _RefundEvent(EventData):
    order_number: str
    number: int
    amount: int


class RefundRequested(_RefundEvent):
    """Staff give back an order's money, or a part, and say why.

    `amount` is all that goes back: `refund` is its part that the provider moves, `credited` what becomes store credit
    at once.
    """

    currency: str
    credited: int = 0
    refund: RefundDue | None = None
    by: str
    reason: str


class RefundRestarted(_RefundEvent):
    """Staff start a failed refund again."""

    refund: RefundDue
    by: str
    reason: str


class RefundSettledByHand(_RefundEvent):
    """Staff gave the money back beside the machine; `receipt` is the proof they name."""

    receipt: str
    by: str
    reason: str


class RefundSent(_RefundEvent):
    """The provider took the refund; its result comes later."""


class RefundSucceeded(_RefundEvent):
    """The money is back with the buyer."""

    receipt: str | None = None


class RefundFailed(_RefundEvent):
    """The provider will not do this refund. A person must."""

    code: str
    reason: str


class RefundFoundOutside(_RefundEvent):
    """The provider's books show a refund that the shop did not ask for; `attention`: a person should know."""

    attempt: int
    receipt: str
    attention: bool = True


class PaymentDisputed(_PaymentEvent):
    """The buyer's bank asks for the money back. Nothing ships meanwhile; a person must answer at the provider."""

    dispute: str
    amount: int
    reason: str
    attention: bool = True


class DisputeClosed(_PaymentEvent):
    """The dispute ended: `won` for the shop, or lost, and the money with it."""

    dispute: str
    amount: int
    won: bool
    attention: bool = True
