"""A charge, a refund and a balance transaction as JSON, with the member names of Stripe's own fixtures."""

from sandbox.stripe.errors import Json
from sandbox.stripe.intent_shape import billing_view, checks_view, fingerprint, seconds
from sandbox.stripe.models import Charge, Movement, Refund

AUTHENTICATED: Json = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": None,
    "version": "2.2.0",
}


def charge_view(charge: Charge) -> Json:
    """A charge. `refunds` is not in it: since API version 2022-11-15 it comes only when expanded.

    `dispute` is not in Stripe's description of a charge any more, and still on the wire.
    """
    intent, details = charge.intent, charge.intent.details
    error = charge.error or {}
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount if charge.paid else 0,
        "amount_refunded": charge.amount_refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": charge.movement,
        "billing_details": billing_view(charge.method),
        "calculated_statement_descriptor": "SALAMA SHOP",
        "captured": charge.paid,
        "created": seconds(charge.created),
        "currency": charge.currency,
        "customer": None,
        "description": details.get("description"),
        "dispute": charge.dispute,
        "disputed": charge.disputed,
        "failure_balance_transaction": None,
        "failure_code": error.get("code"),
        "failure_message": error.get("message"),
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent.metadata),
        "on_behalf_of": None,
        "outcome": _outcome(charge),
        "paid": charge.paid,
        "payment_intent": intent.id,
        "payment_method": charge.method.id,
        "payment_method_details": {"card": _card(charge), "type": "card"},
        "receipt_email": details.get("receipt_email"),
        "receipt_number": None,
        "receipt_url": None,
        "refunded": charge.paid and charge.amount_refunded >= charge.amount,
        "review": None,
        "shipping": details.get("shipping"),
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": details.get("statement_descriptor_suffix"),
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": details.get("transfer_group"),
    }


def _outcome(charge: Charge) -> Json | None:
    if charge.status == "pending":
        return None
    decline = charge.method.card.decline
    members: Json = dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code", "reason"))
    if charge.paid or decline is None:
        return {
            **members,
            "network_status": "approved_by_network",
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        **members,
        "advice_code": decline.advice,
        "network_decline_code": None if decline.blocked else "05",
        "network_status": "not_sent_to_network" if decline.blocked else "declined_by_network",
        "reason": "highest_risk_level" if decline.blocked else (decline.decline_code or decline.code),
        "seller_message": "Stripe blocked this payment." if decline.blocked else "The bank declined this payment.",
        "type": "blocked" if decline.blocked else "issuer_declined",
    }


def _card(charge: Charge) -> Json:
    method = charge.method
    return {
        "amount_authorized": charge.amount if charge.paid else None,
        "authorization_code": "123456" if charge.paid else None,
        "brand": method.card.brand,
        "checks": checks_view(method),
        "country": "US",
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": fingerprint(method),
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": method.last4,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": method.card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": charge.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": dict(AUTHENTICATED) if charge.authenticated else None,
        "transaction_link_id": None,
        "wallet": None,
    }


def refund_view(refund: Refund) -> Json:
    """A refund; the members of a failure only when it failed."""
    card: Json = {"type": "refund", "reference_type": "acquirer_reference_number", "reference_status": "pending"}
    view: Json = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.movement,
        "charge": refund.charge.id,
        "created": seconds(refund.created),
        "currency": refund.charge.currency,
        "customer": None,
        "customer_account": None,
        "destination_details": {"card": card, "type": "card"},
        "metadata": dict(refund.metadata),
        "payment_intent": refund.charge.intent.id,
        "payment_method": refund.charge.method.id,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    if refund.status == "pending":
        view["pending_reason"] = "processing"
    if refund.status == "failed":
        view["failure_reason"] = refund.failure_reason
        view["failure_balance_transaction"] = refund.failure_movement
    return view


REPORTED = {"charge": "charge", "refund": "refund", "refund_failure": "refund_failure", "adjustment": "dispute"}


def movement_view(movement: Movement) -> Json:
    """A balance transaction. The sandbox takes no fees."""
    at = seconds(movement.created)
    return {
        "id": movement.id,
        "object": "balance_transaction",
        "amount": movement.amount,
        "available_on": at,
        "balance_type": "payments",
        "created": at,
        "currency": movement.currency,
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": movement.amount,
        "reporting_category": REPORTED[movement.kind],
        "source": movement.source,
        "status": "available",
        "type": movement.kind,
    }
