"""Disputes: opened by the bank, answered by the shop, decided by the bank."""

from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, bad_request
from sandbox.stripe.events import NOBODY, Cause, tell_dispute
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.models import Charge, Dispute

WINNING, LOSING, ESCALATING = "winning_evidence", "losing_evidence", "escalate_inquiry_evidence"
"""What Stripe's sandboxes take as `uncategorized_text` to decide a dispute."""


def open_dispute(sim: StripeSimulator, charge: Charge, reason: str, *, inquiry: bool = False) -> Dispute:
    """The bank disputes what is left of a charge. A chargeback takes the money at once; an inquiry only asks.

    Raises:
        StripeRefusal: nothing is left to dispute, or the charge is disputed already.
    """
    amount = charge.unrefunded
    if amount <= 0 or charge.disputed:
        raise bad_request(f"Charge {charge.id} has nothing left to dispute.", "charge_disputed")
    status = "warning_needs_response" if inquiry else "needs_response"
    dispute = Dispute(new_id("dp"), charge, amount, reason, sim.now(), status, inquiry)
    sim.books.disputes[dispute.id] = dispute
    charge.dispute, charge.disputed = dispute.id, True
    if not inquiry:
        _withdraw(sim, dispute)
    tell_dispute(sim, "created", dispute)
    if not inquiry:
        tell_dispute(sim, "funds_withdrawn", dispute)
    return dispute


def submit(sim: StripeSimulator, dispute: Dispute, values: Json, cause: Cause) -> None:
    """The shop's answer. Evidence that names an outcome gets it after a while.

    Raises:
        StripeRefusal: the dispute is decided.
    """
    _refuse_decided(dispute)
    previous: Json = {"evidence": {name: dispute.evidence.get(name) for name in values.get("evidence") or {}}}
    dispute.evidence.update(values.get("evidence") or {})
    if isinstance(values.get("metadata"), dict):
        dispute.metadata.update(values["metadata"])
    if values.get("submit", bool(values.get("evidence"))):
        dispute.submissions += 1
        previous["status"] = dispute.status
        dispute.status = "warning_under_review" if dispute.inquiry else "under_review"
        _decide_later(sim, dispute)
    tell_dispute(sim, "updated", dispute, cause, previous)


def close(sim: StripeSimulator, dispute: Dispute, cause: Cause) -> None:
    """The shop gives in: a chargeback is lost, an inquiry closed. Raises StripeRefusal when it is decided."""
    _refuse_decided(dispute)
    _end(sim, dispute, "warning_closed" if dispute.inquiry else "lost", cause)


def win(sim: StripeSimulator, dispute: Dispute) -> None:
    """The bank decides for the shop: the money comes back. Raises StripeRefusal when it is decided."""
    _refuse_decided(dispute)
    if dispute.inquiry:
        _end(sim, dispute, "warning_closed", NOBODY)
        return
    dispute.movements.append(sim.books.move("adjustment", dispute.amount, dispute.charge, dispute.id, sim.now()))
    _end(sim, dispute, "won", NOBODY)
    tell_dispute(sim, "funds_reinstated", dispute)


def lose(sim: StripeSimulator, dispute: Dispute) -> None:
    """The bank decides against the shop. Raises StripeRefusal when it is decided."""
    close(sim, dispute, NOBODY)


def escalate(sim: StripeSimulator, dispute: Dispute) -> None:
    """An inquiry becomes a chargeback: the money goes. Raises StripeRefusal when it is decided or is none."""
    _refuse_decided(dispute)
    if not dispute.inquiry:
        raise bad_request("This dispute is a chargeback already.")
    previous: Json = {"status": dispute.status}
    dispute.inquiry, dispute.status = False, "needs_response"
    dispute.amount = dispute.charge.unrefunded
    _withdraw(sim, dispute)
    tell_dispute(sim, "updated", dispute, NOBODY, previous)
    tell_dispute(sim, "funds_withdrawn", dispute)


def _end(sim: StripeSimulator, dispute: Dispute, status: str, cause: Cause) -> None:
    dispute.status = status
    tell_dispute(sim, "closed", dispute, cause)


def _withdraw(sim: StripeSimulator, dispute: Dispute) -> None:
    dispute.movements.append(sim.books.move("adjustment", -dispute.amount, dispute.charge, dispute.id, sim.now()))


def _decide_later(sim: StripeSimulator, dispute: Dispute) -> None:
    wanted = {WINNING: win, LOSING: lose, ESCALATING: escalate}.get(str(dispute.evidence.get("uncategorized_text")))
    if wanted is None:
        return

    async def later() -> None:
        if dispute.is_open:
            wanted(sim, dispute)

    sim.after(sim.options.dispute_seconds, later)


def _refuse_decided(dispute: Dispute) -> None:
    if not dispute.is_open:
        raise bad_request(f"This dispute is already closed: its status is {dispute.status}.")
