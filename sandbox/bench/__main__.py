"""`make bench`: measure, print every figure beside its budget, and write `docs/benchmarks.md`."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.bench import layer, processor_time
from sandbox.bench.cold_start import Interpreter, cold_start, interpreter
from sandbox.bench.first_event import first_event
from sandbox.bench.flows import walk
from sandbox.bench.layer_size import layer_size
from sandbox.bench.machine import machine
from sandbox.bench.money import Bill, money
from sandbox.bench.opening import running
from sandbox.bench.report import Section, tell
from sandbox.bench.request_units import request_units
from sandbox.bench.round_trips import round_trips
from sandbox.engines import ROOT
from sandbox.stack.template import Template

PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Measure everything; 1 only when something could not be measured, and then the page is left as it was."""
    started = time.monotonic()
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="salama-bench-") as scratch:
        for section in _sections(Path(scratch)):
            print(section.text(), flush=True)
            tell(f"{section.title}: {time.monotonic() - started:.0f} s since the start")
            sections.append(section)
    took = f"{time.monotonic() - started:.0f} s"
    name = PAGE.relative_to(ROOT)
    if any(section.missing for section in sections):
        print(f"\nNot everything could be measured: {name} is left as it was, {took}")
        return 1
    title, *rest = (section.markdown() for section in sections)
    PAGE.write_text("\n".join([title.replace("## ", "# ", 1), *rest]), encoding="utf-8")
    print(f"\n{name} written, {took}")
    return 0


def _sections(scratch: Path) -> Iterator[Section]:
    yield machine()
    for title, measure in (("The running shop", _shop), ("Cold start", _cold_start)):
        try:
            yield from measure(scratch)
        except Exception as error:
            traceback.print_exc()
            yield Section(title, missing=[f"{type(error).__name__}: {error}"])


def _shop(scratch: Path) -> Iterable[Section]:
    tell("opening the shop")
    with running(scratch) as world:
        tell("running every flow once")
        flows = walk(world)
        tell("timing the handlers")
        costs = processor_time.measure(world)
        rate = processor_time.orders_per_second(world)
    alarms = len(list(Template.read(ROOT / "template.yaml").resources("AWS::CloudWatch::Alarm")))
    return [
        round_trips(flows, world.engine),
        request_units(flows, world.engine),
        money(Bill(flows, costs, alarms)),
        processor_time.processor_time(costs, rate, world.engine),
    ]


def _cold_start(scratch: Path) -> Iterator[Section]:
    tell("building the layer")
    executable = interpreter()
    python = Interpreter(layer.build(scratch / "layer", executable), executable)
    yield layer_size(python.path, scratch)
    yield cold_start(python)
    yield first_event(python)


if __name__ == "__main__":
    sys.exit(main())
