"""The worker of VerifyQueue: checks, re-checks, and what is no message at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from commerce.checkout.place_order import Placement
from commerce.kernel.errors import CommitBusy
from commerce.payments.messages import CheckMessage
from commerce.payments.port import Paid, Refused
from functions.verify_payment import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Calls, Log, World

#: What the placed order's event bears.
CLICK = "5f0c3c3e-0a5a-4c57-9a38-0a3f3f1f6f0e"
FINE: dict[str, Any] = {"batchItemFailures": []}


def check(world: World, case: str, placed: Placement) -> Any:
    return world.call("verify_payment", about(world, case, placed))


def about(world: World, case: str, placed: Placement) -> Event:
    known: dict[str, object] = {"order_number": placed.order.number}
    if case.endswith("_claim"):
        attempt = world.shop.account(placed).attempts[1]
        known["request_id"] = attempt.request_id
        known["payment_id"] = attempt.payment_id
    return load("verify_payment", case, **known)


def next_checks(world: World, calls: Calls) -> list[tuple[CheckMessage, int]]:
    sent = calls.sent(world.queues["verify"])
    return [(CheckMessage.from_json(message["MessageBody"]), message["DelaySeconds"]) for message in sent]


def test_a_confirmed_claim_settles_the_order(world: World) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    assert check(world, "callback_claim", placed) == FINE
    account = world.shop.account(placed)
    assert account.order.status == "processing"
    assert account.attempts[1].receipt == "TKM4A1B2C3"
    assert world.waiting("verify") == 0


def test_a_claim_that_the_provider_does_not_confirm_moves_nothing(world: World, calls: Calls) -> None:
    placed = world.order()
    before = world.shop.account(placed)
    assert check(world, "callback_claim", placed) == FINE
    assert world.shop.account(placed) == before
    [(later, delay)] = next_checks(world, calls)
    assert (later.check, delay) == (1, 20)
    assert later.claim is not None, "what it claimed is not forgotten"
    assert later.claim.receipt == "TKM4A1B2C3"


def test_a_claimed_failure_does_not_end_a_payment(world: World) -> None:
    placed = world.order()
    check(world, "failure_claim", placed)
    assert world.shop.account(placed).attempts[1].live
    world.shop.provider.on_look_up = lambda _: Refused("1032", "cancelled")
    check(world, "failure_claim", placed)
    assert world.shop.account(placed).attempts[1].state == "failed"


@pytest.mark.parametrize(
    ("case", "number", "delay", "click"), [("order_placed", 1, 20, CLICK), ("later_check", 2, 30, None)]
)
def test_what_is_pending_is_looked_at_again_later(
    world: World, calls: Calls, case: str, number: int, delay: int, click: str | None
) -> None:
    placed = world.order()
    assert check(world, case, placed) == FINE
    later = CheckMessage(placed.order.number, 1, check=number, correlation_id=click)
    assert next_checks(world, calls) == [(later, delay)]
    assert world.waiting("verify") == 1


def test_a_restarted_payment_is_checked_as_its_own_attempt(world: World, calls: Calls) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Refused("1032", "cancelled")
    check(world, "later_check", placed)
    world.shop.provider.on_look_up = None
    world.shop.pay_again(placed, "again")
    calls.made.clear()
    assert check(world, "payment_restarted", placed) == FINE
    assert next_checks(world, calls) == [(CheckMessage(placed.order.number, 2, check=1), 20)]


def test_past_the_last_look_a_person_is_told_and_no_more_messages_are_sent(world: World) -> None:
    placed = world.order()
    assert check(world, "last_check", placed) == FINE
    assert world.shop.event_types(placed)[-1] == "PaymentUnresolved"
    assert world.shop.account(placed).attempts[1].unresolved
    assert world.waiting("verify") == 0
    assert check(world, "last_check", placed) == FINE
    assert world.shop.event_types(placed).count("PaymentUnresolved") == 1, "once"


def test_the_last_look_still_settles(world: World) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    check(world, "last_check", placed)
    assert world.shop.account(placed).order.status == "processing"
    assert "PaymentUnresolved" not in world.shop.event_types(placed)


def test_a_chain_of_checks_ends(world: World, calls: Calls) -> None:
    placed = world.order()
    event, delays = about(world, "order_placed", placed), []
    for _ in range(10):
        calls.made.clear()
        world.call("verify_payment", event)
        sent = calls.sent(world.queues["verify"])
        if not sent:
            break
        delays.append(sent[0]["DelaySeconds"])
        event["Records"][0]["body"] = sent[0]["MessageBody"]
    assert delays == [20, 30, 60]
    assert world.shop.event_types(placed)[-1] == "PaymentUnresolved"


def test_an_order_that_is_not_there_is_looked_at_once(world: World) -> None:
    assert world.play("verify_payment", "later_check", order_number="0000000000") == FINE
    assert world.waiting("verify") == 0


def test_poison_fails_alone(world: World, log: Log) -> None:
    placed = world.order()
    answer = check(world, "poison_among_others", placed)
    ids = [record["messageId"] for record in about(world, "poison_among_others", placed)["Records"]]
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ids[1:]
    assert len(world.shop.provider.looked_up) == 1, "the others were worked on"
    assert log.text.count("Traceback") >= len(ids) - 1, "whoever finds a dead letter can find out why"


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "7", '"detail-type"', '{"detail-type": 1}', '{"attempt": 1}', "{" * 900]
)
def test_whatever_poison_looks_like_it_goes_back_to_the_queue(world: World, body: str) -> None:
    event = load("verify_payment", "poison_alone")
    event["Records"][0]["body"] = body
    with pytest.raises(BatchProcessingError):
        world.call("verify_payment", event)


def test_a_busy_shop_leaves_the_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise CommitBusy

    placed = world.order()
    monkeypatch.setattr(app, "verify_payment", busy)
    with pytest.raises(BatchProcessingError):
        check(world, "later_check", placed)


def test_the_log_names_the_order_and_nobody(world: World, log: Log) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    event = about(world, "callback_claim", placed)
    world.call("verify_payment", event)
    assert placed.order.number in log.text
    claim = json.loads(event["Records"][0]["body"])["claim"]["references"]
    for private in ("712345678", "wanjiku", *claim.values()):
        assert private not in log.text.lower()
