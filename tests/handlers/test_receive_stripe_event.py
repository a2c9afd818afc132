"""POST /hooks/stripe: what Stripe posts, and what strangers post."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce.payments.messages import CheckMessage, StatementMessage, read_refund_message
from commerce.runtime import aws, security, stripe_webhook
from sandbox.stack.engine import REGION
from tests.handlers.event_files import FOLDER, Event, load
from tests.handlers.rights import assert_allowed
from tests.handlers.world import Answer, Calls, Context, Log, counted_calls, problem_of

FUNCTION = "receive_stripe_event"
NUMBER = "7K2M9QX4TD"
CHARGE = "ch_3SalamaExample01"
SECRET, OLDER, NEXT = "whsec_current", "whsec_older", "whsec_next"


def signature(body: bytes, *secrets: str, at: float | None = None) -> str:
    moment = int(time.time() if at is None else at)
    signed = [hmac.new(one.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest() for one in secrets]
    return ",".join([f"t={moment}", *(f"v1={one}" for one in signed)])


def event(case: str, *secrets: str, at: float | None = None) -> Event:
    """Return an event file as Stripe would have signed it now."""
    text = (FOLDER / FUNCTION / f"{case}.json").read_text(encoding="utf-8")
    values = {"order_number": NUMBER} if "{{order_number}}" in text else {}
    if "{{signature}}" not in text:
        return load(FUNCTION, case, **values)
    unsigned = load(FUNCTION, case, signature="", **values)
    body = base64.b64decode(unsigned["body"]) if unsigned["isBase64Encoded"] else unsigned["body"].encode()
    return load(FUNCTION, case, signature=signature(body, *(secrets or (SECRET,)), at=at), **values)


def holding(body: str, *secrets: str) -> Event:
    """Return an event with another body, signed."""
    posted = event("customer_created")
    headers = {**posted["headers"], "stripe-signature": signature(body.encode(), *(secrets or (SECRET,)))}
    return {**posted, "headers": headers, "body": body}


@dataclass
class Hook:
    """The webhook with its own queues and secret: it needs nothing else of the shop."""

    queues: dict[str, str]
    secret_id: str

    def receive(self, posted: Event) -> Answer:
        handler = importlib.import_module(f"functions.{FUNCTION}.app").lambda_handler
        with counted_calls() as calls:
            answer: Answer = handler(posted, Context())
        assert_allowed(FUNCTION, calls.made, {})
        return answer

    def accept(self, posted: Event) -> None:
        answer = self.receive(posted)
        assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"received": True})
        assert answer["headers"]["content-type"] == "application/json"

    def roll(self, *secrets: str) -> None:
        keys = {"secret_key": "sk_test_x", "publishable_key": "pk_test_x", "webhook_secrets": ", ".join(secrets)}
        aws.client("secretsmanager").put_secret_value(SecretId=self.secret_id, SecretString=json.dumps(keys))

    def queued(self, queue: str) -> list[str]:
        client, bodies = aws.client("sqs"), []
        while found := client.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                client.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.queued("security")]

    def quiet(self) -> bool:
        return not self.queued("verify") and not self.queued("refund")


@pytest.fixture
def hook(ministack_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Hook]:
    name = f"stripe-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"
    for variable, value in (
        ("AWS_ENDPOINT_URL", ministack_url),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("STRIPE_SECRET_ID", name),
    ):
        monkeypatch.setenv(variable, value)
    aws.client.cache_clear()
    aws._secrets.clear()
    security._told.clear()
    queues = {
        kind: aws.client("sqs").create_queue(QueueName=f"{name}-{kind}")["QueueUrl"]
        for kind in ("verify", "refund", "security")
    }
    for kind, url in queues.items():
        monkeypatch.setenv(f"{kind.upper()}_QUEUE_URL", url)
    aws.client("secretsmanager").create_secret(Name=name, SecretString="{}")
    ready = Hook(queues, name)
    ready.roll(SECRET)
    yield ready
    aws.client.cache_clear()
    aws._secrets.clear()


@pytest.mark.parametrize(
    ("case", "event_id"), [("intent_succeeded", "evt_3SalamaSucceeded"), ("card_declined", "evt_3SalamaDeclined")]
)
def test_news_of_an_intent_has_its_attempt_looked_at(hook: Hook, case: str, event_id: str) -> None:
    """The claim stays empty: Stripe itself is asked, whatever the event says."""
    hook.accept(event(case))
    [message] = hook.queued("verify")
    assert CheckMessage.from_json(message) == CheckMessage(NUMBER, 1, event_id=event_id)
    assert not hook.queued("refund")


@pytest.mark.parametrize(
    ("case", "event_id"),
    [
        ("charge_refunded", "evt_3SalamaRefunded"),
        ("refund_failed", "evt_3SalamaRefundFailed"),
        ("dispute_created", "evt_3SalamaDisputed"),
        ("dispute_created_base64", "evt_3SalamaDisputed"),
    ],
)
def test_news_of_captured_money_has_its_books_read(hook: Hook, case: str, event_id: str) -> None:
    hook.accept(event(case))
    [message] = hook.queued("refund")
    assert read_refund_message(message) == StatementMessage("card", CHARGE, event_id)
    assert not hook.queued("verify")


@pytest.mark.parametrize("case", ["customer_created", "intent_of_another_shop"])
def test_what_is_of_no_interest_is_answered_and_dropped(hook: Hook, case: str, log: Log) -> None:
    hook.accept(event(case))
    assert hook.quiet()
    assert "INFO salama.webhook Stripe event dropped: " in log.text


@pytest.mark.parametrize(
    "body",
    [
        *("", "{}", "[]", "null", "{", "[" * 900, '{"id":"evt_1","type":"charge.refunded"}', "{}\ufeff"),
        '{"id":"evt_1","type":"payment_intent.created","type":"payment_intent.succeeded"}',
        '{"id":"evt_1","type":"payment_intent.created","created":NaN}',
    ],
)
def test_a_signed_body_that_says_nothing_is_put_into_quarantine(hook: Hook, body: str) -> None:
    hook.accept(holding(body))
    assert hook.quiet()
    assert [(fact["kind"], fact["body"]) for fact in hook.told()] == [("callback_unreadable", body)]


def test_an_event_costs_one_message_and_nothing_else(hook: Hook, calls: Calls) -> None:
    hook.accept(event("intent_succeeded"))
    calls.made.clear()
    hook.accept(event("intent_succeeded"))
    assert calls.operations == ["sqs:SendMessage"]
    assert [sent["DelaySeconds"] for sent in calls.sent(hook.queues["verify"])] == [0]


def forgeries() -> list[Event]:
    genuine = event("charge_refunded")
    return [
        event("unsigned"),
        event("forged"),
        event("charge_refunded", "whsec_guessed"),
        event("charge_refunded", at=time.time() - 301),
        event("charge_refunded", at=time.time() + 310),
        {**genuine, "body": genuine["body"].replace("180000", "1")},
        {**genuine, "body": genuine["body"] + " "},
        {**genuine, "isBase64Encoded": True},
        {**genuine, "headers": {}},
        {**genuine, "headers": {**genuine["headers"], "stripe-signature": "t=0,v1=" + "f" * 64}},
        {**genuine, "headers": {**genuine["headers"], "stripe-signature": "٣=٣" * 900}},
        {**event("dispute_created_base64"), "body": "not base 64"},
    ]


def test_what_stripe_did_not_sign_lately_is_turned_away(hook: Hook) -> None:
    for posted in forgeries():
        problem_of(hook.receive(posted), 400, "signature-refused")
    assert [fact["kind"] for fact in hook.told()] == ["signature_refused"] * len(forgeries())
    assert hook.quiet()


@pytest.mark.parametrize(("mode", "status", "told"), [("log", 200, 0), ("alert", 200, 1), ("enforce", 403, 1)])
def test_an_event_from_elsewhere(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, mode: str, status: int, told: int
) -> None:
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", mode)
    monkeypatch.setenv("CALLBACK_SOURCES", "198.51.100.0/24")
    assert hook.receive(event("intent_succeeded"))["statusCode"] == status
    assert len(hook.queued("verify")) == (status == 200)
    assert [fact["kind"] for fact in hook.told()] == ["callback_source"] * told
    monkeypatch.setenv("CALLBACK_SOURCES", "3.18.12.0/24")
    hook.accept(event("intent_succeeded"))
    assert hook.told() == []


@pytest.mark.parametrize("secrets", [[], [""], [" , "]])
def test_without_a_secret_nothing_is_let_in(hook: Hook, secrets: list[str]) -> None:
    hook.roll(*secrets)
    problem_of(hook.receive(holding("{}", "")), 400, "signature-refused")


def test_where_no_cards_are_taken_nothing_is_let_in(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_ID", "")
    problem_of(hook.receive(event("charge_refunded")), 400, "signature-refused")


def test_while_a_secret_is_rolled_either_is_known(hook: Hook) -> None:
    hook.roll(SECRET, OLDER)
    for secrets in ((SECRET,), (OLDER,), (OLDER, SECRET)):
        hook.accept(event("charge_refunded", *secrets))


def test_a_rolled_secret_is_picked_up_and_strangers_cannot_make_us_ask(
    hook: Hook, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("commerce.runtime.aws.time.monotonic", lambda: now)
    hook.accept(event("charge_refunded"))
    hook.roll(NEXT)
    calls.made.clear()

    now += stripe_webhook.FRESH_SECONDS
    for _ in range(3):
        problem_of(hook.receive(event("charge_refunded", NEXT)), 400, "signature-refused")
    assert calls.operations == ["sqs:SendMessage"] * 3, "a secret this fresh is not asked for again; each is told of"

    now += 1
    calls.made.clear()
    hook.accept(event("charge_refunded", NEXT))
    assert calls.operations == ["secretsmanager:GetSecretValue", "sqs:SendMessage"]
    calls.made.clear()
    for _ in range(3):
        problem_of(hook.receive(event("charge_refunded", SECRET)), 400, "signature-refused")
    assert calls.operations == ["sqs:SendMessage"] * 3

    now += aws.SECRET_SECONDS + 1
    calls.made.clear()
    hook.accept(event("charge_refunded", NEXT))
    assert calls.operations == ["secretsmanager:GetSecretValue", "sqs:SendMessage"], "and never used for ever"


@pytest.mark.parametrize("signed", [True, False])
def test_a_body_larger_than_any_event_is_turned_away(hook: Hook, signed: bool) -> None:
    large = "x" * (stripe_webhook.LARGEST_EVENT + 1)
    posted = holding(large, SECRET if signed else "whsec_guessed")
    problem_of(hook.receive(posted), 413, "body-too-large")
    encoded = base64.b64encode(large.encode()).decode()
    problem_of(hook.receive({**posted, "body": encoded, "isBase64Encoded": True}), 413, "body-too-large")
    hook.accept(holding("x" * stripe_webhook.LARGEST_EVENT))
    assert hook.quiet()


def test_an_event_that_cannot_be_queued_is_not_answered(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFY_QUEUE_URL", hook.queues["verify"] + "-gone")
    with pytest.raises(ClientError):
        hook.receive(event("intent_succeeded"))


def test_nothing_private_is_logged(hook: Hook, log: Log) -> None:
    for case in ("intent_succeeded", "charge_refunded", "customer_created", "unsigned", "forged"):
        hook.receive(event(case))
    for private in ("_secret_", "whsec_", "pi_3Salama", CHARGE, "4242", NUMBER, "sk_test"):
        assert private not in log.text, private
