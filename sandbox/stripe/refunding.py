"""Refunds: through the API or from the dashboard, and what becomes of them later."""

from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, bad_request
from sandbox.stripe.events import NOBODY, Cause, tell_charge, tell_refund
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.models import Charge, Intent, Metadata, Refund

FAILURE = "expired_or_canceled_card"


def charge_to_refund(sim: StripeSimulator, intent: Intent) -> Charge:
    """The successful charge of a PaymentIntent. Raises StripeRefusal when there is none."""
    charge = sim.books.charges.get(intent.latest_charge or "")
    if charge is None or not charge.paid:
        raise bad_request(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.", param="payment_intent"
        )
    return charge


def refund(
    sim: StripeSimulator,
    charge: Charge,
    amount: int | None = None,
    *,
    reason: str | None = None,
    metadata: Metadata | None = None,
    cause: Cause = NOBODY,
) -> Refund:
    """Give back `amount` minor units, or all that is left.

    Raises:
        StripeRefusal: nothing or not that much is left (charge_already_refunded), the charge failed, or a
            chargeback has taken its money (charge_disputed).
    """
    _check(sim, charge, amount)
    given = charge.unrefunded if amount is None else amount
    status = "pending" if charge.method.card.refunds == "pending" else "succeeded"
    made = Refund(new_id("re"), charge, given, sim.now(), status, reason, dict(metadata or {}))
    sim.books.refunds[made.id] = made
    previous: Json = {"amount_refunded": charge.amount_refunded}
    if given == charge.unrefunded:
        previous["refunded"] = False
    charge.amount_refunded += given
    made.movement = sim.books.move("refund", -given, charge, made.id, sim.now())
    tell_refund(sim, "refund.created", made, cause)
    tell_charge(sim, "refunded", charge, cause, previous)
    _later(sim, made)
    return made


def fail(sim: StripeSimulator, refund: Refund) -> None:
    """The bank sends a refund back: the money is the shop's again.

    Raises:
        StripeRefusal: the refund has failed before.
    """
    if refund.status == "failed":
        raise bad_request("This refund has failed already.")
    previous: Json = {"status": refund.status}
    refund.status, refund.failure_reason = "failed", FAILURE
    refund.charge.amount_refunded -= refund.amount
    refund.failure_movement = sim.books.move("refund_failure", refund.amount, refund.charge, refund.id, sim.now())
    tell_refund(sim, "refund.failed", refund)
    tell_refund(sim, "refund.updated", refund, NOBODY, previous)
    tell_refund(sim, "charge.refund.updated", refund, NOBODY, previous)


def _check(sim: StripeSimulator, charge: Charge, amount: int | None) -> None:
    if not charge.paid:
        raise bad_request(f"Charge {charge.id} did not succeed.", "charge_not_refundable")
    dispute = sim.books.disputes.get(charge.dispute or "")
    if dispute is not None and not dispute.inquiry and dispute.status != "won":
        raise bad_request(f"Charge {charge.id} has been charged back; cannot issue a refund.", "charge_disputed")
    if charge.unrefunded == 0:
        raise bad_request(f"Charge {charge.id} has already been refunded.", "charge_already_refunded")
    if amount is not None and amount < 1:
        raise bad_request("Invalid positive integer", "parameter_invalid_integer", "amount")
    if amount is not None and amount > charge.unrefunded:
        raise bad_request(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({charge.unrefunded})",
            param="amount",
        )


def _later(sim: StripeSimulator, made: Refund) -> None:
    kind = made.charge.method.card.refunds
    if kind == "now":
        return

    async def later() -> None:
        if kind == "fails" and made.status != "failed":
            fail(sim, made)
        elif made.status == "pending":
            made.status = "succeeded"
            tell_refund(sim, "refund.updated", made, NOBODY, {"status": "pending"})
            tell_refund(sim, "charge.refund.updated", made, NOBODY, {"status": "pending"})

    sim.after(sim.options.refund_seconds, later)
