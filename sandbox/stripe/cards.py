"""The magic cards: what Stripe's testing page documents, and the sandbox's own. Data only; `attempt` plays it.

A card is chosen by its number, typed into the form, or by its PaymentMethod id (`pm_card_…`), sent by a server.
Stripe documents no card that is processed asynchronously, and none that disturbs webhooks: those are the
sandbox's own (numbers 40000099…, ids `pm_card_sandbox…`) and do not exist at Stripe.
"""

from dataclasses import dataclass
from typing import Literal

Settling = Literal["now", "later", "later_failed", "never"]
"""When the money of an accepted payment moves: at once, after `processing`, failing after it, or not at all."""

Refunding = Literal["now", "pending", "fails"]
"""A refund succeeds at once; is pending and succeeds; or succeeds and is reported failed later."""


@dataclass(frozen=True)
class Decline:
    """Why a payment fails: `code` and `decline_code` of the error, and the texts beside them."""

    code: str
    message: str
    decline_code: str | None = None
    param: str | None = None
    blocked: bool = False
    """Stripe itself blocked it; the bank was not asked."""
    advice: str = "try_again_later"


@dataclass(frozen=True)
class Card:
    """One magic card."""

    number: str
    id: str
    title: str
    happens: str
    decline: Decline | None = None
    authenticates: bool = False
    """The bank wants 3-D Secure."""
    settles: Settling = "now"
    dispute: str | None = None
    """Reason of the dispute that follows the payment."""
    inquiry: bool = False
    refunds: Refunding = "now"
    webhooks: Literal["", "duplicate", "lost", "unordered", "delayed"] = ""
    brand: str = "visa"
    ours: bool = False
    """The sandbox's own: Stripe has no such card."""


GENERIC = Decline("card_declined", "Your card was declined.", "generic_decline")
FUNDS = Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds")
LOST = Decline("card_declined", "Your card was declined.", "lost_card", advice="do_not_try_again")
STOLEN = Decline("card_declined", "Your card was declined.", "stolen_card", advice="do_not_try_again")
EXPIRED = Decline("expired_card", "Your card has expired.", param="exp_month", advice="do_not_try_again")
CVC = Decline("incorrect_cvc", "Your card's security code is incorrect.", param="cvc", advice="confirm_card_data")
PROCESSING = Decline("processing_error", "An error occurred while processing your card. Try again in a little bit.")
VELOCITY = Decline(
    "card_declined", "Your card was declined for repeated attempts or for exceeding its limit.",
    "card_velocity_exceeded",
)  # fmt: skip
FRAUD = Decline("card_declined", "Your card was declined.", "fraudulent", blocked=True, advice="do_not_try_again")
UNAUTHENTICATED = Decline(
    "authentication_required", "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)  # fmt: skip

_ACCEPTED = "The payment succeeds."

CARDS: tuple[Card, ...] = (
    Card("4242424242424242", "pm_card_visa", "Visa", _ACCEPTED),
    Card("5555555555554444", "pm_card_mastercard", "Mastercard", _ACCEPTED, brand="mastercard"),
    Card("378282246310005", "pm_card_amex", "American Express (four digits CVC)", _ACCEPTED, brand="amex"),
    Card("4000000000000002", "pm_card_visa_chargeDeclined", "Declined", "card_declined, generic_decline.", GENERIC),
    Card("4000000000009995", "pm_card_visa_chargeDeclinedInsufficientFunds", "Insufficient funds",
         "card_declined, insufficient_funds.", FUNDS),
    Card("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "Lost card", "card_declined, lost_card.", LOST),
    Card("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "Stolen card", "card_declined, stolen_card.",
         STOLEN),
    Card("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "Expired card", "expired_card.", EXPIRED),
    Card("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "Incorrect CVC", "incorrect_cvc.", CVC),
    Card("4000000000000119", "pm_card_chargeDeclinedProcessingError", "Processing error", "processing_error.",
         PROCESSING),
    Card("4000000000006975", "pm_card_visa_chargeDeclinedVelocityLimitExceeded", "Too many attempts",
         "card_declined, card_velocity_exceeded.", VELOCITY),
    Card("4000000000000341", "pm_card_chargeCustomerFail", "Declined when charged",
         "Saved well, declined when charged.", GENERIC),
    Card("4100000000000019", "pm_card_radarBlock", "Blocked as fraud", "card_declined, fraudulent: Stripe blocks it.",
         FRAUD),
    Card("4000002500003155", "pm_card_authenticationRequiredOnSetup", "3-D Secure unless set up",
         "The bank asks its customer: approve or fail.", authenticates=True),
    Card("4000002760003184", "pm_card_authenticationRequired", "3-D Secure always",
         "The bank asks its customer: approve or fail.", authenticates=True),
    Card("4000000000003220", "pm_card_threeDSecure2Required", "3-D Secure 2 required",
         "The bank asks its customer: approve or fail.", authenticates=True),
    Card("4000008400001629", "pm_card_threeDSecureRequiredChargeDeclined", "3-D Secure, then declined",
         "Approved by its holder, and declined all the same.", GENERIC, authenticates=True),
    Card("4000008260003178", "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
         "3-D Secure, then insufficient funds", "Approved by its holder; the money is not there.", FUNDS,
         authenticates=True),
    Card("4000000000000259", "pm_card_createDispute", "Disputed as fraud",
         "Succeeds; then a chargeback takes the money.", dispute="fraudulent"),
    Card("4000000000002685", "pm_card_createDisputeProductNotReceived", "Disputed: not received",
         "Succeeds; then a chargeback takes the money.", dispute="product_not_received"),
    Card("4000000000001976", "pm_card_createDisputeInquiry", "Inquiry",
         "Succeeds; then the bank asks. No money moves.", dispute="fraudulent", inquiry=True),
    Card("4000000000007726", "pm_card_pendingRefund", "Refund pending",
         "A refund is pending and succeeds later.", refunds="pending"),
    Card("4000000000005126", "pm_card_refundFail", "Refund fails later",
         "A refund succeeds and is reported failed later.", refunds="fails"),
    Card("4000009990000013", "pm_card_sandboxProcessing", "Processing, then succeeded",
         "The answer is processing; the money comes later.", settles="later", ours=True),
    Card("4000009990000021", "pm_card_sandboxProcessingFails", "Processing, then failed",
         "The answer is processing; declined later.", GENERIC, settles="later_failed", ours=True),
    Card("4000009990000039", "pm_card_sandboxProcessingForEver", "Processing for ever",
         "The answer is processing, and stays so.", settles="never", ours=True),
    Card("4000009990000047", "pm_card_sandboxWebhookThrice", "Webhooks three times",
         "Succeeds; each event comes three times in parallel.", webhooks="duplicate", ours=True),
    Card("4000009990000054", "pm_card_sandboxWebhookLost", "Webhooks lost",
         "Succeeds; no event ever arrives.", webhooks="lost", ours=True),
    Card("4000009990000062", "pm_card_sandboxWebhookUnordered", "Webhooks out of order",
         "Processing, then succeeded; the later event comes first.", settles="later", webhooks="unordered", ours=True),
    Card("4000009990000070", "pm_card_sandboxWebhookDelayed", "Webhooks delayed",
         "Succeeds; the events come 90 s late.", webhooks="delayed", ours=True),
)  # fmt: skip

_BY_NUMBER = {card.number: card for card in CARDS}
_BY_ID = {card.id: card for card in CARDS}


def by_number(number: str) -> Card | None:
    """The magic card of a number. Stripe refuses every other number in a sandbox; so does this."""
    return _BY_NUMBER.get(number)


def by_id(payment_method: str) -> Card | None:
    """The magic card of a PaymentMethod id `pm_card_…`."""
    return _BY_ID.get(payment_method)
