"""POST /hooks/stk/{token}: what Daraja posts, and what strangers post."""

from __future__ import annotations

import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from commerce.payments.links import Purpose
from commerce.payments.messages import CheckMessage
from commerce.payments.port import PaymentClaim, References
from commerce.runtime.environment import SettingsError
from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World

ACCEPTED = {"ResultCode": 0, "ResultDesc": "Accepted"}
REJECTED = {"ResultCode": 1, "ResultDesc": "Rejected"}


def receive(world: World, event: Event) -> tuple[int, object]:
    answer: Answer = world.call("receive_stk_callback", event)
    assert answer["headers"]["content-type"] == "application/json"
    return answer["statusCode"], json.loads(answer["body"])


def queued(world: World) -> list[CheckMessage]:
    return [CheckMessage.from_json(body) for body in world.receive("verify")]


def test_a_callback_is_queued_and_answered_in_darajas_words(world: World) -> None:
    placed = world.order()
    assert receive(world, world.callback("paid", placed)) == (200, ACCEPTED)
    references = world.shop.account(placed).attempts[1].references
    claim = PaymentClaim(references, "0", receipt="TKM4A1B2C3", amount=180_000)
    assert queued(world) == [CheckMessage(placed.order.number, 1, claim=claim)]


@pytest.mark.parametrize(("case", "code"), [("cancelled", "1032"), ("vendor_code", "BW-HTTP-100300")])
def test_what_went_wrong_is_a_claim_too(world: World, case: str, code: str) -> None:
    placed = world.order()
    assert receive(world, world.callback(case, placed)) == (200, ACCEPTED)
    [message] = queued(world)
    assert message.claim is not None
    assert (message.claim.code, message.claim.receipt, message.claim.amount) == (code, None, None)


def test_a_body_in_base64_is_read(world: World) -> None:
    placed = world.order()
    event = load("receive_stk_callback", "unreachable_base64", token=world.token(placed))
    assert receive(world, event) == (200, ACCEPTED)
    [message] = queued(world)
    assert message.claim is not None
    assert message.claim.code == "1037"
    assert message.claim.references == References("29115-34620561-1", "ws_CO_22112026120015123712345678")


def test_the_order_is_not_touched_by_a_callback(world: World) -> None:
    placed = world.order()
    before = world.shop.account(placed)
    receive(world, world.callback("paid", placed))
    assert world.shop.account(placed) == before


def test_a_callback_costs_one_message_and_nothing_else(world: World, calls: Calls) -> None:
    placed = world.order()
    event = world.callback("paid", placed)
    receive(world, event)
    calls.made.clear()
    receive(world, event)
    assert calls.operations == ["sqs:SendMessage"]
    assert [sent["DelaySeconds"] for sent in calls.sent(world.queues["verify"])] == [0], "not the queue's own delay"


@pytest.mark.parametrize(
    "body",
    [
        *(None, "", "{}", "[]", "null", '"text"', "{" * 900, '{"Body":{"stkCallback":[]}}', "\x00\x07", "[" * 16_000),
        '{"Body":{"stkCallback":{"CheckoutRequestID":{"a":1},"MerchantRequestID":[]}}}',
        '{"CheckoutRequestID":"ws_CO_1","ResultCode":1032,"ResultCode":0}',
        '{"CheckoutRequestID":"ws_CO_1","ResultCode":NaN}',
        '{"CheckoutRequestID":"ws_CO_1"} {"CheckoutRequestID":"ws_CO_2"}',
    ],
)
def test_a_body_that_says_nothing_still_has_the_attempt_looked_at(world: World, body: str | None) -> None:
    placed = world.order()
    event = {**load("receive_stk_callback", "malformed_body", token=world.token(placed)), "body": body}
    assert receive(world, event) == (200, ACCEPTED)
    assert queued(world) == [CheckMessage(placed.order.number, 1, claim=None)]
    [fact] = world.told()
    assert (fact["kind"], fact["subject"]) == ("callback_unreadable", f"order/{placed.order.number}")
    assert fact["body"] == (body or ""), "kept for a person, apart from the log"
    assert fact["body_sha256"] == hashlib.sha256((body or "").encode()).hexdigest()


def test_a_body_whose_base64_is_none_is_kept_as_it_came(world: World) -> None:
    placed = world.order()
    event = load("receive_stk_callback", "unreachable_base64", token=world.token(placed))
    for body in ("not base 64", "é", "QQ=", "Q Q==", '{"CheckoutRequestID":"ws_CO_1"}'):
        assert receive(world, {**event, "body": body}) == (200, ACCEPTED)
        assert queued(world) == [CheckMessage(placed.order.number, 1, claim=None)]
        assert [fact["body"] for fact in world.told()] == [body]


@pytest.mark.parametrize(
    "kind", ["text/html", "application/x-www-form-urlencoded", "", "application/json; charset=utf-16"]
)
def test_what_a_body_says_it_is_changes_nothing(world: World, kind: str) -> None:
    placed = world.order()
    event = world.callback("paid", placed)
    event["headers"]["content-type"] = kind
    assert receive(world, event) == (200, ACCEPTED)
    [message] = queued(world)
    assert message.claim is not None
    assert message.claim.code == "0"
    assert world.told() == []


def test_a_wrong_type_is_no_success(world: World) -> None:
    placed = world.order()
    event = world.callback("paid", placed)
    for code in ('{"0":0}', "[0]", "false", "null", "1e400", "9" * 5000):
        body = event["body"].replace('"ResultCode":0', f'"ResultCode":{code}')
        assert body != event["body"]
        assert receive(world, {**event, "body": body}) == (200, ACCEPTED)
        [message] = queued(world)
        assert message.claim is not None
        assert message.claim.code != "0"


def test_a_body_that_is_no_text_still_has_the_attempt_looked_at(world: World) -> None:
    placed = world.order()
    event = load("receive_stk_callback", "unreachable_base64", token=world.token(placed))
    assert receive(world, {**event, "body": "/////w=="}) == (200, ACCEPTED)
    assert queued(world) == [CheckMessage(placed.order.number, 1, claim=None)]
    assert [fact["body"] for fact in world.told()] == ["ÿÿÿÿ"]


def tampered(world: World) -> list[str]:
    placed, other = world.order(), world.order()
    token = world.token(placed)
    return [
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        token[:15] + world.token(other)[15:],
        token[:13] + "02" + token[15:],
        token.upper() if token.upper() != token else "F" * 63,
        token + "0",
        token[:-1],
        world.token(placed, Purpose.REFUND),
        placed.order.number,
        "",
        "٣" * 63,
    ]


def test_a_forged_token_is_turned_away(world: World) -> None:
    events = [load("receive_stk_callback", case, **REFERENCES) for case in ("forged_token", "malformed_token")]
    for token in tampered(world):
        events.append({**events[0], "pathParameters": {"token": token}})
    events.append({**events[0], "pathParameters": {}})
    for event in events:
        assert receive(world, event) == (404, REJECTED), event["pathParameters"]
    assert world.waiting("verify") == 0
    facts = world.told()
    assert [fact["kind"] for fact in facts] == ["callback_forged"] * len(events)
    assert all("subject" not in fact for fact in facts), "whose it would be is only claimed"


REFERENCES = {"request_id": "29115-34620561-1", "payment_id": "ws_CO_22112026120015123712345678"}


@pytest.mark.parametrize("genuine", [True, False])
def test_a_body_larger_than_any_callback_is_turned_away(world: World, genuine: bool) -> None:
    token = world.token(world.order()) if genuine else "no-token"
    event = load("receive_stk_callback", "malformed_body", token=token)
    assert receive(world, {**event, "body": "x" * (16 * 1024 + 1)}) == (413, REJECTED)
    assert receive(world, {**event, "body": "eHh4" * (16 * 1024 // 3 + 1), "isBase64Encoded": True}) == (413, REJECTED)
    assert world.waiting("verify") == 0
    assert [fact["kind"] for fact in world.told()] == ["body_too_large"] * 2


@pytest.mark.parametrize(("mode", "status", "told"), [("log", 200, 0), ("alert", 200, 1), ("enforce", 403, 1)])
def test_a_callback_from_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch, log: Log, mode: str, status: int, told: int
) -> None:
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", mode)
    placed = world.order()
    assert receive(world, world.callback("paid_from_elsewhere", placed))[0] == status
    assert world.waiting("verify") == (1 if status == 200 else 0)
    facts = world.told()
    assert [(fact["kind"], fact["source"]) for fact in facts] == [("callback_source", "203.0.113.9")] * told
    assert "203.0.113.9" in log.text

    assert receive(world, world.callback("paid", placed))[0] == 200, "a source on the list is heard in every mode"


@pytest.mark.parametrize(
    ("sources", "known"),
    [
        ("203.0.113.0/24", True),
        ("203.0.113.9", True),
        ("203.0.113.77/24", True),
        ("2001:db8::/32, 203.0.113.8/31", True),
        ("203.0.112.0/24", False),
        ("::/0", False),
    ],
)
def test_a_source_list_may_hold_ranges(
    world: World, monkeypatch: pytest.MonkeyPatch, sources: str, known: bool
) -> None:
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", "enforce")
    monkeypatch.setenv("CALLBACK_SOURCES", sources)
    answer = receive(world, world.callback("paid_from_elsewhere", world.order()))
    assert answer == ((200, ACCEPTED) if known else (403, REJECTED))


def test_a_source_that_says_it_is_another_is_not_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", "enforce")
    event = world.callback("paid_from_elsewhere", world.order())
    event["headers"] |= {"x-forwarded-for": "196.201.214.200", "forwarded": "for=196.201.214.200"}
    assert receive(world, event) == (403, REJECTED)
    event["requestContext"]["http"]["sourceIp"] = "196.201.214.200, 203.0.113.9"
    assert receive(world, event) == (403, REJECTED), "what is no address is no known one"


def test_a_source_list_that_cannot_be_read_is_a_fault_of_ours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_SOURCES", "196.201.214.0/40")
    with pytest.raises(SettingsError, match="CALLBACK_SOURCES"):
        receive(world, world.callback("paid", world.order()))


def test_without_a_list_every_source_is_heard(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", "enforce")
    monkeypatch.setenv("CALLBACK_SOURCES", "")
    placed = world.order()
    assert receive(world, world.callback("paid_from_elsewhere", placed))[0] == 200


def test_a_callback_that_cannot_be_queued_is_not_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFY_QUEUE_URL", world.queues["verify"] + "-gone")
    event = world.callback("paid", world.order())
    with pytest.raises(ClientError):
        world.call("receive_stk_callback", event)


def test_nothing_private_is_logged(world: World, monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    placed = world.order()
    token, attempt = world.token(placed), world.shop.account(placed).attempts[1]
    for case in ("paid", "cancelled", "paid_from_elsewhere"):
        receive(world, world.callback(case, placed))
    receive(world, load("receive_stk_callback", "malformed_body", token=token))
    receive(world, load("receive_stk_callback", "forged_token", **REFERENCES))
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", "enforce")
    receive(world, world.callback("paid_from_elsewhere", placed))

    assert placed.order.number in log.text, "a callback that cannot be read names its order"
    for private in (
        "712345678",
        "TKM4A1B2C3",
        token,
        token[15:],
        "test-key",
        "ws_CO_",
        str(attempt.request_id),
    ):
        assert private not in log.text
