"""Figures leave as CloudWatch reads them, and hold names out of short lists only."""

from __future__ import annotations

import subprocess
import sys

import pytest

from commerce.runtime import watch
from tests.support.figures import Measured, measured

SHOP = {"service": "salama", "stage": "prod"}


@pytest.fixture(autouse=True)
def _of_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "salama")


def test_a_count_is_told_in_detail_and_in_all(capsys: pytest.CaptureFixture[str]) -> None:
    watch.count("MoneyCaptured", 180_000, currency="KES", method="mpesa")
    [found] = measured(capsys.readouterr().out)
    assert found == Measured(
        "MoneyCaptured", 180_000, "Count", (SHOP, SHOP | {"currency": "KES", "method": "mpesa"})
    ), "an alarm cannot add dimensions up"


def test_a_count_of_one_kind_of_thing_has_one_set(capsys: pytest.CaptureFixture[str]) -> None:
    watch.count("OrdersPlaced")
    assert measured(capsys.readouterr().out) == [Measured("OrdersPlaced", 1, "Count", (SHOP,))]


def test_levels_are_not_added_up(capsys: pytest.CaptureFixture[str]) -> None:
    watch.gauge("OldestUnknownSeconds", 4.5)
    watch.gauge("ProviderSeconds", 0.25, provider="daraja", operation="start")
    assert measured(capsys.readouterr().out) == [
        Measured("OldestUnknownSeconds", 4.5, "Seconds", (SHOP,)),
        Measured("ProviderSeconds", 0.25, "Seconds", (SHOP | {"provider": "daraja", "operation": "start"},)),
    ]


def test_one_figure_leaves_nothing_for_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    watch.count("SecurityEvents", 3, kind="token_refused")
    watch.count("OrdersPlaced")
    assert measured(capsys.readouterr().out)[1].sets == (SHOP,)


@pytest.mark.parametrize(
    ("outcome", "error"), [("ok", 0), ("refused", 0), ("pending", 0), ("unknown", 1), ("failed", 1)]
)
def test_the_average_of_errors_is_the_error_rate(outcome: str, error: int, capsys: pytest.CaptureFixture[str]) -> None:
    watch.note_provider_call("daraja", "start", outcome, 0.4)
    calls, errors, seconds = measured(capsys.readouterr().out)
    assert calls.detail == {"provider": "daraja", "operation": "start", "outcome": outcome}
    assert (errors.name, errors.value, errors.detail) == ("ProviderErrors", error, {"provider": "daraja"})
    assert (seconds.name, seconds.value) == ("ProviderSeconds", 0.4)


def test_the_light_functions_load_no_figures() -> None:
    """Importing them costs what all of Powertools does where nothing else needs it."""
    light = (
        "receive_stk_callback",
        "receive_daraja_result",
        "receive_stripe_event",
        "receive_carrier_event",
        "relay_events",
    )
    program = "; ".join(f"import functions.{name}.app" for name in light) + "; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"commerce.runtime.watch", "aws_lambda_powertools"} & set(loaded)
