"""One id from the buyer's click to the e-mail: through logs, events, queues and what providers call back about."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from commerce.kernel import context
from commerce.payments.links import Purpose
from commerce.payments.port import Paid
from commerce.runtime import aws
from tests.handlers.event_files import load
from tests.handlers.world import STRIPE_SECRET, Answer, World, body_of, counted_calls, logged, problem_of
from tests.support.figures import measured

CLICK = "0b6f8c1e-5f1c-4a53-9d0a-7c1f2a9be001"
LAPTOP = "LAP-T480-16-512"
EMAIL, PHONE = "wanjiku@example.com", "712345678"


@pytest.fixture(scope="module", autouse=True)
def _goods(_world: World) -> None:
    _world.shop.sell(LAPTOP, stock=50)
    # Their loggers exist before anybody listens.
    for function in ("start_checkout", "verify_payment", "notify_customer", "project_orders"):
        importlib.import_module(f"functions.{function}.app")


@dataclass
class Journey:
    """An order's way through the functions, each called as AWS would: by its queue, its stream or the API."""

    world: World
    number: str = ""
    relayed: set[str] = field(default_factory=set)

    def click(self, key: str, payment: dict[str, str], correlation_id: str | None = CLICK) -> Answer:
        event = load("start_checkout", "place_order")
        body = json.loads(event["body"])
        event["body"] = json.dumps({**body, "payment": payment})
        event["headers"]["idempotency-key"] = key
        if correlation_id:
            event["headers"]["x-correlation-id"] = correlation_id
        answer: Answer = self.world.call("start_checkout", event)
        self.number = body_of(answer)["order"]["number"]
        return answer

    def events(self) -> list[dict[str, Any]]:
        """The order's events, as their rows are."""
        rows = aws.client("dynamodb").query(
            TableName=self.world.shop.database._names["events"],
            KeyConditionExpression="pk = :subject",
            ExpressionAttributeValues={":subject": {"S": f"order/{self.number}"}},
        )["Items"]
        return list(rows)

    def relay(self) -> list[dict[str, Any]]:
        """Have the stream's new events put on the bus; return what it was given."""
        fresh = [row for row in self.events() if row["sk"]["S"] not in self.relayed]
        self.relayed |= {row["sk"]["S"] for row in fresh}
        records = [
            {"eventName": "INSERT", "dynamodb": {"NewImage": row, "SequenceNumber": str(place)}}
            for place, row in enumerate(fresh)
        ]
        with counted_calls() as calls:
            self.world.call("relay_events", {"Records": records})
        return [entry for _, name, what in calls.made if name == "PutEvents" for entry in what["Entries"]]

    def work(self, function: str, *bodies: str) -> None:
        """Have a worker handle messages."""
        records = [
            {"messageId": f"m-{place}", "body": body, "eventSource": "aws:sqs", "attributes": {}}
            for place, body in enumerate(bodies)
        ]
        assert self.world.call(function, {"Records": records}) == {"batchItemFailures": []}

    def on_bus(self, entry: dict[str, Any]) -> str:
        """What a queue gets of an event on the bus."""
        envelope = {"detail-type": entry["DetailType"], "source": "salama", "detail": json.loads(entry["Detail"])}
        return json.dumps(envelope)


def correlations(records: list[Any], message: str) -> list[str | None]:
    """The correlation id of each line of a message."""
    return [getattr(record, "correlation_id", None) for record in records if record.getMessage() == message]


def finish(journey: Journey, callback: str) -> None:
    """From the callback's message on: the check settles, the bus brings the event, the buyer is written to."""
    with logged() as log:
        journey.work("verify_payment", callback)
    assert correlations(log.records, "payment checked") == [CLICK], "the attempt's row knew it"
    confirmed = journey.relay()[-1]
    assert confirmed["DetailType"] == "PaymentConfirmed"
    assert json.loads(confirmed["Detail"])["correlation_id"] == CLICK
    with logged() as log, counted_calls() as calls:
        journey.work("notify_customer", journey.on_bus(confirmed))
        journey.work("project_orders", journey.on_bus(confirmed))
    assert correlations(log.records, "event seen") == [CLICK]
    assert correlations(log.records, "order projected") == [CLICK]
    [mail] = [what for _, name, what in calls.made if name == "SendEmail"]
    assert mail["Content"]["Simple"]["Headers"] == [{"Name": "X-Correlation-Id", "Value": CLICK}]
    assert CLICK not in mail["Content"]["Simple"]["Body"]["Text"]["Data"], "nothing technical for buyers"
    assert {row["correlation_id"]["S"] for row in journey.events()} == {CLICK}
    assert context.current().correlation_id is None, "the next message starts with nothing"


def test_an_m_pesa_order_is_one_story(world: World) -> None:
    journey = Journey(world)
    with logged() as log:
        assert journey.click("a story by phone", {"method": "mpesa", "phone": "0712345678"})["statusCode"] == 201
    assert correlations(log.records, "order placed") == [CLICK]
    [placed, prompted] = journey.relay()
    assert [entry["DetailType"] for entry in (placed, prompted)] == ["OrderPlaced", "PaymentPrompted"]
    assert {json.loads(entry["Detail"])["correlation_id"] for entry in (placed, prompted)} == {CLICK}
    # The first check, which the bus sets going, finds nothing yet and hands the id on.
    journey.work("verify_payment", journey.on_bus(placed))
    account = world.shop.till.payments.account(journey.number)
    assert account is not None
    attempt = account.attempts[1]
    assert attempt.correlation_id == CLICK
    posted = load(
        "receive_stk_callback",
        "paid",
        token=world.shop.till.links.address(Purpose.PAYMENT, journey.number, 1).rsplit("/", 1)[1],
        request_id=attempt.request_id,
        payment_id=attempt.payment_id,
    )
    with counted_calls() as calls:
        assert world.call("receive_stk_callback", posted)["statusCode"] == 200
    [sent] = calls.sent(world.queues["verify"])
    assert CLICK not in sent["MessageBody"], "M-Pesa knows of no click"
    world.shop.provider.on_look_up = lambda _: Paid()
    finish(journey, sent["MessageBody"])


def test_a_check_that_comes_again_keeps_the_id(world: World) -> None:
    journey = Journey(world)
    journey.click("asked again", {"method": "mpesa", "phone": "0712345678"})
    with counted_calls() as calls:
        journey.work("verify_payment", json.dumps({"order_number": journey.number, "attempt": 1}))
    [again] = calls.sent(world.queues["verify"])
    assert json.loads(again["MessageBody"])["correlation_id"] == CLICK


def test_a_card_order_is_one_story(world: World) -> None:
    journey = Journey(world)
    assert journey.click("a story by card", {"method": "card"})["statusCode"] == 201
    journey.relay()
    world.shop.card.pay(f"{journey.number}-1")
    unsigned = load("receive_stripe_event", "intent_succeeded", order_number=journey.number, signature="")
    moment, key = int(time.time()), STRIPE_SECRET["webhook_secrets"].encode()
    digest = hmac.new(key, f"{moment}.{unsigned['body']}".encode(), hashlib.sha256).hexdigest()
    posted = load(
        "receive_stripe_event", "intent_succeeded", order_number=journey.number, signature=f"t={moment},v1={digest}"
    )
    with counted_calls() as calls:
        assert world.call("receive_stripe_event", posted)["statusCode"] == 200
    [sent] = calls.sent(world.queues["verify"])
    finish(journey, sent["MessageBody"])


def test_messages_of_one_batch_do_not_share_an_id(world: World) -> None:
    one, other = Journey(world), Journey(world)
    one.click("one of a batch", {"method": "mpesa", "phone": "0712345678"})
    other.click("another of the batch", {"method": "mpesa", "phone": "0712345678"}, "another-click")
    with logged() as log:
        one.work(
            "verify_payment",
            *(json.dumps({"order_number": each.number, "attempt": 1}) for each in (one, other)),
        )
    assert correlations(log.records, "payment checked") == [CLICK, "another-click"]


def test_the_sweep_tells_each_order_by_its_own_click(world: World) -> None:
    journeys = [Journey(world), Journey(world)]
    for place, journey in enumerate(journeys):
        journey.click(f"never paid {place}", {"method": "mpesa", "phone": "0712345678"}, f"click-{place}")
    started = world.shop.clock.moment
    account = world.shop.till.payments.account(journeys[1].number)
    assert account is not None
    try:
        world.shop.clock.moment = account.order.reserved_until + world.shop.till.policy.window * 10
        world.play("expire_reservations", "every_minute")
    finally:
        world.shop.clock.moment = started
    for place, journey in enumerate(journeys):
        [expired] = [row for row in journey.events() if row["type"]["S"] == "OrderExpired"]
        assert expired["correlation_id"]["S"] == f"click-{place}"


@pytest.mark.parametrize("forged", ["x" * 65, 'a" level="CRITICAL', "line\nbreak", ""])
def test_an_id_that_is_none_is_not_taken_over(forged: str, world: World) -> None:
    journey = Journey(world)
    with logged() as log:
        journey.click(f"forged {len(forged)} {forged[:3]!r}", {"method": "mpesa", "phone": "0712345678"}, forged)
    [taken] = correlations(log.records, "order placed")
    assert taken not in (None, forged), "API Gateway's own name of the request stands for it"


def test_what_is_counted_names_nobody(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    journey = Journey(world)
    journey.click("counted", {"method": "mpesa", "phone": "0712345678"})
    capsys.readouterr()
    journey.work("project_orders", *(journey.on_bus(entry) for entry in journey.relay()))
    told = capsys.readouterr().out
    figures = measured(told)
    assert {(one.name, one.value) for one in figures} == {
        ("OrdersPlaced", 1), ("UnitsReserved", 1), ("PromptsSent", 1)
    }  # fmt: skip
    lines = "\n".join(line for line in told.splitlines() if '"_aws"' in line)
    for secret in (EMAIL, PHONE, journey.number, CLICK, "Wanjiku"):
        assert secret not in lines


def test_goods_that_are_gone_are_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.shop.sell("LAP-LAST", stock=1)
    event = load("start_checkout", "place_order")
    event["body"] = json.dumps({**json.loads(event["body"]), "items": [{"sku": "LAP-LAST", "quantity": 2}]})
    event["headers"]["idempotency-key"] = "more than there is"
    problem_of(world.call("start_checkout", event), 409, "out-of-stock")
    assert [(one.name, one.value, one.detail) for one in measured(capsys.readouterr().out)] == [("OutOfStock", 1, {})]
