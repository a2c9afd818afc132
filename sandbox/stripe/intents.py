"""The PaymentIntent endpoints, with the state machine Stripe documents."""

from sandbox.stripe.attempt import begin
from sandbox.stripe.call import Call
from sandbox.stripe.card_entry import named_method, typed_card
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Invalid, Json, StripeRefusal, bad_request
from sandbox.stripe.events import tell_intent
from sandbox.stripe.identifiers import client_secret, new_id
from sandbox.stripe.intent_shape import intent_view, public_view
from sandbox.stripe.models import Intent, PaymentMethod
from sandbox.stripe.options import MAXIMUM

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
"""The states in which a PaymentIntent can still be changed, confirmed or canceled."""

DETAILS = ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")


def create(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/payment_intents."""
    values = call.values
    check_amount(sim, values["amount"], values["currency"].lower())
    intent_id = new_id("pi")
    intent = Intent(intent_id, client_secret(intent_id), values["amount"], values["currency"].lower(), sim.now())
    _describe(intent, values)
    asked = values.get("automatic_payment_methods")
    enabled = asked is None or asked.get("enabled")
    redirects = (asked or {}).get("allow_redirects", "always")
    intent.details["automatic_payment_methods"] = {"allow_redirects": redirects, "enabled": True} if enabled else None
    method = _method(sim, values)
    sim.books.intents[intent_id] = intent
    if method:
        intent.method, intent.status = method, "requires_confirmation"
    tell_intent(sim, "created", intent, call.cause)
    if values.get("confirm"):
        return _confirm(sim, intent, method, call)
    return intent_view(intent)


def retrieve(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/payment_intents/:id."""
    intent = call.intent(sim)
    return public_view(intent) if call.from_browser else intent_view(intent)


def update(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/payment_intents/:id. The amount may change until the payment is under way."""
    intent, values = call.intent(sim), call.values
    changes = {"amount", "currency", "payment_method", "payment_method_data"} & values.keys()
    if changes and intent.status not in OPEN:
        raise _unexpected(intent, f"You cannot change the {sorted(changes)[0]} of this PaymentIntent because it has a")
    currency = values.get("currency", intent.currency).lower()
    check_amount(sim, values.get("amount", intent.amount), currency)
    method = _method(sim, values)
    _describe(intent, values)
    intent.amount, intent.currency = values.get("amount", intent.amount), currency
    if method:
        intent.method, intent.status, intent.next_action = method, "requires_confirmation", None
    return intent_view(intent)


def confirm(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/payment_intents/:id/confirm, by the shop's server or by the buyer's browser."""
    intent = call.intent(sim)
    return _confirm(sim, intent, _method(sim, call.values) or intent.method, call)


def cancel(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/payment_intents/:id/cancel. Refused once money moves, has moved, or the intent is canceled."""
    intent = call.intent(sim)
    if intent.status not in OPEN:
        raise _unexpected(intent, f"Only a PaymentIntent that is {', '.join(OPEN)} can be canceled; this one has a")
    intent.status, intent.canceled_at, intent.next_action = "canceled", sim.now(), None
    intent.cancellation_reason = call.values.get("cancellation_reason")
    tell_intent(sim, "canceled", intent, call.cause)
    return intent_view(intent)


def check_amount(sim: StripeSimulator, amount: int, currency: str) -> None:
    """Raises Invalid: an unknown currency, not a positive amount, too little or too much."""
    least = sim.options.minimums.get(currency)
    if least is None:
        raise Invalid(f"Invalid currency: {currency}. The sandbox knows: {', '.join(sim.options.minimums)}.",
                      param="currency")  # fmt: skip
    if amount < 1:
        raise Invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount")
    if amount < least:
        raise Invalid("Amount must convert to at least 50 cents.", "amount_too_small", "amount")
    if amount > MAXIMUM:
        raise Invalid(f"Amount must be no more than {MAXIMUM}.", "amount_too_large", "amount")


def _confirm(sim: StripeSimulator, intent: Intent, method: PaymentMethod | None, call: Call) -> Json:
    values = call.values
    if intent.status not in OPEN:
        raise _unexpected(intent, "You cannot confirm this PaymentIntent because it has a")
    if method is None:
        raise _unexpected(
            intent, "You cannot confirm this PaymentIntent because it's missing a payment method; it has a"
        )
    _describe(intent, values)
    intent.return_url = None if values.get("use_stripe_sdk") else values.get("return_url")
    refused = begin(sim, intent, method, call.cause, absent=bool(values.get("off_session")))
    if refused is None and intent.status == "requires_action" and values.get("error_on_requires_action"):
        intent.status, intent.next_action, intent.method = "requires_payment_method", None, None
        refused = StripeRefusal(
            402, "card_error", "This payment required an authentication action to complete.",
            code="authentication_required",
        )  # fmt: skip
    if refused is not None:
        refused.more["payment_intent"] = intent_view(intent)
        raise refused
    return public_view(intent) if call.from_browser else intent_view(intent)


def _method(sim: StripeSimulator, values: Json) -> PaymentMethod | None:
    typed = values.get("payment_method_data")
    if typed:
        if typed.get("type") != "card" or "card" not in typed:
            raise Invalid("The sandbox takes cards only.", "sandbox_not_simulated", "payment_method_data[type]")
        return typed_card(sim, typed["card"], typed.get("billing_details"))
    return named_method(sim, values["payment_method"]) if values.get("payment_method") else None


def _describe(intent: Intent, values: Json) -> None:
    if values.get("capture_method") == "manual":
        raise Invalid("The sandbox does not simulate manual capture.", "sandbox_not_simulated", "capture_method")
    if values.get("confirmation_method") == "manual":
        raise Invalid("The sandbox does not simulate manual confirmation.", "sandbox_not_simulated",
                      "confirmation_method")  # fmt: skip
    for name in DETAILS:
        if name in values:
            intent.details[name] = values[name] or None
    if "capture_method" in values:
        intent.details["capture_method"] = values["capture_method"]
    if values.get("shipping"):
        shipping = values["shipping"]
        names = ("carrier", "name", "phone", "tracking_number")
        intent.details["shipping"] = {
            "address": {**dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
                        **shipping.get("address", {})},
            **{name: shipping.get(name) for name in names},
        }  # fmt: skip
    card = (values.get("payment_method_options") or {}).get("card") or {}
    if "request_three_d_secure" in card:
        intent.details["request_three_d_secure"] = card["request_three_d_secure"]
    change_metadata(intent.metadata, values.get("metadata"))


def change_metadata(kept: dict[str, str], given: object) -> None:
    """Set what is given; an empty value unsets a key, an empty `metadata` all of them."""
    if given == "":
        kept.clear()
    if isinstance(given, dict):
        kept.update(given)
        for name in [name for name, value in kept.items() if value == ""]:
            del kept[name]


def _unexpected(intent: Intent, beginning: str) -> StripeRefusal:
    return bad_request(
        f"{beginning} status of {intent.status}.",
        "payment_intent_unexpected_state",
        payment_intent=intent_view(intent),
    )
