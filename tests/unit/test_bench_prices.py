"""The benchmark's arithmetic of money, and how it reads a flow's requests."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sandbox.bench.calls import Calls
from sandbox.bench.prices import Prices, Work
from sandbox.bench.report import Section, short

PRICES = Prices(lambda_request=2, lambda_gb_second=3, http_request=5, write_unit=7, read_unit=11, sqs_request=13)


def test_work_costs_what_each_service_asks() -> None:
    dollars = Work(invocations=1, gb_seconds=2, http_requests=1, write_units=2, read_units=0.5).dollars(PRICES)
    assert dollars["Lambda requests"] == 2
    assert dollars["Lambda GB-seconds"] == 6
    assert dollars["HTTP API"] == 5
    assert dollars["DynamoDB writes"] == 14
    assert dollars["DynamoDB reads"] == 5.5
    assert dollars["SQS"] == dollars["EventBridge"] == dollars["CloudWatch Logs"] == 0


def test_work_adds_up() -> None:
    work = Work(invocations=1, log_bytes=10) + Work(invocations=2, sqs_requests=3).times(2)
    assert work == Work(invocations=5, sqs_requests=6, log_bytes=10)


def test_a_million_of_each_costs_the_list_price() -> None:
    million = Work(*[1_000_000.0] * len(fields(Work))).dollars(Prices())
    assert million["Lambda requests"] == pytest.approx(0.20)
    assert million["HTTP API"] == pytest.approx(1.11)
    assert million["DynamoDB writes"] == pytest.approx(5 * million["DynamoDB reads"])
    assert million["SQS"] == pytest.approx(0.40)
    assert million["EventBridge"] == pytest.approx(1.00)
    assert million["S3"] == pytest.approx(5.40)
    assert million["KMS"] == pytest.approx(3.00)


def test_round_trips_are_told_apart() -> None:
    calls = Calls(
        ["dynamodb:Query", "dynamodb:Query", "daraja:query", "dynamodb:TransactWriteItems", "sqs:SendMessage"]
    )
    assert (calls.reads, calls.writes, calls.of("daraja"), calls.of("sqs")) == (2, 1, 1, 1)
    assert calls.text() == "Query x2, daraja:query, TransactWriteItems, sqs:SendMessage"
    assert Calls().text() == "none"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12, "12"),
        (1234567, "1,234,567"),
        (2.0, "2"),
        (14.123, "14.1"),
        (0.01234, "0.0123"),
        (1234.5, "1,234"),
        ("a", "a"),
    ],
)
def test_figures_are_written_short(cell: object, text: str) -> None:
    assert short(cell) == text


def test_a_section_says_what_is_missing() -> None:
    section = Section("Title", ["a note"])
    section.table("Caption", "one", "two").add("a|b", 1)
    section.missing.append("no valgrind")
    assert "NOT MEASURED: no valgrind" in section.text()
    assert "| a\\|b | 1 |" in section.markdown()
