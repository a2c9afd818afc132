"""A PaymentIntent and a PaymentMethod as JSON, with the member names of Stripe's own fixtures."""

from datetime import datetime

from sandbox.stripe.errors import Json
from sandbox.stripe.models import Intent, PaymentMethod

EMPTY_ADDRESS: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))

PUBLIC = (
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
    "capture_method", "client_secret", "confirmation_method", "created", "currency", "description",
    "last_payment_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details",
    "payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status",
)  # fmt: skip
"""What a browser sees of a PaymentIntent with a publishable key: no metadata, no charge."""


def seconds(moment: datetime) -> int:
    """Seconds since 1970, as every time is written."""
    return int(moment.timestamp())


def intent_view(intent: Intent) -> Json:
    """The whole object, for the secret key and for events."""
    details = intent.details
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": details.get("automatic_payment_methods"),
        "canceled_at": seconds(intent.canceled_at) if intent.canceled_at else None,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": details.get("capture_method", "automatic_async"),
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": seconds(intent.created),
        "currency": intent.currency,
        "customer": None,
        "customer_account": None,
        "description": details.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": intent.error,
        "latest_charge": intent.latest_charge,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": dict(intent.metadata),
        "next_action": intent.next_action,
        "on_behalf_of": None,
        "payment_method": intent.method.id if intent.method else None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": details.get("request_three_d_secure", "automatic"),
            }
        },
        "payment_method_types": ["card"],
        "processing": {"type": "card", "card": {}} if intent.status == "processing" else None,
        "receipt_email": details.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": details.get("shipping"),
        "source": None,
        "statement_descriptor": details.get("statement_descriptor"),
        "statement_descriptor_suffix": details.get("statement_descriptor_suffix"),
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": details.get("transfer_group"),
    }


def public_view(intent: Intent) -> Json:
    """What a browser sees."""
    whole = intent_view(intent)
    return {name: whole[name] for name in PUBLIC}


def method_view(method: PaymentMethod) -> Json:
    """A PaymentMethod of the type card."""
    card = method.card
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_view(method),
        "card": {
            "brand": card.brand,
            "checks": checks_view(method),
            "country": "US",
            "display_brand": card.brand,
            "exp_month": method.exp_month,
            "exp_year": method.exp_year,
            "fingerprint": fingerprint(method),
            "funding": "credit",
            "generated_from": None,
            "last4": method.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": seconds(method.created),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def billing_view(method: PaymentMethod) -> Json:
    """`billing_details`, with every member."""
    address = {**EMPTY_ADDRESS, **(method.billing.get("address") or {})}
    names = ("email", "name", "phone", "tax_id")
    return {"address": address, **{name: method.billing.get(name) or None for name in names}}


def checks_view(method: PaymentMethod) -> Json:
    """What the bank said of address and CVC."""
    failed = method.card.decline is not None and method.card.decline.code == "incorrect_cvc"
    return {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "fail" if failed else "pass",
    }


def fingerprint(method: PaymentMethod) -> str:
    """The same for the same number."""
    return f"sandbox{method.card.number[-9:]}"
