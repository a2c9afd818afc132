"""What so many orders a second ask of AWS: measured per order, multiplied, and set beside the quotas.

Each default is AWS's own word for eu-west-1, where samconfig.toml deploys; what is assumed is called so.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from sandbox.bench.events import Event, load
from sandbox.bench.report import Section
from sandbox.bench.world import Measured, World, order_number
from sandbox.engines import ROOT
from sandbox.stack.template import FUNCTION, Template

RATES = (100, 1_000, 10_000)
#: How often a buyer's page asks how the order stands until it is paid.
LOOKS = 7
PARTITION_WRITES, TABLE_WRITES, FRESH_TABLE_WRITES = 1_000, 40_000, 4_000
#: Events of an order that is paid by M-Pesa, and rules that each meets: placed (check, mail, board), prompted (board),
#: confirmed (mail, board).
EVENTS, INVOCATIONS = 3, 6
MAILS = 2


@dataclass(frozen=True, slots=True)
class Step:
    """A function's part in an order: how often it runs, and for how many seconds, assumed for AWS."""

    name: str
    times: float
    seconds: float


#: Assumed: 5 ms for a read, 10 ms for a commit, 20 ms for SQS, EventBridge and SES, 500 ms for Daraja, and the measured
#: processor time at 1,024 MB's share of a processor.
STEPS = (
    Step("start_checkout", 1, 0.55), Step("show_order", LOOKS, 0.015), Step("receive_stk_callback", 1, 0.025),
    Step("verify_payment, the callback", 1, 0.53), Step("verify_payment, nothing left to do", 1, 0.010),
    Step("notify_customer", MAILS, 0.045), Step("project_orders", EVENTS, 0.025),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """What one order until it is paid costs, measured: write units of each table and index, and read units."""

    writes: Counter[str]
    reads: float


def measure(world: World) -> Order:
    """Live through an order by M-Pesa: placed, looked at, paid, told of, shown on the board."""
    world.place()
    done: list[tuple[Measured, int]] = []

    def run(function: str, event: Event, times: int = 1) -> Measured:
        done.append((world.measure(function, event), times))
        return done[-1][0]

    placed = run("start_checkout", world.checkout_event())
    number = order_number(placed.answer)
    run("show_order", load("show_order", "by_number_and_email", order_number=number), LOOKS)
    run("verify_payment", world.claim_event(number))
    for kind in ("OrderPlaced", "PaymentPrompted", "PaymentConfirmed"):
        run("project_orders", world.bus_event("project_orders", number, kind))
    for kind in ("OrderPlaced", "PaymentConfirmed"):
        run("notify_customer", world.bus_event("notify_customer", number, kind))
    writes: Counter[str] = Counter()
    for measured, times in done:
        for commit in measured.units.commits:
            for row in commit:
                writes[_table(row.name)] += times * row.units
    return Order(writes, sum(measured.units.read * times for measured, times in done))


def shop_wide(order: Order) -> Section:
    """Multiply and compare."""
    section = Section("Orders a second, shop-wide, on AWS")
    section.notes = [
        "Write units are measured here, row by row, for a two-line order by M-Pesa until it is paid, with "
        f"{LOOKS} looks at its page, two e-mails and its row on the board; the rest is multiplication.",
        f"Partitions: one takes {PARTITION_WRITES:,} write units a second. A fresh on-demand table begins with "
        f"{FRESH_TABLE_WRITES:,} and takes up to twice its last peak; warm throughput buys more beforehand. The quota "
        f"is {TABLE_WRITES:,} for each table.",
    ]
    tables = section.table(
        "DynamoDB: write units a second (and partitions) of each table",
        "table", "per order", *(f"{rate:,} orders/s" for rate in RATES), f"the quota of {TABLE_WRITES:,} suffices for",
    )  # fmt: skip
    for name, units in sorted(order.writes.items(), key=lambda each: -each[1]):
        cells = (f"{rate * units:,.0f} ({math.ceil(rate * units / PARTITION_WRITES)})" for rate in RATES)
        tables.add(name, float(units), *cells, f"{TABLE_WRITES / units:,.0f} orders/s")
    quotas = section.table(
        "Other services", "what", "per order", *(f"{rate:,} orders/s" for rate in RATES), "default quota"
    )
    for name, each, quota in _others(order):
        quotas.add(name, each, *(f"{rate * each:,.0f}" for rate in RATES), quota)
    _bounds(section)
    return section


def _bounds(section: Section) -> None:
    """Add what the template itself lets through: its throttles, and how many invocations each queue gets at once."""
    template = Template.read(ROOT / "template.yaml")
    routes = template.document["Resources"][template.http_api()]["Properties"]["RouteSettings"]
    table = section.table("Bounds that template.yaml sets", "bound", "set to", "orders a second until paid")
    for route, times in (("POST /checkout", 1), ("GET /orders/{number}", LOOKS), ("POST /hooks/stk/{token}", 1)):
        rate = routes[route]["ThrottlingRateLimit"]
        table.add(f"{route}: throttle", f"{rate}/s", rate / times)
    for function, properties in template.resources(FUNCTION):
        for event in properties["Events"].values():
            seconds = sum(step.times * step.seconds for step in STEPS if _folder(step) == properties["CodeUri"])
            if event["Type"] == "SQS" and seconds:
                most = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
                table.add(f"{function}: MaximumConcurrency of its queue", most, most / seconds)


def _folder(step: Step) -> str:
    return f"functions/{step.name.partition(',')[0]}/"


def _others(order: Order) -> list[tuple[str, float, str]]:
    requests = 1 + LOOKS + 1
    rows = [
        ("DynamoDB, read units a second", order.reads, "40,000 for each table"),
        ("API Gateway, requests a second", float(requests), "10,000 for the account; each route has its own throttle"),
        ("EventBridge, events put a second", float(EVENTS), "10,000 PutEvents requests (af-south-1: 400)"),
        ("EventBridge, invocations a second", float(INVOCATIONS), "18,750 (af-south-1: 750)"),
        ("SES, e-mails a second", float(MAILS), "the account's own send rate; new accounts have a handful"),
        ("Daraja, pushes and queries a second", 2.0, "not published; its gateway answers 429 and 500.003.02"),
    ]
    return rows + [
        (f"Lambda, {step.name}: instances at once", step.times * step.seconds, "1,000 for the account together")
        for step in STEPS
    ]


def _table(row: str) -> str:
    table, _, rest = row.partition(" ")
    return f"{table}, indexes" if rest.startswith("index") else table
