"""What can be seen from outside: logs that end, traces, and alarms that reach somebody."""

from __future__ import annotations

import re

import pytest

from tests.template.stack import Stack, stack

FUNCTIONS = sorted(stack("dev").functions)
MONEY = (
    "StartCheckout",
    "RetryPayment",
    "ReceiveStkCallback",
    "ReceiveDarajaResult",
    "ReceiveStripeEvent",
    "ServeStaff",
    "VerifyPayment",
    "RefundPayment",
    "ExpireReservations",
    "HealFailures",
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_to_its_own_group(function: str, shop: Stack) -> None:
    logging = shop.functions[function]["LoggingConfig"]
    assert logging["LogGroup"] == {"Ref": f"{function}Logs"}
    assert logging["LogFormat"] == "JSON"
    assert shop.functions[function]["TracingConfig"] == {"Mode": "Active"}


def test_every_log_ends(shop: Stack) -> None:
    groups = shop.of("AWS::Logs::LogGroup")
    assert set(groups) == {f"{function}Logs" for function in FUNCTIONS} | {"ApiLogs"}
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_the_api_logs_no_path_and_no_query(shop: Stack) -> None:
    # A callback's path is its token; an order's query is the buyer's e-mail.
    (stage,) = shop.of("AWS::ApiGatewayV2::Stage").values()
    access = stage["AccessLogSettings"]
    assert access["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
    logged = set(re.findall(r"\$context\.([\w.]+)", access["Format"]))
    assert {"routeKey", "status", "requestId"} <= logged
    assert not logged & {"path", "customDomain.basePathMatched", "identity.userAgent"}


@pytest.mark.parametrize("function", MONEY)
@pytest.mark.parametrize(("metric", "suffix"), [("Errors", "Errors"), ("Throttles", "Throttled")])
def test_money_that_fails_is_heard_of(function: str, metric: str, suffix: str, shop: Stack) -> None:
    alarm = shop.alarms[f"{function}{suffix}"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", metric, "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_every_alarm_reaches_the_topic(shop: Stack) -> None:
    for name, alarm in shop.alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["AlarmDescription"], name


def test_silence_of_the_sweep_is_an_alarm(shop: Stack) -> None:
    alarm = shop.alarms["SweepMissing"]
    assert alarm["MetricName"] == "Invocations"
    assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("function", MONEY)
def test_a_new_version_gets_a_little_traffic_first_in_prod(function: str, prod: Stack) -> None:
    group = prod.of("AWS::CodeDeploy::DeploymentGroup")[f"{function}DeploymentGroup"]
    assert "Canary10Percent5Minutes" in str(group["DeploymentConfigName"])
    watched = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert watched == {f"{function}Errors", f"{function}Throttled"}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_only_money_is_deployed_gradually_and_only_in_prod(prod: Stack, dev: Stack) -> None:
    assert len(prod.of("AWS::CodeDeploy::DeploymentGroup")) == len(MONEY)
    assert not dev.of("AWS::CodeDeploy::DeploymentGroup")
    assert not dev.of("AWS::CodeDeploy::Application")
