"""The benchmark's copy of the layer follows the layer's own Makefile and lock."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.bench import cold_start, first_event, layer


def test_the_services_kept_are_the_makefiles() -> None:
    assert {"dynamodb", "sqs"} <= set(layer.services())
    assert all(name.replace("-", "").isalnum() for name in layer.services())


def test_the_types_left_out_are_the_makefiles() -> None:
    assert layer.types() == ["stripe/params"]


def test_the_packages_are_the_locks() -> None:
    assert {"botocore", "pydantic", "pynamodb"} <= set(layer.requirements())
    assert "boto3" not in layer.requirements()


def test_every_budget_is_of_a_function_that_exists() -> None:
    assert cold_start.BUDGETS.keys() | set(first_event.ANY_METHOD) <= set(cold_start.functions())


def test_functions_are_measured_in_the_copy_alone(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No module named 'functions'"):
        cold_start.Interpreter(tmp_path, Path(sys.executable)).run("import functions.relay_events.app")
