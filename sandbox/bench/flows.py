"""Walks one order through each of its flows, once, with everything counted."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from commerce.kernel.clock import to_text
from sandbox.bench.daraja import NO_ANSWER, PAID
from sandbox.bench.events import Event, load
from sandbox.bench.world import Measured, World

#: Past the reservation and the grace that a pending payment gives it.
PAST_DUE = timedelta(minutes=18)
WAITING = 1_000
DUE = 10
#: Orders that DynamoDB takes in one BatchWriteItem.
BATCH = 25


@dataclass
class Flows:
    """What each flow did, by name, and the rows of the order they leave behind."""

    done: dict[str, tuple[str, Measured]] = field(default_factory=dict)
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Measured:
        return self.done[name][1]

    def function(self, name: str) -> str:
        """Return the function that a flow runs in."""
        return self.done[name][0]


def walk(world: World) -> Flows:
    """Run every flow. Token, secret and connections are warm before the first one is counted."""
    flows = Flows()
    _warm_up(world)
    _paid(world, flows)
    _unpaid(world, flows)
    _sweeps(world, flows)
    return flows


def _warm_up(world: World) -> None:
    number = world.place()
    world.call("receive_stk_callback", world.callback_event(number))
    world.call("verify_payment", world.claim_event(number))


def _paid(world: World, flows: Flows) -> None:
    key = str(uuid.uuid4())

    def run(name: str, function: str, event: Event) -> Measured:
        flows.done[name] = (function, world.measure(function, event))
        return flows[name]

    placed = run("checkout", "start_checkout", world.checkout_event(key))
    number = json.loads(placed.answer["body"])["order"]["number"]
    run("checkout again, same key", "start_checkout", world.checkout_event(key))
    run("status", "show_order", load("show_order", "by_number_and_email", order_number=number))
    flows.rows += order_rows(world, number)
    distant = json.loads(world.call("start_checkout", world.checkout_event(case="several_lines"))["body"])
    flows.rows += [
        (f"{name}, full address upcountry", row)
        for name, row in order_rows(world, distant["order"]["number"])
        if name == "order"
    ]
    run("callback", "receive_stk_callback", world.callback_event(number))
    run("settle", "verify_payment", world.claim_event(number))
    run("first check, already settled", "verify_payment", load("verify_payment", "order_placed", order_number=number))
    run("relay", "relay_events", load("relay_events", "order_placed", order_number=number))
    run("e-mail: placed", "notify_customer", load("notify_customer", "order_placed", order_number=number))
    run("e-mail: paid", "notify_customer", mail_event(number, "PaymentConfirmed", confirmed(number)))
    run("e-mail: paid, again", "notify_customer", mail_event(number, "PaymentConfirmed", confirmed(number)))
    flows.rows += [(f"{name}, settled", row) for name, row in order_rows(world, number)]


def _unpaid(world: World, flows: Flows) -> None:
    number = world.place()
    world.daraja.outcome = NO_ANSWER
    event = world.claim_event(number, "failure_claim")
    flows.done["check: nobody paid"] = ("verify_payment", world.measure("verify_payment", event))
    world.daraja.outcome = PAID
    event = mail_event(number, "OrderExpired", {"order_number": number})
    flows.done["e-mail: expired"] = ("notify_customer", world.measure("notify_customer", event))


def _sweeps(world: World, flows: Flows) -> None:
    every_minute = load("expire_reservations", "every_minute")

    def sweep(name: str) -> None:
        flows.done[name] = ("expire_reservations", world.measure("expire_reservations", every_minute))

    world.daraja.outcome = NO_ANSWER
    world.clock.ahead += PAST_DUE
    world.call("expire_reservations", every_minute)
    sweep("sweep: 0 due")
    _add_waiting(world, dict(flows.rows)["order"])
    sweep(f"sweep: 0 due, {WAITING:,} waiting")
    ended = [world.place() for _ in range(DUE)]
    for number in ended:
        world.call("verify_payment", world.claim_event(number, "failure_claim"))
    world.clock.ahead += PAST_DUE
    sweep(f"sweep: {DUE} due, attempts ended")
    for _ in range(DUE):
        world.place()
    world.clock.ahead += PAST_DUE
    sweep(f"sweep: {DUE} due, attempts live")
    world.daraja.outcome = PAID


def _add_waiting(world: World, order: dict[str, Any]) -> None:
    """Put copies of a real order that waits for its payment, none due for a day, beside the others."""
    tomorrow = to_text(world.clock.now() + timedelta(days=1))
    copies = [
        {**order, "pk": {"S": f"WAITING{place:03d}"}, "due_shard": {"S": str(place % 4)}, "due_at": {"S": tomorrow}}
        for place in range(WAITING)
    ]
    for start in range(0, WAITING, BATCH):
        puts = [{"PutRequest": {"Item": copy}} for copy in copies[start : start + BATCH]]
        world.client.batch_write_item(RequestItems={world.tables["orders"]: puts})


def order_rows(world: World, number: str) -> list[tuple[str, dict[str, Any]]]:
    """Return an order's rows by what they are, events included."""
    rows: list[tuple[str, dict[str, Any]]] = []
    for table, key in (("orders", number), ("events", f"order/{number}")):
        found = world.client.query(
            TableName=world.tables[table],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": key}},
            ConsistentRead=True,
        )["Items"]
        for row in found:
            name = f"event {row['type']['S']}" if table == "events" else row["sk"]["S"].partition("#")[0].lower()
            rows.append((name, row))
    return rows


def confirmed(number: str) -> dict[str, Any]:
    """Return the facts of a confirmed payment."""
    return {"order_number": number, "attempt": 1, "currency": "KES", "amount": 100_000, "receipt": "TKM4A1B2C3"}


def mail_event(number: str, kind: str, data: dict[str, Any], sequence: str = "00000009") -> Event:
    """Return the bus's message of another event than the one on file."""
    event = load("notify_customer", "order_placed", order_number=number)
    record = event["Records"][0]
    body = json.loads(record["body"])
    detail = {"id": f"order/{number}/{sequence}", "type": kind, "sequence": sequence, "data": data}
    body |= {"detail-type": kind, "detail": {**body["detail"], **detail}}
    record["body"] = json.dumps(body)
    return event
