"""POST /hooks/daraja/{token}/{kind}: what Daraja reports of refunds and records."""

from __future__ import annotations

import json

import pytest

from commerce.payments.links import Purpose
from commerce.payments.messages import RefundMessage, read_refund_message
from tests.handlers.event_files import FOLDER, PLACEHOLDER, Event, load
from tests.handlers.world import Answer, Calls, Log, World

ACCEPTED = {"ResultCode": 0, "ResultDesc": "Accepted"}
REJECTED = {"ResultCode": 1, "ResultDesc": "Rejected"}
NUMBER = "0123456789"


def receive(world: World, event: Event) -> tuple[int, object]:
    answer: Answer = world.call("receive_daraja_result", event)
    return answer["statusCode"], json.loads(answer["body"])


def genuine(world: World, case: str, attempt: int = 1) -> Event:
    purpose = Purpose.RECORD if case == "payment_record" else Purpose.REFUND
    known = {
        "order_number": NUMBER,
        "token": world.shop.till.links.address(purpose, NUMBER, attempt).rsplit("/", 1)[1],
    }
    asked = PLACEHOLDER.findall((FOLDER / "receive_daraja_result" / f"{case}.json").read_text(encoding="utf-8"))
    return load("receive_daraja_result", case, **{name: known[name] for name in set(asked)})


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("reversal_done", "result"),
        ("payout_done", "result"),
        ("already_reversed", "result"),
        ("no_funds", "result"),
        ("timeout", "timeout"),
        ("payment_record", "record"),
    ],
)
def test_a_report_is_queued_as_it_came(world: World, calls: Calls, case: str, kind: str) -> None:
    event = genuine(world, case, attempt=2)
    assert receive(world, event) == (200, ACCEPTED)
    assert [name for name in calls.operations if name.startswith(("dynamodb", "sqs"))] == ["sqs:SendMessage"]
    [body] = world.receive("refund")
    assert read_refund_message(body) == RefundMessage(NUMBER, 2, kind=kind, result=event["body"])


def test_what_cannot_be_read_is_queued_all_the_same(world: World) -> None:
    for body in ("", "no json", "\x00\x07 \ud800"):
        assert receive(world, {**genuine(world, "reversal_done"), "body": body}) == (200, ACCEPTED)
    assert world.waiting("refund") == 3
    assert [(fact["kind"], fact["body"]) for fact in world.told()] == [
        ("callback_unreadable", ""),
        ("callback_unreadable", "no json"),
        ("callback_unreadable", "\x00\x07 ?"),
    ]


@pytest.mark.parametrize(
    ("case", "body", "readable"),
    [
        ("timeout", "{}", True),
        ("timeout", "[]", False),
        ("reversal_done", "{}", False),
        ("reversal_done", '{"ConversationID":"AG_1","ResultCode":1,"ResultCode":0}', False),
        ("payment_record", '{"Result":{"ConversationID":"AG_1","ResultCode":Infinity}}', False),
        ("payment_record", '{"Result":{"ConversationID":"AG_1","ResultCode":17}}', True),
    ],
)
def test_what_cannot_be_read_is_put_into_quarantine(world: World, case: str, body: str, readable: bool) -> None:
    assert receive(world, {**genuine(world, case), "body": body}) == (200, ACCEPTED)
    assert world.waiting("refund") == 1
    facts = world.told()
    assert [(fact["subject"], fact["body"]) for fact in facts] == ([] if readable else [(f"order/{NUMBER}", body)])


def test_base64_that_is_none_is_queued_as_nothing(world: World) -> None:
    event = {**genuine(world, "reversal_done"), "isBase64Encoded": True, "body": "no base 64"}
    assert receive(world, event) == (200, ACCEPTED)
    [body] = world.receive("refund")
    assert read_refund_message(body) == RefundMessage(NUMBER, 1, kind="result", result="")
    assert [fact["body"] for fact in world.told()] == ["no base 64"]


def test_a_report_of_an_unknown_kind_is_turned_away(world: World) -> None:
    event = genuine(world, "unknown_kind")
    for kind in ("confirmation", "", None, "RESULT"):
        assert receive(world, {**event, "pathParameters": {**event["pathParameters"], "kind": kind}}) == (404, REJECTED)
    assert world.waiting("refund") == 0


def test_a_forged_token_is_turned_away(world: World) -> None:
    event = genuine(world, "forged_token")
    assert receive(world, event) == (404, REJECTED)
    payments = world.shop.till.links.address(Purpose.PAYMENT, NUMBER, 1).rsplit("/", 1)[1]
    event["pathParameters"]["token"] = payments
    assert receive(world, event) == (404, REJECTED), "a payment's token opens no refund"
    assert world.waiting("refund") == 0
    assert [fact["kind"] for fact in world.told()] == ["callback_forged"] * 2


def test_a_body_larger_than_any_report_is_turned_away(world: World) -> None:
    assert receive(world, {**genuine(world, "reversal_done"), "body": "x" * 20_000}) == (413, REJECTED)
    assert [fact["kind"] for fact in world.told()] == ["body_too_large"]


def test_a_source_that_is_not_on_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = genuine(world, "reversal_done")
    event["requestContext"]["http"]["sourceIp"] = "203.0.113.9"
    assert receive(world, event) == (200, ACCEPTED)
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", "enforce")
    assert receive(world, event) == (403, REJECTED)
    assert [fact["kind"] for fact in world.told()] == ["callback_source"] * 2


def test_nothing_private_is_logged(world: World, log: Log) -> None:
    for case in ("reversal_done", "payout_done", "payment_record", "unknown_kind"):
        event = genuine(world, case)
        event["requestContext"]["http"]["sourceIp"] = "203.0.113.9"
        receive(world, event)
    assert log.text
    for private in ("712345678", "Wanjiku", "TKM4A1B2C3", event["pathParameters"]["token"], "test-key"):
        assert private not in log.text
