"""What happens to a paid order: its parcel, its buyer's questions, its refund, and its row on the staff's board."""

from __future__ import annotations

import hmac
import json
import time
from hashlib import sha256
from typing import Any

from commerce.fulfilment.signatures import HEADER
from sandbox.bench.events import Event, load
from sandbox.bench.opening import CARRIER_SECRET
from sandbox.bench.world import Run, World, order_rows

CARRIER, TRACKING = "g4s", "G4S-0001"


def after_sale(world: World, run: Run, number: str) -> list[tuple[str, dict[str, Any]]]:
    """Run them for a paid order; return its parcel's row and its row on the board."""
    run("staff: send a parcel", "serve_staff", load("serve_staff", "send_parcel", order_number=number))
    run("e-mail: parcel sent", "notify_customer", world.bus_event("notify_customer", number, "ShipmentSent"))
    run("board: parcel sent", "project_orders", world.bus_event("project_orders", number, "ShipmentSent"))
    world.call("receive_carrier_event", report_event(number))
    run("carrier: webhook", "receive_carrier_event", report_event(number))
    run("carrier: parcel moves", "track_shipment", move_event(number))
    run("status, with a parcel", "show_order", load("show_order", "by_number_and_email", order_number=number))
    refund = world.with_code(load("serve_staff", "refund_part", order_number=number))
    run("staff: refund a part", "serve_staff", refund)
    run("staff: find orders", "serve_staff", load("serve_staff", "find_orders"))
    rows = [(name, row) for name, row in order_rows(world, number) if name == "shipment"]
    return rows + [("board, parcel sent", row) for row in world.partition("board", f"ORDER#{number}")]


def report_event(number: str) -> Event:
    """Return a carrier's signed report that a parcel is on its way."""
    event = load("receive_carrier_event", "in_transit", order_number=number, signature="")
    body = json.dumps(json.loads(event["body"]) | {"tracking": TRACKING})
    moment = str(int(time.time()))
    signed = hmac.digest(CARRIER_SECRET.encode(), f"{moment}.{body}".encode(), sha256).hex()
    event["headers"][HEADER] = f"t={moment},v1={signed}"
    return event | {"body": body, "pathParameters": {"carrier": CARRIER}}


def move_event(number: str, status: str = "in_transit") -> Event:
    """Return the queue's message that such a report led to."""
    event = load("track_shipment", "in_transit", order_number=number)
    record = event["Records"][0]
    told = {"carrier": CARRIER, "tracking": TRACKING, "status": status, "id": f"{TRACKING}-{status}"}
    record["body"] = json.dumps(json.loads(record["body"]) | told)
    return event
