"""The handlers in process against dynoxide: orders a second and processor time per order, with one process and two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.bench.engines import table_client
from sandbox.bench.events import load
from sandbox.bench.opening import running
from sandbox.bench.report import Section
from sandbox.bench.world import BenchClock, World
from sandbox.engines import ROOT
from sandbox.load.shop_wide import measure, shop_wide

#: Seconds for which each process works, and calls before that: modules, connections, token.
SECONDS, WARM_CALLS = 6.0, 3
#: Where a process of its own is told which tables to use; the rest is in the environment already.
TABLES = "LOAD_TABLES"


@dataclass(frozen=True, slots=True)
class Work:
    """What one process did: orders, wall-clock seconds, processor seconds of its handlers."""

    orders: int
    seconds: float
    processor: float


def in_process(state: Path) -> list[Section]:
    """Open a shop and have it worked by one process, then by two at once; what its orders cost, multiplied."""
    section = Section("Handlers in process")
    table = section.table(
        "Two-line orders by M-Pesa, one after the other in each process",
        "what", "processes", "orders a second", "processor ms per order",
    )  # fmt: skip
    with running(state) as world:
        section.notes = [
            "The handlers of start_checkout and verify_payment, called with their real events; tables on "
            f"{world.engine}, a process beside them; the provider is a local server elsewhere and answers at once.",
            "Processor time is the handlers' own, engine and provider left out. Two processes share the processors "
            "with the engine, so they do not double the orders.",
        ]
        wide = shop_wide(measure(world))
        for what in ("place", "settle"):
            for processes in (1, 2):
                done = _together(processes, what, world)
                orders = sum(work.orders for work in done)
                rate = sum(work.orders / work.seconds for work in done)
                name = "placing" if what == "place" else "placing and settling"
                table.add(name, processes, rate, 1000 * sum(work.processor for work in done) / orders)
    return [section, wide]


def work(what: str, seconds: float) -> Work:
    """Place orders, and settle each where that is wanted, for so many seconds, on the shop of the environment."""
    tables = json.loads(os.environ[TABLES])
    # Nothing here counts requests or units, so the stubs behind the providers' addresses are not needed.
    world = World("", table_client(os.environ["AWS_ENDPOINT_URL_DYNAMODB"]), tables, BenchClock(), None, None)  # type: ignore[arg-type]
    for _ in range(WARM_CALLS):
        _order(world, what)
    orders, processor, began = 0, 0.0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        processor += _order(world, what)
        orders += 1
    return Work(orders, time.perf_counter() - began, processor)


def _order(world: World, what: str) -> float:
    event = world.checkout_event()
    began = time.process_time()
    number = world.place(event)
    took = time.process_time() - began
    if what == "settle":
        check = load("verify_payment", "order_placed", order_number=number)
        began = time.process_time()
        world.call("verify_payment", check)
        took += time.process_time() - began
    return took


def _together(processes: int, what: str, world: World) -> Sequence[Work]:
    environment = {**os.environ, TABLES: json.dumps(world.tables)}
    path = os.pathsep.join((str(ROOT), str(ROOT / "layers" / "commerce")))
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "sandbox.load.in_process", what],
            cwd=ROOT,
            env={**environment, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    told = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise RuntimeError("a process that places orders failed")
    return [Work(**json.loads(line)) for line in told]


if __name__ == "__main__":
    print(json.dumps(asdict(work(sys.argv[1], SECONDS))))
