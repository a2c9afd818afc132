"""What each event must be answered with, and what it must leave behind: here and nowhere else.

The answers are those of `tests/handlers`, where each case is played in process and looked at closely. Where a case is
answered otherwise there, it is because it finds other orders: here each finds one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Http:
    """An answer to a client."""

    status: int
    problem: str = ""
    """The slug of its type, where it is a problem (RFC 9457)."""
    events: tuple[str, ...] = ()
    """What the trail of the case's order gains."""
    queued: str = ""
    """The queue that gets one message about it."""


@dataclass(frozen=True)
class Batch:
    """What a worker makes of its messages."""

    failed: tuple[int, ...] = ()
    """Which go back, by their place from 1."""
    events: tuple[str, ...] = ()
    queued: str = ""
    messages: int = 1
    mails: int = 0
    """How many e-mails about the order were sent."""


@dataclass(frozen=True)
class Raised:
    """A batch of which nothing could be done: Lambda is to give all of it back."""

    error: str
    events: tuple[str, ...] = ()
    queued: str = ""


@dataclass(frozen=True)
class Told:
    """What a scheduled function says that it did; members left out here may be anything."""

    members: dict[str, Any]
    events: tuple[str, ...] = ()
    queued: str = ""


Expected = Http | Batch | Raised | Told

OK, CREATED, ABSENT = Http(200), Http(201), Http(404, "not-found")
NO_KEY, UNREADABLE, INVALID = Http(400, "bad-header"), Http(400, "unreadable-body"), Http(422, "invalid-request")
UNSIGNED = Http(401, "bad-signature")
ORDERED = Http(201, events=("OrderPlaced", "PaymentPrompted"))
#: Providers' webhooks answer in the provider's words, which know no problems.
TURNED_AWAY = Http(404)
CHECK, REFUND, TRACK = (
    Http(200, queued="VerifyQueue"),
    Http(200, queued="RefundQueue"),
    Http(200, queued="CarrierQueue"),
)
DONE = Batch()

EXPECTED: dict[str, dict[str, Expected]] = {
    "anchor_audit": {"every_night": Told({"first_day": "2026-11-22"})},
    "archive_events": {"inserted_changed_removed": DONE, "order_placed": DONE},
    "browse_catalog": {
        "categories": OK,
        "product": OK,
        "products": OK,
        "products_of_category": OK,
        "reviews": OK,
        "reviews_of_unknown_product": ABSENT,
        "shipping_quotes": OK,
        "unknown_product": ABSENT,
        "unknown_zone": INVALID,
        "wrong_limit": INVALID,
    },
    "check_voucher": {
        "basket_alone": OK,
        "free_delivery": OK,
        "percent_off": OK,
        "unknown_code": Http(422, "voucher-refused"),
        "unknown_sku": INVALID,
        "wrong_fields": INVALID,
    },
    "expire_reservations": {"every_minute": Told({"seen": 1, "expired": 1, "busy": 0}, events=("OrderExpired",))},
    "heal_failures": {"every_five_minutes": Told({"skipped": None, "letters": 1}, queued="VerifyQueue")},
    "notify_customer": {
        "nothing_to_tell": DONE,
        "order_placed": Batch(mails=1),
        "payment_confirmed_three_times": Batch(mails=1),
        "poison_among_others": Batch(failed=(1,), mails=1),
        "refund_succeeded": Batch(mails=1),
    },
    "offer_payment_methods": {
        "in_dollars": OK,
        "in_shillings": OK,
        "too_much": OK,
        "wrong_currency": INVALID,
        "wrong_total": INVALID,
    },
    "project_orders": {
        "order_placed": DONE,
        "poison_among_events": Batch(failed=(1, 3)),
        "prompted_before_placed": DONE,
        "review_of_an_order": DONE,
    },
    "receive_carrier_event": {
        "delivered": TRACK,
        "delivered_base64": TRACK,
        "exception": TRACK,
        "forged_signature": UNSIGNED,
        "in_transit": TRACK,
        "malformed_json": UNREADABLE,
        "unknown_carrier": UNSIGNED,
        "without_signature": UNSIGNED,
        "wrong_status": INVALID,
    },
    "receive_daraja_result": {
        "already_reversed": REFUND,
        "forged_token": TURNED_AWAY,
        "no_funds": REFUND,
        "payment_record": REFUND,
        "payout_done": REFUND,
        "reversal_done": REFUND,
        "timeout": REFUND,
        "unknown_kind": TURNED_AWAY,
    },
    "receive_stk_callback": {
        "cancelled": CHECK,
        "forged_token": TURNED_AWAY,
        "malformed_body": CHECK,
        "malformed_token": TURNED_AWAY,
        "paid": CHECK,
        "paid_from_elsewhere": CHECK,
        "unreachable_base64": CHECK,
        "vendor_code": CHECK,
    },
    "receive_stripe_event": {
        "card_declined": CHECK,
        "charge_refunded": REFUND,
        "customer_created": OK,
        "dispute_created": REFUND,
        "dispute_created_base64": REFUND,
        "forged": Http(400, "signature-refused"),
        "intent_of_another_shop": OK,
        "intent_succeeded": CHECK,
        "refund_failed": REFUND,
        "unsigned": Http(400, "signature-refused"),
    },
    "record_security_events": {
        "poison_among_others": Batch(failed=(1, 3, 4, 5)),
        "refusals": DONE,
        "unreadable_callback": DONE,
    },
    "refund_payment": {
        "amount_in_doubt": DONE,
        "last_look_for_record": Batch(events=("PaymentRecordMissing",)),
        "last_try": Batch(events=("RefundFailed",)),
        "late_payment": Batch(events=("RefundSent",)),
        "later_try": Batch(events=("RefundSent",)),
        "no_funds": Batch(events=("RefundFailed",)),
        "payment_record": Batch(events=("PaymentConfirmed",)),
        "poison_among_others": Batch(failed=(2, 4), events=("RefundSent",)),
        "reversal_done": Batch(events=("RefundSucceeded",)),
        "status_answer": DONE,
        "timeout": DONE,
    },
    "relay_events": {
        "inserted_changed_removed": Batch(queued="BoardQueue", messages=2),
        "order_placed": Batch(queued="BoardQueue"),
    },
    "request_return": {
        "ask": Http(201, events=("ReturnRequested",)),
        "ask_for_credit": Http(201, events=("ReturnRequested",)),
        "malformed_json": UNREADABLE,
        "malformed_number": ABSENT,
        "more_than_was_sent": Http(409, "not-returnable"),
        "without_key": NO_KEY,
        "wrong_email": ABSENT,
        "wrong_fields": INVALID,
    },
    "retry_payment": {
        "malformed_number": ABSENT,
        "pay_again": Http(201, events=("PaymentRestarted", "PaymentPrompted")),
        "without_key": NO_KEY,
        "wrong_email": ABSENT,
        "wrong_phone": INVALID,
    },
    "serve_customer": {
        "add_unknown_wish": ABSENT,
        "add_wish": Http(204),
        "cart": OK,
        "drop_wish": Http(204),
        "me": OK,
        "me_without_token": Http(401, "not-signed-in"),
        # One after the other, as they stand here: the second replaces version 1, so the third comes too late.
        "save_cart": OK,
        "save_cart_if_match": OK,
        "save_cart_odd_if_match": NO_KEY,
        "save_cart_over_version": Http(409, "cart-changed"),
        "save_cart_twice_one_sku": INVALID,
        "save_malformed_cart": UNREADABLE,
        "save_wrong_cart": INVALID,
        "wishlist": OK,
        "write_review": CREATED,
        "write_review_with_html": INVALID,
        "write_review_wrong_email": ABSENT,
        "write_wrong_review": INVALID,
    },
    "serve_staff": {
        "audit_day": OK,
        "cancel_an_order": Http(200, events=("OrderCancelled",)),
        "change_prices": OK,
        "correct_stock": OK,
        "customers_token": Http(403, "not-permitted"),
        "export_orders": OK,
        "find_orders": OK,
        "find_orders_of_a_buyer": OK,
        "find_wrong_cursor": INVALID,
        "open_voucher": OK,
        "pending_reviews": OK,
        "prove_order": OK,
        "refund_part": Http(201, events=("RefundRequested",)),
        "refund_without_reason": INVALID,
        "send_parcel": Http(201, events=("ShipmentSent",)),
        "send_parcel_without_key": NO_KEY,
        "show_events": OK,
        "show_one_order": OK,
        "without_token": Http(401, "not-signed-in"),
    },
    "show_order": {
        "by_number_and_email": OK,
        "email_in_capitals": OK,
        "malformed_number": ABSENT,
        "without_email": ABSENT,
        "wrong_email": ABSENT,
        "wrong_number": ABSENT,
    },
    "start_checkout": {
        "dollars_by_mpesa": INVALID,
        "key_too_long": NO_KEY,
        "malformed_json": UNREADABLE,
        "missing_fields": INVALID,
        "more_than_there_is": Http(409, "out-of-stock"),
        "no_object": INVALID,
        "own_prices": ORDERED,
        "place_order": ORDERED,
        "place_order_base64": ORDERED,
        "place_order_signed_in": ORDERED,
        "several_lines": ORDERED,
        "unknown_credit": Http(422, "credit-refused"),
        "unknown_sku": INVALID,
        "unknown_voucher": Http(422, "voucher-refused"),
        "unknown_zone": INVALID,
        "with_credit": ORDERED,
        "with_voucher": ORDERED,
        "without_key": NO_KEY,
        "wrong_fields": INVALID,
    },
    "track_shipment": {
        "another_carrier": DONE,
        "delivered_before_in_transit": Batch(events=("OrderDelivered",)),
        "exception_twice": Batch(events=("ShipmentMoved",)),
        "in_transit": Batch(events=("ShipmentMoved",)),
        "no_such_shipment": DONE,
        "poison_among_others": Batch(failed=(2, 3, 4), events=("ShipmentMoved",)),
    },
    "verify_audit": {
        "a_day": Told({"first_day": "2026-11-22", "sound": True}),
        "an_order": Told({"sound": True, "checked": 3}),
        "every_night": Told({"complete": True}),
    },
    "verify_payment": {
        "callback_claim": Batch(events=("PaymentConfirmed",)),
        "failure_claim": Batch(events=("PaymentFailed",)),
        "last_check": Batch(events=("PaymentUnresolved",)),
        "later_check": DONE,
        "order_placed": DONE,
        "payment_restarted": DONE,
        "poison_alone": Raised("BatchProcessingError"),
        "poison_among_others": Batch(failed=(2, 3, 4)),
    },
}
