"""One confirmation of a PaymentIntent, from the card to its end: succeeded, or back to requires_payment_method."""

from sandbox.stripe.cards import GENERIC, UNAUTHENTICATED, Card, Decline
from sandbox.stripe.chargebacks import open_dispute
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, StripeRefusal
from sandbox.stripe.events import NOBODY, Cause, tell_charge, tell_intent
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.intent_shape import method_view
from sandbox.stripe.models import Charge, Intent, PaymentMethod

CHALLENGE_PAGE = "/stripe/js/v3/challenge"

UNAUTHENTICATED_MESSAGE = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod "
    "to attempt to fulfill this PaymentIntent again."
)


def begin(
    sim: StripeSimulator, intent: Intent, method: PaymentMethod, cause: Cause, *, absent: bool = False
) -> StripeRefusal | None:
    """Try to take the money. Returns the 402 a card error is answered with, None otherwise.

    Args:
        absent: the buyer is not there (`off_session`): a card that wants 3-D Secure is declined.
    """
    intent.confirmations += 1
    intent.method, intent.error, intent.next_action = method, None, None
    wanted = method.card.authenticates or intent.details.get("request_three_d_secure") in ("any", "challenge")
    if wanted and absent:
        return _declined(sim, intent, UNAUTHENTICATED, cause, authenticated=False)
    if wanted:
        intent.status = "requires_action"
        intent.next_action = _next_action(intent)
        tell_intent(sim, "requires_action", intent, cause)
        return None
    return _settle(sim, intent, cause, authenticated=False)


def authenticate(sim: StripeSimulator, intent: Intent, *, approved: bool) -> None:
    """The bank's customer answered its challenge. Call it only while the intent requires action."""
    intent.next_action = None
    if approved:
        _settle(sim, intent, NOBODY, authenticated=True)
        return
    method = intent.method
    refusal = StripeRefusal(
        402, "invalid_request_error", UNAUTHENTICATED_MESSAGE, code="payment_intent_authentication_failure"
    )
    intent.error = {**refusal.error(), "payment_method": method_view(method) if method else None}
    intent.status, intent.method = "requires_payment_method", None
    tell_intent(sim, "payment_failed", intent)


def finish(sim: StripeSimulator, intent: Intent, *, fails: bool) -> None:
    """A payment that was processing ends."""
    _end(sim, intent, GENERIC if fails else None, NOBODY, authenticated=False)


def _next_action(intent: Intent) -> Json:
    if intent.return_url:
        url = f"{CHALLENGE_PAGE}?payment_intent={intent.id}&payment_intent_client_secret={intent.client_secret}"
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": intent.return_url, "url": url}}
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": CHALLENGE_PAGE},
    }


def _settle(sim: StripeSimulator, intent: Intent, cause: Cause, *, authenticated: bool) -> StripeRefusal | None:
    card = _card(intent)
    if card.settles == "now":
        return _end(sim, intent, card.decline, cause, authenticated=authenticated)
    intent.status = "processing"
    tell_intent(sim, "processing", intent, cause)
    confirmation = intent.confirmations

    async def later() -> None:
        if intent.status == "processing" and intent.confirmations == confirmation:
            _end(sim, intent, card.decline, NOBODY, authenticated=authenticated)

    if card.settles != "never":
        sim.after(sim.options.processing_seconds, later)
    return None


def _end(
    sim: StripeSimulator, intent: Intent, decline: Decline | None, cause: Cause, *, authenticated: bool
) -> StripeRefusal | None:
    if decline is not None:
        return _declined(sim, intent, decline, cause, authenticated=authenticated)
    charge = _charge(sim, intent, "succeeded", authenticated=authenticated)
    charge.movement = sim.books.move("charge", charge.amount, charge, charge.id, sim.now())
    intent.status, intent.amount_received = "succeeded", charge.amount
    tell_charge(sim, "succeeded", charge, cause)
    tell_intent(sim, "succeeded", intent, cause)
    card = charge.method.card
    if card.dispute:
        _dispute_later(sim, charge, card.dispute, inquiry=card.inquiry)
    return None


def _declined(
    sim: StripeSimulator, intent: Intent, decline: Decline, cause: Cause, *, authenticated: bool
) -> StripeRefusal:
    charge = _charge(sim, intent, "failed", authenticated=authenticated)
    refusal = StripeRefusal(
        402,
        "card_error",
        decline.message,
        code=decline.code,
        decline_code=decline.decline_code,
        param=decline.param,
        advice_code=decline.advice,
        charge=charge.id,
        payment_method=method_view(charge.method),
    )
    intent.error = charge.error = refusal.error()
    intent.status, intent.method = "requires_payment_method", None
    tell_charge(sim, "failed", charge, cause)
    tell_intent(sim, "payment_failed", intent, cause)
    return refusal


def _charge(sim: StripeSimulator, intent: Intent, status: str, *, authenticated: bool) -> Charge:
    if intent.method is None:
        raise RuntimeError("a payment ends with the card it began with")
    charge = Charge(new_id("ch"), intent, intent.method, intent.amount, sim.now(), status, authenticated)
    sim.books.charges[charge.id] = charge
    intent.latest_charge = charge.id
    return charge


def _card(intent: Intent) -> Card:
    if intent.method is None:
        raise RuntimeError("a payment is settled with its card")
    return intent.method.card


def _dispute_later(sim: StripeSimulator, charge: Charge, reason: str, *, inquiry: bool) -> None:
    async def later() -> None:
        if not charge.disputed and charge.unrefunded:
            open_dispute(sim, charge, reason, inquiry=inquiry)

    sim.after(sim.options.dispute_seconds, later)
