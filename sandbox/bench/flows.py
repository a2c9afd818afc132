"""Walks one order through each of its flows, once, with everything counted: first as most are paid, by M-Pesa."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from commerce.kernel.clock import to_text
from sandbox.bench.daraja import NO_ANSWER, PAID
from sandbox.bench.events import Event, load
from sandbox.bench.flows_after_sale import after_sale
from sandbox.bench.flows_by_card import by_card
from sandbox.bench.flows_of_money_back import money_back
from sandbox.bench.flows_of_trust import trust
from sandbox.bench.flows_of_visitors import visitors
from sandbox.bench.flows_with_codes import buyer, with_codes
from sandbox.bench.opening import VOUCHERS
from sandbox.bench.world import Measured, Run, World, order_number, order_rows

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
    """Run every flow. Token, secrets and connections are warm before the first one is counted."""
    flows = Flows()

    def run(name: str, function: str, event: Event) -> Measured:
        flows.done[name] = (function, world.measure(function, event))
        return flows[name]

    _warm_up(world)
    number = _paid(world, flows, run)
    _unpaid(world, run)
    flows.rows += by_card(world, run)
    with_codes(world, run)
    flows.rows += after_sale(world, run, number)
    money_back(world, run, number)
    visitors(world, run)
    trust(world, run, number)
    _sweeps(world, flows, run)
    return flows


def _warm_up(world: World) -> None:
    world.enrol()
    number = world.place()
    world.call("receive_stk_callback", world.callback_event(number))
    world.call("verify_payment", world.claim_event(number))
    number = world.place(world.card_event())
    world.call("receive_stripe_event", world.stripe.event(number))
    world.call("verify_payment", world.hint_event(number))


def _paid(world: World, flows: Flows, run: Run) -> str:
    key = str(uuid.uuid4())
    number = order_number(run("checkout", "start_checkout", world.checkout_event(key)).answer)
    run("checkout again, same key", "start_checkout", world.checkout_event(key))
    run("status", "show_order", load("show_order", "by_number_and_email", order_number=number))
    flows.rows += order_rows(world, number)
    distant = order_number(world.call("start_checkout", world.checkout_event(case="several_lines")))
    flows.rows += [
        (f"{name}, full address upcountry", row) for name, row in order_rows(world, distant) if name == "order"
    ]
    run("board: placed", "project_orders", world.bus_event("project_orders", number, "OrderPlaced"))
    run("board: as it stood", "project_orders", world.bus_event("project_orders", number, "PaymentPrompted"))
    run("callback", "receive_stk_callback", world.callback_event(number))
    run("settle", "verify_payment", world.claim_event(number))
    run("first check, already settled", "verify_payment", load("verify_payment", "order_placed", order_number=number))
    run("relay", "relay_events", load("relay_events", "order_placed", order_number=number))
    run("board: paid", "project_orders", world.bus_event("project_orders", number, "PaymentConfirmed"))
    run("e-mail: placed", "notify_customer", world.bus_event("notify_customer", number, "OrderPlaced"))
    paid = world.bus_event("notify_customer", number, "PaymentConfirmed")
    run("e-mail: paid", "notify_customer", paid)
    run("e-mail: paid, again", "notify_customer", paid)
    flows.rows += [(f"{name}, settled", row) for name, row in order_rows(world, number)]
    return number


def _unpaid(world: World, run: Run) -> None:
    number = world.place()
    world.daraja.outcome = NO_ANSWER
    run("check: nobody paid", "verify_payment", world.claim_event(number, "failure_claim"))
    run("pay again", "retry_payment", load("retry_payment", "pay_again", order_number=number))
    world.clock.ahead += PAST_DUE
    world.call("expire_reservations", load("expire_reservations", "every_minute"))
    world.daraja.outcome = PAID
    run("e-mail: expired", "notify_customer", world.bus_event("notify_customer", number, "OrderExpired"))


def _sweeps(world: World, flows: Flows, run: Run) -> None:
    every_minute = load("expire_reservations", "every_minute")

    def sweep(name: str) -> None:
        run(name, "expire_reservations", every_minute)

    world.daraja.outcome = NO_ANSWER
    world.clock.ahead += PAST_DUE
    world.call("expire_reservations", every_minute)
    sweep("sweep: 0 due")
    _add_waiting(world, dict(flows.rows)["order"])
    sweep(f"sweep: 0 due, {WAITING:,} waiting")
    for number in [world.place() for _ in range(DUE)]:
        world.call("verify_payment", world.claim_event(number, "failure_claim"))
    world.clock.ahead += PAST_DUE
    sweep(f"sweep: {DUE} due, attempts ended")
    for _ in range(DUE):
        world.place()
    world.clock.ahead += PAST_DUE
    sweep(f"sweep: {DUE} due, attempts live")
    for place, (name, (code, _)) in enumerate(VOUCHERS.items(), start=len(VOUCHERS)):
        number = world.place(world.checkout_event(voucher=code, customer=buyer(place)))
        world.call("verify_payment", world.claim_event(number, "failure_claim"))
        world.clock.ahead += PAST_DUE
        sweep(f"sweep: 1 due, with {name}")
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
