"""The benchmark's average order: what its parts cost together, and that what it names exists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.bench import cold_start, first_event, life, money
from sandbox.bench.calls import Calls
from sandbox.bench.flows import DUE, Flows
from sandbox.bench.meter import Row, UnitMeter, Units
from sandbox.bench.request_units import FIRST, bought_units, placing_units
from sandbox.bench.world import LogSink, Measured


def measured(*commits: list[Row]) -> Measured:
    units = Units(write=sum(row.units for commit in commits for row in commit), commits=list(commits))
    return Measured(None, Calls(), units, 0, 0.0, frozenset())


def row(units: int, name: str = "row") -> Row:
    return Row(name, 100, units)


def flows(**by_name: Measured) -> Flows:
    done = {name: ("show_order", one) for name, one in by_name.items()}
    return Flows(done=done)


def expiring(plain: int, with_voucher: int) -> dict[str, Measured]:
    return {
        life.NO_SWEEP: measured([row(2)]),
        life.SWEEP: measured([row(2 + plain * DUE)]),
        f"sweep: 1 due, with {life.VOUCHER}": measured([row(2 + with_voucher)]),
    }


def test_an_expiry_is_what_the_sweep_costs_more_than_an_idle_one() -> None:
    known = flows(**expiring(9, 11))
    assert life.expiry_units(known) == (9, 0)
    assert life.expiry_with(known, life.VOUCHER) == 11


def test_a_part_counts_its_runs_and_expiries_half_of_them_with_a_voucher() -> None:
    known = flows(status=measured([row(1)]), **expiring(9, 11))
    part = life.Part({"status": 7}, expiries=0.1)
    assert life.part_units(known, part)[0] == pytest.approx(7 + 0.1 * 10)


def test_placing_leaves_out_the_providers_answer() -> None:
    known = flows(checkout=measured([row(2), row(9)], [row(6)]))
    assert placing_units(known, "checkout") == 11


def test_the_rows_that_remember_a_buyer_are_told_apart() -> None:
    known = flows(settle=measured([row(2), row(2, FIRST), row(2, FIRST)]))
    assert bought_units(known) == 4


def test_the_meter_names_the_rows_of_codes_and_customers() -> None:
    class Tables:
        def get_item(self, **_: Any) -> dict[str, Any]:
            return {"Item": {"pk": {"S": "CUSTOMER#abc"}, "sk": {"S": "FIRST"}}}

    meter = UnitMeter(Tables(), {"t": "vouchers"}, {"vouchers": ("pk", "sk")}, {"vouchers": []})
    meter.before("UpdateItem", {"TableName": "t", "Key": {"pk": {"S": "CUSTOMER#abc"}, "sk": {"S": "FIRST"}}})
    meter.after("UpdateItem", {})
    assert [one.name for one in meter.units.commits[0]] == [FIRST]


def test_a_metric_is_a_name_with_its_dimensions() -> None:
    told = {"Metrics": [{"Name": "Cases"}], "Dimensions": [["stage"], ["stage", "kind"]]}
    sink = LogSink()
    for kind in ("dead_letter", "stuck_refund", "dead_letter"):
        sink.write(json.dumps({"_aws": {"CloudWatchMetrics": [told]}, "stage": "local", "kind": kind, "Cases": 1}))
    sink.write("a line of text")
    names = {"Cases stage=local kind=dead_letter", "Cases stage=local kind=stuck_refund", "Cases stage=local"}
    assert sink.metrics == names


def test_providers_are_counted_apart() -> None:
    calls = Calls(["dynamodb:Query", "stripe:retrieve", "daraja:query", "sqs:SendMessage"])
    assert (calls.providers, calls.of("stripe")) == (2, 1)


def test_what_an_order_goes_through_is_run_by_functions_that_exist() -> None:
    assert set(cold_start.functions()) >= money.HTTP_FUNCTIONS
    assert all(part in life.PARTS.values() for part in life.WHOLE)


@pytest.mark.parametrize("function", first_event.ANY_METHOD)
@pytest.mark.parametrize("method", first_event.FORBIDDEN)
def test_what_a_first_event_runs_is_python(function: str, method: str) -> None:
    compile(first_event.statement(function, method), function, "exec")
