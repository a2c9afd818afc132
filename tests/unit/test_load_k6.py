"""What k6 says of a scenario, read."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.load.k6 import KINDS, read_summary

TIMES = {"med": 12.5, "p(95)": 30.0, "p(99)": 41.0, "max": 55.5}


def summary(metrics: dict[str, dict[str, float]], seconds: float = 4.0) -> dict[str, Any]:
    """A summary as k6 hands it to `handleSummary`, with its own metrics beside the scenario's."""
    own = {"http_reqs": {"count": 99, "rate": 9.9}, "iterations": {"count": 7, "rate": 1.0}}
    return {
        "metrics": {name: {"type": "counter", "values": values} for name, values in {**own, **metrics}.items()},
        "state": {"testRunDurationMs": 1000 * seconds},
    }


def test_answers_are_counted_by_kind() -> None:
    figures = read_summary(
        summary(
            {
                "answers_ok": {"count": 6, "rate": 1.5},
                "answers_sold_out": {"count": 10, "rate": 2.5},
                "answer_ms": TIMES,
            }
        )
    )
    assert figures.counts == {**dict.fromkeys(KINDS, 0), "ok": 6, "sold_out": 10}
    assert (figures.requests, figures.wrong, figures.per_second) == (16, 0, 4.0)
    assert (figures.median, figures.p95, figures.p99, figures.longest) == (12.5, 30.0, 41.0, 55.5)


@pytest.mark.parametrize("kind", ["failed", "unexpected"])
def test_what_nobody_expected_is_wrong(kind: str) -> None:
    assert read_summary(summary({f"answers_{kind}": {"count": 2, "rate": 0.5}})).wrong == 2


@pytest.mark.parametrize("kind", ["sold_out", "refused", "slowed_down", "busy"])
def test_a_right_refusal_is_not(kind: str) -> None:
    figures = read_summary(summary({f"answers_{kind}": {"count": 2, "rate": 0.5}}))
    assert (figures.wrong, figures.requests) == (0, 2)


def test_what_a_scenario_adds_of_its_own() -> None:
    figures = read_summary(
        summary({"orders_paid": {"count": 20, "rate": 5.0}, "until_paid_ms": {**TIMES, "med": 900.0}})
    )
    assert figures.more == {"orders_paid": 20.0, "until_paid_ms": 900.0}


def test_a_scenario_without_an_answer() -> None:
    figures = read_summary(summary({}, seconds=0.0))
    assert (figures.requests, figures.per_second, figures.longest) == (0, 0.0, 0.0)
