"""How money goes back: a refund that staff asked for, from the provider's hands to the buyer's, and a return."""

from __future__ import annotations

import json
from typing import Any

from commerce.payments.links import Purpose
from commerce.payments.messages import RefundMessage
from commerce.runtime.secrets import callback_links
from sandbox.bench.events import Event, load
from sandbox.bench.flows_after_sale import move_event
from sandbox.bench.world import LINES, Run, World


def money_back(world: World, run: Run, number: str) -> None:
    """Run them for an order that was paid, sent and partly refunded."""
    asked = world.bus_event("refund_payment", number, "RefundRequested", "late_payment")
    run("refund: handed to the provider", "refund_payment", asked)
    token = callback_links("").address(Purpose.REFUND, number, 1).rsplit("/", 1)[1]
    report = load("receive_daraja_result", "payout_done", order_number=number, token=token)
    run("refund: webhook", "receive_daraja_result", report)
    run(
        "refund: done",
        "refund_payment",
        _message(number, RefundMessage(number, 1, kind="result", result=report["body"])),
    )
    run("e-mail: refunded", "notify_customer", world.bus_event("notify_customer", number, "RefundSucceeded"))
    _return(world, run, number)


def _return(world: World, run: Run, number: str) -> None:
    run("carrier: parcel delivered", "track_shipment", move_event(number, "delivered"))
    sku = LINES[0][0]
    run("return: asked for", "request_return", load("request_return", "ask", order_number=number, sku=sku))
    run("return: approved", "serve_staff", _decision(world, number, "approve", {"reason": "It came broken"}))
    line = {"sku": sku, "quantity": 1, "fate": "restock"}
    received = {"items": [line], "reason": "Looked at on arrival"}
    run("return: goods taken in, money goes back", "serve_staff", _decision(world, number, "receive", received))


def _decision(world: World, number: str, step: str, body: dict[str, Any]) -> Event:
    event, path = load("serve_staff", "send_parcel", order_number=number), f"/admin/orders/{number}/returns/1/{step}"
    event["headers"]["idempotency-key"] = f"benchmark-{step}"
    event["requestContext"]["http"]["path"] = path
    event |= {"rawPath": path, "routeKey": f"POST {path}", "body": json.dumps(body)}
    return world.with_code(event)


def _message(number: str, message: RefundMessage) -> Event:
    """Return the queue's event that holds a message."""
    event = load("refund_payment", "later_try", order_number=number)
    event["Records"][0]["body"] = message.to_json()
    return event
