"""POST /hooks/carriers/{carrier}: what carriers post, and what strangers post."""

from __future__ import annotations

import base64
import hmac
import json
import time

import pytest
from botocore.exceptions import ClientError

from commerce.fulfilment.messages import CarrierMessage
from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World, body_of, fields_of, problem_of

NUMBER = "7K2M9QX4TD"


def signed(event: Event, secret: str = "dhl-new", at: int | None = None) -> Event:
    """Sign an event's body as its carrier does."""
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    moment = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    event["headers"]["salama-signature"] = f"t={moment},v1={digest}"
    return event


def a_report(case: str, **values: object) -> Event:
    return load("receive_carrier_event", case, signature="", **values)


def receive(world: World, event: Event) -> Answer:
    answer: Answer = world.call("receive_carrier_event", event)
    return answer


def queued(world: World) -> list[CarrierMessage]:
    return [CarrierMessage.from_json(body) for body in world.receive("carrier")]


@pytest.mark.parametrize("case", ["in_transit", "delivered", "exception"])
def test_a_report_is_queued(world: World, case: str) -> None:
    answer = receive(world, signed(a_report(case, order_number=NUMBER)))
    assert (answer["statusCode"], body_of(answer)) == (200, {"received": True})
    [message] = queued(world)
    assert (message.carrier, message.status, message.order_number, message.shipment) == ("dhl", case, NUMBER, 1)
    assert (message.tracking, message.description is not None) == ("1234567890", True)


def test_a_body_in_base64_is_read(world: World) -> None:
    assert receive(world, signed(a_report("delivered_base64")))["statusCode"] == 200
    assert [message.status for message in queued(world)] == ["delivered"]


@pytest.mark.parametrize("secret", ["dhl-new", "dhl-old"])
def test_while_a_secret_is_replaced_both_are_good(world: World, secret: str) -> None:
    assert receive(world, signed(a_report("delivered", order_number=NUMBER), secret))["statusCode"] == 200


def test_a_report_costs_one_message_and_nothing_else(world: World, calls: Calls) -> None:
    event = signed(a_report("delivered", order_number=NUMBER))
    receive(world, event)
    calls.made.clear()
    receive(world, event)
    assert calls.operations == ["sqs:SendMessage"]


def test_whoever_did_not_sign_is_turned_away(world: World) -> None:
    """The same answer for a wrong secret, another carrier's, none at all, an old one, and a carrier nobody knows."""
    day = 24 * 3600
    report = a_report("delivered", order_number=NUMBER)
    answers = [
        receive(world, event)
        for event in (
            load("receive_carrier_event", "forged_signature"),
            load("receive_carrier_event", "without_signature"),
            signed(a_report("unknown_carrier"), ""),
            signed(a_report("delivered", order_number=NUMBER), "g4s-secret"),
            signed(a_report("delivered", order_number=NUMBER), at=int(time.time()) - day),
            {**signed(a_report("in_transit", order_number=NUMBER)), "body": report["body"]},
            {**signed(a_report("unknown_carrier"), ""), "pathParameters": {"carrier": "wells_fargo"}},
            {**signed(a_report("unknown_carrier"), ""), "pathParameters": None},
        )
    ]
    for answer in answers:
        problem_of(answer, 401, "bad-signature")
        assert answer["headers"]["WWW-Authenticate"] == "Salama-Signature"
    assert len({answer["body"] for answer in answers}) == 1
    assert queued(world) == []
    assert [fact["kind"] for fact in world.told()] == ["signature_refused"] * len(answers)


def test_a_signed_body_that_says_nothing(world: World) -> None:
    problem_of(receive(world, signed(a_report("malformed_json"))), 400, "unreadable-body")
    problem = problem_of(receive(world, signed(a_report("wrong_status"))), 422, "invalid-request")
    assert fields_of(problem) == ["status"]
    bodies = ("[]", "null", "7", '{"id":1}', "[" * 10_000, '{"id":"a","id":"b"}', '{"id":NaN}', "", "\ufeff{}")
    for body in bodies:
        answer = receive(world, signed({**a_report("malformed_json"), "body": body}))
        assert answer["statusCode"] in (400, 422)
    assert queued(world) == []
    facts = world.told()
    assert {(fact["kind"], fact["who"]) for fact in facts} == {("callback_unreadable", "carrier/dhl")}
    assert [fact["body"] for fact in facts[2:]] == list(bodies)


def test_half_a_character_is_no_text(world: World) -> None:
    """It is valid JSON, and no queue or table would take it."""
    event = a_report("delivered", order_number=NUMBER)
    event["body"] = event["body"].replace("Delivered to", "\\ud800")
    problem = problem_of(receive(world, signed(event)), 422, "invalid-request")
    assert fields_of(problem) == ["description"]


@pytest.mark.parametrize(("mode", "status", "told"), [("log", 200, 0), ("alert", 200, 1), ("enforce", 403, 1)])
def test_a_report_from_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch, mode: str, status: int, told: int
) -> None:
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", mode)
    monkeypatch.setenv("CALLBACK_SOURCES", "198.51.100.0/24")
    assert receive(world, signed(a_report("delivered", order_number=NUMBER)))["statusCode"] == status
    assert len(queued(world)) == (status == 200)
    assert [fact["kind"] for fact in world.told()] == ["callback_source"] * told

    receive(world, signed(a_report("delivered", order_number=NUMBER), "guessed"))
    assert [fact["kind"] for fact in world.told()] == ["signature_refused"], "who signed is asked first"


def test_what_is_not_signed_is_not_looked_into(world: World) -> None:
    event = {**load("receive_carrier_event", "forged_signature"), "body": "{"}
    problem_of(receive(world, event), 401, "bad-signature")


def test_a_body_of_no_size_for_a_report_is_not_read(world: World) -> None:
    event = {**a_report("malformed_json"), "body": "x" * (16 * 1024 + 1)}
    problem_of(receive(world, signed(event)), 413, "body-too-large")
    packed = base64.b64encode(b"x" * (16 * 1024 + 1)).decode()
    problem_of(receive(world, {**event, "body": packed, "isBase64Encoded": True}), 413, "body-too-large")
    problem_of(receive(world, {**event, "body": "é", "isBase64Encoded": True}), 400, "unreadable-body")
    assert [fact["kind"] for fact in world.told()] == ["body_too_large", "body_too_large", "request_malformed"]


def test_a_report_that_cannot_be_queued_is_not_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARRIER_QUEUE_URL", world.queues["carrier"] + "-gone")
    with pytest.raises(ClientError):
        receive(world, signed(a_report("delivered", order_number=NUMBER)))


def test_nothing_private_is_logged(world: World, log: Log) -> None:
    event = signed(a_report("exception", order_number=NUMBER))
    receive(world, event)
    receive(world, {**event, "body": "{}"})
    for private in (
        "dhl-new",
        "dhl-old",
        event["headers"]["salama-signature"][-20:],
        json.loads(event["body"])["description"],
    ):
        assert private not in log.text
