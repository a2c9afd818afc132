"""Promise 6 (no unbounded automation): every queue, stream and rule ends in a dead letter that somebody hears of."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from commerce.kernel.events import EventData
from commerce.notifications.mails import MAILED
from tests.template.stack import Stack

WORK = {
    "VerifyQueue": "PaymentDeadLetters",
    "RefundQueue": "RefundDeadLetters",
    "NotifyQueue": "NotifyDeadLetters",
    "CarrierQueue": "CarrierDeadLetters",
    "BoardQueue": "BoardDeadLetters",
    "SecurityQueue": "SecurityDeadLetters",
}
DEAD_LETTERS = {*WORK.values(), "RelayDeadLetters", "ArchiveDeadLetters", "ScheduleDeadLetters"}
NIGHTLY = {"AnchorAudit": "cron(30 0 * * ? *)", "VerifyAudit": "cron(30 1-5 * * ? *)"}
# What the bus sets going: the queue, and which events (all are of source "salama").
MAILS = [
    *("OrderPlaced", "PaymentConfirmed", "OrderExpired", "LatePaymentReceived", "DuplicatePaymentReceived"),
    *("PaymentHeldForReview", "RefundRequested", "RefundSucceeded", "RefundSettledByHand", "RefundFailed"),
    *("ShipmentSent", "ShipmentMoved", "OrderDelivered", "OrderCancelled", "ReturnRequested", "ReturnApproved"),
    *("ReturnRejected", "ReturnReceived"),
]
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "CheckRule": ("VerifyQueue", {"detail-type": ["OrderPlaced", "PaymentRestarted"]}),
    "RefundRule": ("RefundQueue", {"detail": {"data": {"refund": {"number": [{"exists": True}]}}}}),
    "RecordRule": ("RefundQueue", {"detail": {"data": {"check_record": [True]}}}),
    "NotifyRule": ("NotifyQueue", {"detail-type": MAILS}),
    "BoardRule": ("BoardQueue", {"detail": {"data": {"order_number": [{"exists": True}]}}}),
    "UnresolvedPaymentRule": (
        "PaymentDeadLetters",
        {"detail-type": ["PaymentUnresolved", "PaymentHeldForReview", "PaymentRecordMissing"]},
    ),
    "DoubtfulPaymentRule": ("PaymentDeadLetters", {"detail": {"data": {"attention": [True]}}}),
    "FailedRefundRule": ("RefundDeadLetters", {"detail-type": ["RefundFailed"]}),
}
FOURTEEN_DAYS = 14 * 24 * 3600


def test_every_queue_is_known(shop: Stack) -> None:
    assert set(shop.queues) == WORK.keys() | DEAD_LETTERS


@pytest.mark.parametrize(("queue", "dead_letters"), WORK.items())
def test_work_that_keeps_failing_becomes_a_dead_letter(queue: str, dead_letters: str, shop: Stack) -> None:
    redrive = shop.queues[queue]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}
    # Fewer, and messages that were merely throttled would be given up.
    assert 5 <= redrive["maxReceiveCount"] <= 10


@pytest.mark.parametrize("queue", sorted(DEAD_LETTERS))
def test_a_dead_letter_rings_as_long_as_it_lies_there(queue: str, shop: Stack) -> None:
    (alarm,) = [
        a for a in shop.alarms.values() if _watches(a, queue) and a["MetricName"] != "ApproximateAgeOfOldestMessage"
    ]
    # Not NumberOfMessagesSent: what a redrive policy moves is not counted as sent.
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["Statistic"] == "Maximum"
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert shop.queues[queue]["MessageRetentionPeriod"] == FOURTEEN_DAYS


@pytest.mark.parametrize("queue", WORK)
def test_a_message_stays_hidden_while_its_worker_may_still_run(queue: str, shop: Stack) -> None:
    mapping = shop.mappings("AWS::SQS::Queue")[queue]
    worker = shop.functions[shop.called_by(mapping)]
    assert shop.queues[queue]["VisibilityTimeout"] >= 6 * worker["Timeout"]


@pytest.mark.parametrize("queue", WORK)
def test_a_worker_reports_failures_one_by_one_and_runs_a_few_at_a_time(queue: str, shop: Stack) -> None:
    mapping = shop.mappings("AWS::SQS::Queue")[queue]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 10


def test_every_queue_is_encrypted(shop: Stack) -> None:
    assert all(queue["SqsManagedSseEnabled"] is True for queue in shop.queues.values())


def test_a_queue_takes_from_its_own_rules_only(shop: Stack) -> None:
    rules = shop.of("AWS::Events::Rule")
    sends: dict[str, set[str]] = {"ScheduleDeadLetters": set(rules)}
    for name, (target, _) in RULES.items():
        sends.setdefault(target, set()).add(name)
    takes = {}
    for policy in shop.of("AWS::SQS::QueuePolicy").values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sqs:SendMessage")
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        listed = sources if isinstance(sources, list) else [sources]
        takes[statement["Resource"]["Fn::GetAtt"][0]] = {source["Fn::GetAtt"][0] for source in listed}
    assert takes == sends


def test_every_rule_has_a_dead_letter_and_an_end(shop: Stack) -> None:
    for rule in shop.of("AWS::Events::Rule").values():
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] <= 20
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 3600


def test_events_set_going_what_must_follow(shop: Stack) -> None:
    rules = shop.of("AWS::Events::Rule")
    often = {"ExpireReservationsEveryMinute", "HealFailuresEveryFiveMinutes"}
    assert set(rules) == RULES.keys() | often | {f"{each}Nightly" for each in NIGHTLY}
    for name, (queue, pattern) in RULES.items():
        assert rules[name]["EventBusName"] == {"Ref": "EventBus"}
        assert rules[name]["EventPattern"] == {"source": ["salama"]} | pattern
        assert rules[name]["Targets"][0]["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_rules_name_events_that_exist() -> None:
    for area in ("ordering", "payments", "fulfilment", "returns"):
        importlib.import_module(f"commerce.{area}.events")
    named = {kind for _, pattern in RULES.values() for kind in pattern.get("detail-type", [])}
    assert named <= EventData.types.keys()


def test_the_bus_brings_what_buyers_are_mailed_about() -> None:
    assert set(MAILS) == MAILED


def test_a_first_check_waits_and_a_callback_does_not(shop: Stack) -> None:
    assert shop.queues["VerifyQueue"]["DelaySeconds"] == {"Ref": "FirstCheckSeconds"}
    assert "DelaySeconds" not in shop.queues["RefundQueue"], "money that is due back does not wait"


@pytest.mark.parametrize("function", ["RelayEvents", "ArchiveEvents"])
def test_the_stream_gives_up_at_last_and_says_so(function: str, shop: Stack) -> None:
    stream, dead = shop.streamed_to()[function], f"{function.removesuffix('Events')}DeadLetters"
    assert stream["EventSourceArn"] == {"Fn::GetAtt": ["EventsTable", "StreamArn"]}
    assert stream["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": [dead, "Arn"]}
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stream["StartingPosition"] == "TRIM_HORIZON"
    assert 0 < stream["MaximumRetryAttempts"] <= 100
    assert 0 < stream["MaximumRecordAgeInSeconds"] < 24 * 3600, "before DynamoDB drops the record by itself"


def test_a_failed_sweep_is_not_tried_again_but_told(shop: Stack) -> None:
    config = _invoked(shop)["ExpireReservations"]
    assert config["MaximumRetryAttempts"] == 0
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}
    rule = shop.of("AWS::Events::Rule")["ExpireReservationsEveryMinute"]
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert shop.functions["ExpireReservations"]["Timeout"] < 60, "one sweep ends before the next begins"


def test_a_failed_run_of_healing_is_not_tried_again_but_told(shop: Stack) -> None:
    config = _invoked(shop)["HealFailures"]
    assert config["MaximumRetryAttempts"] == 0
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}
    rule = shop.of("AWS::Events::Rule")["HealFailuresEveryFiveMinutes"]
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert shop.functions["HealFailures"]["Timeout"] < 300, "one run ends before the next begins"


@pytest.mark.parametrize(("function", "when"), NIGHTLY.items())
def test_what_a_night_left_undone_is_told(function: str, when: str, shop: Stack) -> None:
    config = _invoked(shop)[function]
    assert 0 < config["MaximumRetryAttempts"] <= 2
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ScheduleDeadLetters", "Arn"]}
    assert shop.of("AWS::Events::Rule")[f"{function}Nightly"]["ScheduleExpression"] == when


def _invoked(shop: Stack) -> dict[str, Any]:
    return {each["FunctionName"]["Ref"]: each for each in shop.of("AWS::Lambda::EventInvokeConfig").values()}


def _watches(alarm: dict[str, object], queue: str) -> bool:
    return {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}} in (alarm.get("Dimensions") or [])  # type: ignore[operator]
