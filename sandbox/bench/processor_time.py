"""Processor time of a function's handler, in this process: the least of many calls."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sandbox.bench.events import Event, load
from sandbox.bench.flows_after_sale import move_event, report_event
from sandbox.bench.flows_of_trust import NOTHING_WRONG
from sandbox.bench.report import Section
from sandbox.bench.world import World

CALLS = 25
#: How long orders are placed one after the other.
SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor microseconds of a call: the least and the median of the calls made."""

    least: float
    usual: float


def measure(world: World) -> dict[str, Cost]:
    """Take the processor time of each flow that an order goes through, and of healing."""
    numbers = [world.place() for _ in range(CALLS)]
    cards = [world.place(world.card_event()) for _ in range(CALLS)]
    first = numbers[0]
    until_paid: dict[str, tuple[str, Iterable[Event]]] = {
        "checkout": ("start_checkout", [world.checkout_event() for _ in range(CALLS)]),
        "card: checkout": ("start_checkout", [world.card_event() for _ in range(CALLS)]),
        "status": ("show_order", [load("show_order", "by_number_and_email", order_number=first)] * CALLS),
        "callback": ("receive_stk_callback", [world.callback_event(first)] * CALLS),
        "card: webhook": ("receive_stripe_event", [world.stripe.event(cards[0])] * CALLS),
        "settle": ("verify_payment", [world.claim_event(number) for number in numbers]),
        "card: settle": ("verify_payment", [world.hint_event(number) for number in cards]),
        "first check, already settled": (
            "verify_payment", [load("verify_payment", "order_placed", order_number=number) for number in numbers],
        ),
        "relay": ("relay_events", [load("relay_events", "order_placed", order_number=first)] * CALLS),
    }  # fmt: skip
    costs = {name: _time(world, function, events) for name, (function, events) in until_paid.items()}
    paid = [world.bus_event("notify_customer", number, "PaymentConfirmed") for number in numbers]
    afterwards: dict[str, tuple[str, Iterable[Event]]] = {
        "e-mail: paid": ("notify_customer", paid),
        "board: paid": ("project_orders", paid),
        "staff: send a parcel": (
            "serve_staff", [load("serve_staff", "send_parcel", order_number=number) for number in numbers],
        ),
        "carrier: webhook": ("receive_carrier_event", [report_event(first)] * CALLS),
        "carrier: parcel moves": ("track_shipment", [move_event(number) for number in numbers]),
        NOTHING_WRONG: ("heal_failures", _healings(world)),
    }  # fmt: skip
    return costs | {name: _time(world, function, events) for name, (function, events) in afterwards.items()}


def _healings(world: World) -> Iterator[Event]:
    """Yield the events of runs that come five minutes after one another."""
    for _ in range(CALLS):
        world.clock.ahead += timedelta(minutes=5)
        yield load("heal_failures", "every_five_minutes")


def orders_per_second(world: World) -> float:
    """Place orders one after the other in one thread; return how many a second."""
    placed, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        world.place()
        placed += 1
    return placed / (time.perf_counter() - started)


def processor_time(costs: dict[str, Cost], rate: float, engine: str) -> Section:
    """Show the figures."""
    section = Section("Processor time per call")
    section.notes = [
        f"This thread's processor time in the handler (the providers and {engine} run elsewhere), least and median of "
        f"{CALLS} calls, in microseconds. Each AWS request takes some 800 of them, whatever the shop does.",
        "Lambda gives 1,024 MB 58 % of a processor, so a call takes 1.7 times as long there on a processor as fast.",
    ]
    table = section.table("Warm calls", "flow", "least", "median")
    for name, cost in costs.items():
        table.add(name, round(cost.least), round(cost.usual))
    table = section.table(
        "One process, one order after the other, by M-Pesa; provider and clients in the same process", "what", ""
    )
    table.add("orders placed a second", rate)
    return section


def _time(world: World, function: str, events: Iterable[Event]) -> Cost:
    took: list[float] = []
    for event in events:
        started = time.thread_time()
        world.call(function, event)
        took.append((time.thread_time() - started) * 1_000_000)
    return Cost(min(took), median(took))
