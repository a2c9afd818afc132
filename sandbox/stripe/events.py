"""Events: written down when something happens, and sent to the shop a moment later."""

from dataclasses import dataclass

from sandbox.stripe.charge_shape import charge_view, refund_view
from sandbox.stripe.dispute_shape import dispute_view, event_body
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json
from sandbox.stripe.faults import TRIGGER
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.intent_shape import intent_view, seconds
from sandbox.stripe.models import Charge, Dispute, Event, Intent, Refund
from sandbox.stripe.webhooks import schedule


@dataclass(frozen=True)
class Cause:
    """The API request that made something happen; Stripe's own doings have none."""

    request_id: str | None = None
    key: str | None = None

    def view(self) -> Json:
        """As in an event's `request`."""
        return {"id": self.request_id, "idempotency_key": self.key}


NOBODY = Cause()
ENDS = ("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled")


def tell_intent(sim: StripeSimulator, what: str, intent: Intent, cause: Cause = NOBODY) -> None:
    """`payment_intent.<what>`."""
    _tell(sim, f"payment_intent.{what}", intent_view(intent), intent, cause)


def tell_charge(
    sim: StripeSimulator, what: str, charge: Charge, cause: Cause = NOBODY, previous: Json | None = None
) -> None:
    """`charge.<what>`."""
    _tell(sim, f"charge.{what}", charge_view(charge), charge.intent, cause, previous)


def tell_refund(
    sim: StripeSimulator, name: str, refund: Refund, cause: Cause = NOBODY, previous: Json | None = None
) -> None:
    """`name` is the whole type: refund.created, refund.updated, refund.failed, charge.refund.updated."""
    _tell(sim, name, refund_view(refund), refund.charge.intent, cause, previous)


def tell_dispute(
    sim: StripeSimulator, what: str, dispute: Dispute, cause: Cause = NOBODY, previous: Json | None = None
) -> None:
    """`charge.dispute.<what>`."""
    _tell(sim, f"charge.dispute.{what}", dispute_view(sim.books, dispute), dispute.charge.intent, cause, previous)


def _tell(
    sim: StripeSimulator, kind: str, shown: Json, intent: Intent, cause: Cause, previous: Json | None = None
) -> None:
    now, event_id = sim.now(), new_id("evt")
    body = event_body(event_id, kind, shown, seconds(now), previous=previous, request=cause.view())
    event = Event(event_id, kind, body, intent.id, now)
    sim.books.events[event_id] = event
    schedule(sim, event, sim.faults.of_event(kind, intent.id, _named_fault(intent, kind)), _reference(intent))


def _named_fault(intent: Intent, kind: str) -> str:
    """The fault that the card or the payment's metadata names; what ends a payment overtakes, and is not held."""
    named = (intent.method.card.webhooks if intent.method else "") or intent.metadata.get(TRIGGER, "")
    return "" if named == "unordered" and kind in ENDS else named


def _reference(intent: Intent) -> str:
    """What the shop calls the payment: the first of its metadata that looks like an order."""
    found = (value for name, value in intent.metadata.items() if name.startswith("order"))
    return next(found, intent.details.get("description") or "")
