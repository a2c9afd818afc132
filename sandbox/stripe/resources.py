"""The endpoints beside PaymentIntents: charges, refunds, disputes, events, the balance."""

from collections.abc import Iterable

from sandbox.stripe import chargebacks
from sandbox.stripe.call import Call
from sandbox.stripe.card_entry import named_method, typed_card
from sandbox.stripe.charge_shape import charge_view, movement_view, refund_view
from sandbox.stripe.dispute_shape import balance_view, dispute_view, event_view
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Invalid, Json, missing
from sandbox.stripe.events import tell_refund
from sandbox.stripe.intent_shape import intent_view, method_view
from sandbox.stripe.intents import change_metadata
from sandbox.stripe.lists import page
from sandbox.stripe.models import Charge, Dispute, Event, Refund
from sandbox.stripe.refunding import charge_to_refund, refund


def list_intents(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/payment_intents."""
    return page(sim.books.intents.values(), call.values, "/v1/payment_intents", intent_view)


def show_charge(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/charges/:id."""
    return charge_view(sim.books.charge(call.target, "id"))


def list_charges(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/charges, of one PaymentIntent or of all."""
    wanted = call.values.get("payment_intent")
    found: Iterable[Charge] = (one for one in sim.books.charges.values() if wanted in (None, one.intent.id))
    return page(found, call.values, "/v1/charges", charge_view)


def create_refund(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/refunds, of a charge or of a PaymentIntent's charge."""
    values = call.values
    if "charge" in values:
        charge = sim.books.charge(values["charge"])
    elif "payment_intent" in values:
        charge = charge_to_refund(sim, sim.books.intent(values["payment_intent"], "payment_intent"))
    else:
        raise Invalid("One of charge and payment_intent must be given.", "parameter_missing", "payment_intent")
    metadata = values.get("metadata") or {}
    made = refund(sim, charge, values.get("amount"), reason=values.get("reason"), metadata=metadata, cause=call.cause)
    return refund_view(made)


def show_refund(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/refunds/:id."""
    return refund_view(sim.books.refund(call.target))


def update_refund(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/refunds/:id: its metadata."""
    found = sim.books.refund(call.target)
    previous = {"metadata": dict(found.metadata)}
    change_metadata(found.metadata, call.values.get("metadata"))
    tell_refund(sim, "refund.updated", found, call.cause, previous)
    return refund_view(found)


def list_refunds(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/refunds, of one charge, of one PaymentIntent, or of all."""
    charge, intent = call.values.get("charge"), call.values.get("payment_intent")
    found: Iterable[Refund] = (
        one
        for one in sim.books.refunds.values()
        if charge in (None, one.charge.id) and intent in (None, one.charge.intent.id)
    )
    return page(found, call.values, "/v1/refunds", refund_view)


def show_dispute(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/disputes/:id."""
    return dispute_view(sim.books, sim.books.dispute(call.target))


def update_dispute(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/disputes/:id: evidence."""
    dispute = sim.books.dispute(call.target)
    chargebacks.submit(sim, dispute, call.values, call.cause)
    return dispute_view(sim.books, dispute)


def close_dispute(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/disputes/:id/close: the shop gives in."""
    dispute = sim.books.dispute(call.target)
    chargebacks.close(sim, dispute, call.cause)
    return dispute_view(sim.books, dispute)


def list_disputes(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/disputes, of one charge, of one PaymentIntent, or of all."""
    charge, intent = call.values.get("charge"), call.values.get("payment_intent")
    found: Iterable[Dispute] = (
        one
        for one in sim.books.disputes.values()
        if charge in (None, one.charge.id) and intent in (None, one.charge.intent.id)
    )
    return page(found, call.values, "/v1/disputes", lambda one: dispute_view(sim.books, one))


def show_event(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/events/:id."""
    return event_view(sim.books.event(call.target))


def list_events(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/events, of the types asked for."""
    values = call.values
    kinds = values.get("types") or ([values["type"]] if "type" in values else None)
    found: Iterable[Event] = (
        one
        for one in sim.books.events.values()
        if (kinds is None or one.type in kinds) and values.get("delivery_success", one.delivered) == one.delivered
    )
    return page(found, values, "/v1/events", event_view)


def show_balance(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/balance."""
    return balance_view(sim.books)


def show_movement(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/balance_transactions/:id."""
    if call.target not in sim.books.movements:
        raise missing("balance transaction", call.target)
    return movement_view(sim.books.movements[call.target])


def list_movements(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/balance_transactions, of one source, type or currency, or all."""
    asked = {name: call.values[name] for name in ("source", "currency", "type") if name in call.values}
    found = (
        one
        for one in sim.books.movements.values()
        if asked.items() <= {"source": one.source, "currency": one.currency, "type": one.kind}.items()
    )
    return page(found, call.values, "/v1/balance_transactions", movement_view)


def create_method(sim: StripeSimulator, call: Call) -> Json:
    """POST /v1/payment_methods: a typed card."""
    values = call.values
    if values["type"] != "card" or not isinstance(values.get("card"), dict):
        raise Invalid("The sandbox takes cards only.", "sandbox_not_simulated", "type")
    return method_view(typed_card(sim, values["card"], values.get("billing_details")))


def show_method(sim: StripeSimulator, call: Call) -> Json:
    """GET /v1/payment_methods/:id."""
    return method_view(named_method(sim, call.target))
