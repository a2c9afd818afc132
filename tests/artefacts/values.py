"""What each event's placeholders stand for: orders in the state that its function works on."""

from __future__ import annotations

import base64
from typing import Any

from commerce.payments.links import Purpose
from commerce.payments.port import Refused
from tests.artefacts.world import LAPTOP, World, receipt_of
from tests.handlers.event_files import Event
from tests.support.reviews import order_of
from tests.support.vouchers import give_credit, publish, voucher

#: An order that nobody placed: of some functions nothing but the number is asked.
SOME_NUMBER = "0123456789"
CANCELLED = Refused("1032", "cancelled")


def event_of(world: World, function: str, case: str) -> tuple[Event, str]:
    """Return an event, ready to be sent, and the number of the order that it is about, if it is about one."""
    known = _known(world, function, case)
    number = str(known.get("order_number", ""))
    event = world.event(function, case, **known)
    if known.get("signature") == "":
        _sign(world, function, case, event)
    if function == "refund_payment":
        for record in event["Records"]:
            record["body"] = record["body"].replace("TKM4A1B2C3", receipt_of(number))
    return event, number


def _known(world: World, function: str, case: str) -> dict[str, Any]:
    match function:
        case "anchor_audit":
            world.audited(signed=False)
        case "expire_reservations":
            return {"order_number": world.due().order.number}
        case "heal_failures":
            return {"order_number": world.lost_check().order.number}
        case "receive_stk_callback":
            placed = world.order()
            attempt = world.account(placed.order.number).attempts[1]
            token = world.token(Purpose.PAYMENT, placed.order.number)
            references = {"request_id": attempt.request_id, "payment_id": attempt.payment_id}
            return {"order_number": placed.order.number, "token": token, **references}
        case "receive_daraja_result":
            purpose = Purpose.RECORD if case == "payment_record" else Purpose.REFUND
            return {"order_number": SOME_NUMBER, "token": world.token(purpose, SOME_NUMBER)}
        case "receive_carrier_event" | "receive_stripe_event":
            return {"order_number": SOME_NUMBER, "signature": ""}
        case "relay_events" | "archive_events":
            return {"order_number": SOME_NUMBER}
        case "verify_payment":
            return _verifying(world, case)
        case "refund_payment":
            doubtful = case in {"amount_in_doubt", "last_look_for_record", "payment_record"}
            return {"order_number": (world.doubtful() if doubtful else world.late()).order.number}
        case "track_shipment":
            return {"order_number": world.shipped().order.number}
        case "request_return":
            placed = world.shipped()
            return {"order_number": placed.order.number, "sku": placed.order.terms.lines[0].sku}
        case "retry_payment":
            return {"order_number": world.settled(world.order(), CANCELLED).order.number}
        case "serve_staff" | "verify_audit":
            if case in {"audit_day", "a_day", "every_night"}:
                world.audited(verified=case == "audit_day")
            return {"order_number": world.paid().order.number}
        case "serve_customer":
            return {"order_number": order_of(world.shop, f"to review: {case}", LAPTOP)}
        case "start_checkout":
            # Staff may have changed what it promises meanwhile.
            publish(world.shop.database, world.shop.clock, voucher("KARIBU10"))
            return {"credit": give_credit(world.shop.database, 50_000, of=case)}
        case "show_order" | "notify_customer" | "project_orders":
            return {"order_number": world.order().order.number}
    return {}


def _verifying(world: World, case: str) -> dict[str, Any]:
    if case == "payment_restarted":
        placed = world.shop.pay_again(world.settled(world.order(), CANCELLED), "pay again")
    else:
        placed = world.prompted({"callback_claim": "pay", "failure_claim": "cancel"}.get(case, ""))
    attempt = world.account(placed.order.number).attempts[1]
    references = {"request_id": attempt.request_id, "payment_id": attempt.payment_id}
    return {"order_number": placed.order.number, **references}


def _sign(world: World, function: str, case: str, event: Event) -> None:
    """Sign what was posted, as who posts it does; nobody can sign for a carrier that there is not."""
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    name = "stripe-signature" if function == "receive_stripe_event" else "salama-signature"
    if event["headers"].get(name) == "":
        carrier = None if function == "receive_stripe_event" else event["pathParameters"]["carrier"]
        event["headers"][name] = world.signed(body, carrier)
