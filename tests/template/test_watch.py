"""What is watched: the alarms on the shop's own figures, the dashboard, and the room that is left in the stack."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from commerce.runtime.security import SecurityKind
from tests.template.stack import Stack

SHOP = {"service": "salama", "stage": {"Ref": "Stage"}}
#: Alarm, its figure, and what it is told apart by beside service and stage.
ON_FIGURES: list[tuple[str, str, dict[str, str]]] = [
    ("UnknownOutcomesOld", "OldestUnknownOutcomeSeconds", {}),
    ("StockFaultsFound", "StockFaults", {}),
    ("CasesWaiting", "OldestCaseSeconds", {}),
    ("AuditFaultsFound", "AuditFaults", {}),
    ("CallbacksForged", "SecurityEvents", {"kind": "callback_forged"}),
    ("CallbacksUnreadable", "SecurityEvents", {"kind": "callback_unreadable"}),
]
#: A scheduled function, how often it runs at least in the time that the alarm looks back on, and that time in hours.
SCHEDULED = {
    "SweepMissing": ("ExpireReservations", 5 / 60),
    "HealingMissing": ("HealFailures", 15 / 60),
    "AnchorAuditMissing": ("AnchorAudit", 26),
    "VerifyAuditMissing": ("VerifyAudit", 26),
}
#: CloudFormation allows 500 resources in a stack; the rest is room for the next change.
MOST_RESOURCES = 480


def dimensions(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in found}


def metrics(alarm: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["Id"]: each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each}


def expression(alarm: dict[str, Any]) -> str:
    [found] = [each["Expression"] for each in alarm["Metrics"] if each.get("ReturnData")]
    return str(found)


@pytest.mark.parametrize(("name", "figure", "kind"), ON_FIGURES)
def test_an_alarm_on_a_figure_of_the_shop(name: str, figure: str, kind: dict[str, str], shop: Stack) -> None:
    alarm = shop.alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Salama", figure)
    assert dimensions(alarm["Dimensions"]) == SHOP | kind, "CloudWatch matches all of them or nothing"
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("name", SCHEDULED)
def test_what_must_run_is_missed(name: str, shop: Stack) -> None:
    alarm, (function, hours) = shop.alarms[name], SCHEDULED[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert dimensions(alarm["Dimensions"]) == {"FunctionName": {"Ref": function}}
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == hours * 3600
    assert alarm["Period"] >= 3600 or alarm["Period"] * alarm["EvaluationPeriods"] <= 24 * 3600, "CloudWatch's limit"


@pytest.mark.parametrize(("name", "provider"), [("DarajaFailing", "daraja"), ("StripeFailing", "stripe")])
def test_a_failing_provider_is_told_from_a_quiet_night(name: str, provider: str, shop: Stack) -> None:
    alarm = shop.alarms[name]
    found = metrics(alarm)
    assert {each["Stat"] for each in found.values()} == {"Average", "SampleCount"}
    for each in found.values():
        assert each["Metric"]["MetricName"] == "ProviderErrors"
        assert dimensions(each["Metric"]["Dimensions"]) == SHOP | {"provider": provider}
    assert re.fullmatch(r"IF\(FILL\(calls, 0\) >= \d+ AND FILL\(rate, 0\) > 0\.\d+, 1, 0\)", expression(alarm))


def test_silence_of_callbacks_needs_prompts(shop: Stack) -> None:
    alarm = shop.alarms["CallbackSilence"]
    found = metrics(alarm)
    assert dimensions(found["prompts"]["Metric"]["Dimensions"]) == SHOP | {"method": "mpesa"}
    assert found["callbacks"]["Metric"]["Namespace"] == "AWS/Lambda"
    assert dimensions(found["callbacks"]["Metric"]["Dimensions"]) == {"FunctionName": {"Ref": "ReceiveStkCallback"}}
    assert expression(alarm) == "IF(FILL(prompts, 0) >= 2 AND FILL(callbacks, 0) == 0, 1, 0)"
    assert found["prompts"]["Period"] * alarm["EvaluationPeriods"] == 30 * 60


def test_a_surge_of_refusals_adds_up_kinds_that_exist(shop: Stack) -> None:
    alarm = shop.alarms["SecuritySurge"]
    found = metrics(alarm)
    kinds = {dimensions(each["Metric"]["Dimensions"])["kind"] for each in found.values()}
    assert kinds <= {kind.value for kind in SecurityKind}
    assert set(re.findall(r"FILL\((\w+), 0\)", expression(alarm))) == set(found)


def test_metric_math_stays_within_its_limits(shop: Stack) -> None:
    for name, alarm in shop.alarms.items():
        returned = [each for each in alarm.get("Metrics", []) if each.get("ReturnData", True)]
        assert len(alarm.get("Metrics", [])) <= 10, name
        assert len(returned) == (1 if "Metrics" in alarm else 0), name
        assert not any("SEARCH" in each.get("Expression", "") for each in alarm.get("Metrics", [])), "no alarm may"


def dashboard(shop: Stack) -> dict[str, Any]:
    [found] = shop.of("AWS::CloudWatch::Dashboard").values()
    text = re.sub(r"\$\{[^}]+\}", "x", found["DashboardBody"]["Fn::Sub"])
    body: dict[str, Any] = json.loads(text)
    return body


def test_the_dashboard_can_be_drawn(shop: Stack) -> None:
    widgets = dashboard(shop)["widgets"]
    places = {(widget["x"], widget["y"]) for widget in widgets}
    assert len(places) == len(widgets), "two at one place"
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)
    for widget in widgets:
        if widget["type"] == "metric":
            assert widget["properties"]["title"]
            assert widget["properties"]["region"]
            assert widget["properties"]["metrics"]


def test_the_dashboard_shows_every_queue_and_what_the_alarms_look_at(shop: Stack) -> None:
    [found] = shop.of("AWS::CloudWatch::Dashboard").values()
    text = found["DashboardBody"]["Fn::Sub"]
    for queue in shop.queues:
        assert f"${{{queue}.QueueName}}" in text, queue
    for alarm in shop.alarms.values():
        figures = [alarm, *(each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each)]
        for figure in figures:
            if figure.get("Namespace") == "Salama":
                assert figure["MetricName"] in text


def test_the_stack_has_room_left(prod: Stack) -> None:
    assert len(prod.template["Resources"]) <= MOST_RESOURCES
