"""The control API under /sandbox/stripe/api: what tests, the demo and the pages see and steer."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from sandbox.stripe import chargebacks, refunding
from sandbox.stripe.attempt import authenticate, begin, finish
from sandbox.stripe.card_entry import named_method, typed_card
from sandbox.stripe.cards import CARDS
from sandbox.stripe.charge_shape import charge_view, refund_view
from sandbox.stripe.dispute_shape import dispute_view
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, StripeRefusal
from sandbox.stripe.events import NOBODY
from sandbox.stripe.faults import EventFault, RequestFault
from sandbox.stripe.intent_shape import intent_view
from sandbox.stripe.intents import OPEN
from sandbox.stripe.models import Intent
from sandbox.stripe.webhooks import resend

PREFIX = "/sandbox/stripe/api"
T = TypeVar("T")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Payment(_Body):
    """A buyer pays: a card number or a `pm_card_…`, and how the bank's challenge ends if there is one."""

    card: str = Field(default="4242424242424242", max_length=80)
    challenge: Literal["approve", "fail", "ignore"] = "approve"


class Answer(_Body):
    """How a payment that waits ends."""

    outcome: Literal["approve", "fail", "succeed"]


class OutsideRefund(_Body):
    """A refund made in the dashboard. Minor units; all that is left without an amount."""

    payment_intent: str
    amount: int | None = Field(default=None, ge=1)
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class OutsideDispute(_Body):
    """The bank disputes a payment."""

    payment_intent: str
    reason: str = Field(default="fraudulent", max_length=60)
    inquiry: bool = False


class Decision(_Body):
    """What the bank decides."""

    outcome: Literal["win", "lose", "escalate"]


class NewRule(_Body):
    """A fault for the next `times` requests or events that match."""

    fault: RequestFault | EventFault
    times: int = Field(default=1, ge=1, le=10_000)
    method: str = Field(default="", max_length=8)
    path: str = Field(default="", max_length=200)
    type: str = Field(default="", max_length=80)
    about: str = Field(default="", max_length=80)


class HealthChange(_Body):
    """Stripe's health: members left out stay as they are."""

    down: bool | None = None
    cut: bool | None = None
    silent: bool | None = None


class Speed(_Body):
    """By how much every duration scheduled from now on is divided."""

    speed: float = Field(gt=0, le=100_000)


def control_router(sim: StripeSimulator) -> APIRouter:
    """The control API's routes, with their full paths."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    _add_views(router, sim)
    _add_people(router, sim)
    _add_levers(router, sim)
    return router


def _add_views(router: APIRouter, sim: StripeSimulator) -> None:
    @router.get("/state")
    async def state() -> Json:
        """Now, speed, Stripe's health, the rules that wait."""
        return {
            "now": sim.now().isoformat(),
            "speed": sim.speed,
            "health": vars(sim.faults.health),
            "rules": [vars(rule) for rule in sim.faults.rules],
            "webhook_url": sim.options.webhook_url,
        }

    @router.get("/cards")
    async def cards() -> Json:
        """The table of magic cards."""
        shown = ("number", "id", "title", "happens", "authenticates", "ours")
        return {"items": [{name: getattr(card, name) for name in shown} for card in CARDS]}

    @router.get("/seen")
    async def seen(
        text: str = "", direction: str = "", after: int = 0, limit: Annotated[int, Query(ge=1, le=5_000)] = 200
    ) -> Json:
        """Requests and events, newest first. `text` matches payment, order, name or URL."""
        return {"items": [entry.view() for entry in sim.journal.search(text, direction, after, limit)]}

    @router.get("/events")
    async def events(about: str = "", limit: Annotated[int, Query(ge=1, le=5_000)] = 200) -> Json:
        """Events and their delivery, newest first."""
        found = [one.view() for one in reversed(sim.books.events.values()) if about in ("", one.about)]
        return {"items": found[:limit]}

    @router.get("/intents")
    async def intents(order: str = "", limit: Annotated[int, Query(ge=1, le=5_000)] = 100) -> Json:
        """PaymentIntents with charge, refunds and dispute, newest first; `order` matches their metadata."""
        found = [
            one
            for one in reversed(sim.books.intents.values())
            if not order or order in one.metadata.values() or order in one.id
        ]
        return {"items": [_story(sim, one) for one in found[:limit]]}

    @router.get("/ledger")
    async def ledger() -> Json:
        """Per PaymentIntent: paid, given back, disputed, held, in minor units; and the totals by currency."""
        return sim.books.ledger()


def _add_people(router: APIRouter, sim: StripeSimulator) -> None:
    @router.post("/intents/{intent_id}/pay")
    async def pay(intent_id: str, payment: Payment) -> Json:
        """Confirm a payment as the buyer's browser would. 404: no such payment; 409: it cannot be paid now."""
        intent = _known(sim, intent_id)
        if intent.status not in OPEN:
            raise HTTPException(409, f"the payment is {intent.status}")
        method = _allowed(lambda: _card(sim, payment.card))
        refused = begin(sim, intent, method, NOBODY)
        if intent.status == "requires_action" and payment.challenge != "ignore":
            authenticate(sim, intent, approved=payment.challenge == "approve")
        return {"intent": _story(sim, intent), "error": refused.error() if refused else intent.error}

    @router.post("/intents/{intent_id}/answer")
    async def answer(intent_id: str, decision: Answer) -> Json:
        """End a payment that waits for the bank's customer (approve, fail) or is processing (succeed, fail)."""
        intent = _known(sim, intent_id)
        if intent.status == "requires_action" and decision.outcome != "succeed":
            authenticate(sim, intent, approved=decision.outcome == "approve")
        elif intent.status == "processing" and decision.outcome != "approve":
            finish(sim, intent, fails=decision.outcome == "fail")
        else:
            raise HTTPException(409, f"the payment is {intent.status}")
        return {"intent": _story(sim, intent)}

    @router.post("/refunds")
    async def refund(asked: OutsideRefund) -> Json:
        """Refund from the dashboard: the shop's server has not asked for it."""
        intent = _known(sim, asked.payment_intent)
        made = _allowed(
            lambda: refunding.refund(sim, refunding.charge_to_refund(sim, intent), asked.amount, reason=asked.reason)
        )
        return {"refund": refund_view(made)}

    @router.post("/refunds/{refund_id}/fail")
    async def fail_refund(refund_id: str) -> Json:
        """The bank sends a refund back."""
        found = _allowed(lambda: sim.books.refund(refund_id))
        _allowed(lambda: refunding.fail(sim, found))
        return {"refund": refund_view(found)}

    @router.post("/disputes")
    async def dispute(asked: OutsideDispute) -> Json:
        """Open a dispute on a paid intent."""
        intent = _known(sim, asked.payment_intent)
        made = _allowed(
            lambda: chargebacks.open_dispute(
                sim, refunding.charge_to_refund(sim, intent), asked.reason, inquiry=asked.inquiry
            )
        )
        return {"dispute": dispute_view(sim.books, made)}

    @router.post("/disputes/{dispute_id}")
    async def decide(dispute_id: str, decision: Decision) -> Json:
        """The bank decides: win, lose, or make a chargeback of an inquiry."""
        found = _allowed(lambda: sim.books.dispute(dispute_id))
        work = {"win": chargebacks.win, "lose": chargebacks.lose, "escalate": chargebacks.escalate}[decision.outcome]
        _allowed(lambda: work(sim, found))
        return {"dispute": dispute_view(sim.books, found)}

    @router.post("/events/{event_id}/resend")
    async def send_again(event_id: str) -> Json:
        """Deliver an event once more."""
        event = _allowed(lambda: sim.books.event(event_id))
        resend(sim, event)
        return {"event": event.view()}


def _add_levers(router: APIRouter, sim: StripeSimulator) -> None:
    @router.post("/faults")
    async def add_rule(rule: NewRule) -> Json:
        """Disturb the next requests or events that match."""
        match = {name: getattr(rule, name) for name in ("method", "path", "type", "about")}
        return {"rule": vars(sim.faults.add(rule.fault, rule.times, **match))}

    @router.delete("/faults")
    async def clear_rules() -> Json:
        """Forget every rule."""
        sim.faults.rules.clear()
        return {"rules": []}

    @router.post("/provider")
    async def provider(change: HealthChange) -> Json:
        """Set Stripe down or up, cut its connections, silence its events."""
        for name, value in change.model_dump(exclude_none=True).items():
            setattr(sim.faults.health, name, value)
        return dict(vars(sim.faults.health))

    @router.post("/speed")
    async def speed(change: Speed) -> Json:
        """Change the speed for whatever is scheduled from now on."""
        sim.speed = change.speed
        return {"speed": sim.speed}

    @router.post("/reset")
    async def reset() -> Json:
        """Forget everything and return to the options' own settings."""
        sim.reset()
        return {"reset": True}


def _known(sim: StripeSimulator, intent_id: str) -> Intent:
    return _allowed(lambda: sim.books.intent(intent_id))


def _allowed(work: Callable[[], T]) -> T:
    try:
        return work()
    except StripeRefusal as refusal:
        raise HTTPException(404 if refusal.status == 404 else 409, refusal.message) from None


def _card(sim: StripeSimulator, card: str) -> Any:
    if card.startswith("pm_"):
        return named_method(sim, card)
    return typed_card(sim, {"number": card, "exp_month": "12", "exp_year": "34"}, None)


def _story(sim: StripeSimulator, intent: Intent) -> Json:
    """A PaymentIntent with everything that hangs on it."""
    charge = sim.books.charges.get(intent.latest_charge or "")
    dispute = sim.books.disputes.get(charge.dispute or "") if charge else None
    return {
        "intent": intent_view(intent),
        "charge": charge_view(charge) if charge else None,
        "refunds": [refund_view(one) for one in sim.books.refunds_of(charge)] if charge else [],
        "dispute": dispute_view(sim.books, dispute) if dispute else None,
        "held": sim.books.held(intent.id),
        "card": f"…{charge.method.last4}" if charge else None,
    }
