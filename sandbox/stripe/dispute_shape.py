"""A dispute, an event and the balance as JSON, with the member names of Stripe's own fixtures."""

from datetime import timedelta

from sandbox.stripe.books import Books
from sandbox.stripe.charge_shape import movement_view
from sandbox.stripe.errors import Json
from sandbox.stripe.intent_shape import seconds
from sandbox.stripe.models import Dispute, Event
from sandbox.stripe.options import API_VERSION

EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip

TIME_TO_ANSWER = timedelta(days=7)
NETWORK_REASONS = {"fraudulent": "10.4", "product_not_received": "13.1"}


def dispute_view(books: Books, dispute: Dispute) -> Json:
    """A dispute."""
    code = NETWORK_REASONS.get(dispute.reason)
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [movement_view(books.movements[one]) for one in dispute.movements],
        "charge": dispute.charge.id,
        "created": seconds(dispute.created),
        "currency": dispute.charge.currency,
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), **dispute.evidence, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": seconds(dispute.created + TIME_TO_ANSWER),
            "enhanced_eligibility": {},
            "has_evidence": bool(dispute.evidence),
            "past_due": False,
            "submission_count": dispute.submissions,
        },
        "is_charge_refundable": dispute.inquiry and dispute.is_open,
        "livemode": False,
        "metadata": dict(dispute.metadata),
        "payment_intent": dispute.charge.intent.id,
        "payment_method_details": {
            "card": {
                "brand": dispute.charge.method.card.brand,
                "case_type": "inquiry" if dispute.inquiry else "chargeback",
                "network": dispute.charge.method.card.brand,
                "network_reason_code": code.split(".")[0] if code and dispute.inquiry else code,
            },
            "type": "card",
        },
        "reason": dispute.reason,
        "status": dispute.status,
    }


def event_view(event: Event) -> Json:
    """An event's envelope as it was made, with what is still to be delivered."""
    return {**event.body, "pending_webhooks": 0 if event.delivered or event.given_up else 1}


def event_body(event_id: str, kind: str, shown: Json, created: int, **more: Json | None) -> Json:
    """The envelope of one event: `previous` and `request` may be given."""
    data: Json = {"object": shown}
    if more.get("previous"):
        data["previous_attributes"] = more["previous"]
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": more.get("request") or {"id": None, "idempotency_key": None},
        "type": kind,
    }


def balance_view(books: Books) -> Json:
    """What the account holds, by currency; all of it is available at once."""
    totals: dict[str, int] = {}
    for one in books.movements.values():
        totals[one.currency] = totals.get(one.currency, 0) + one.amount
    held = totals or {"usd": 0}

    def lines(amounts: dict[str, int]) -> list[Json]:
        return [{"amount": sum_, "currency": name, "source_types": {"card": sum_}} for name, sum_ in amounts.items()]

    return {
        "object": "balance",
        "available": lines(held),
        "connect_reserved": [{"amount": 0, "currency": name} for name in held],
        "livemode": False,
        "pending": lines(dict.fromkeys(held, 0)),
    }
