"""E-mails to buyers, one for each event that calls for one."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from commerce.checkout.place_order import Placement
from commerce.notifications.mails import Shop, mail_about
from commerce.notifications.store import SentMails
from functions.notify_customer import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Log, World

FINE: dict[str, Any] = {"batchItemFailures": []}


def mails(world: World, placed: Placement) -> list[dict[str, Any]]:
    """Return what SES sent about an order."""
    with urllib.request.urlopen(f"{world.url}/_ministack/ses/messages", timeout=5) as answer:
        sent = [mail for account in json.load(answer)["messages"].values() for mail in account]
    return [mail for mail in sent if placed.order.number in mail["Subject"] + mail["BodyText"]]


def about(case: str, placed: Placement) -> Event:
    return load("notify_customer", case, order_number=placed.order.number)


def test_a_buyer_is_told_of_the_order(world: World) -> None:
    placed = world.order()
    assert world.call("notify_customer", about("order_placed", placed)) == FINE
    [mail] = mails(world, placed)
    assert mail["To"] == ["wanjiku@example.com"]
    assert mail["Source"] == "orders@shop.test"
    assert mail["Subject"] == f"We hold order {placed.order.number} for you · Salama"
    assert "KES 1,800" in mail["BodyText"]
    assert f"https://shop.test/order.html?number={placed.order.number}" in mail["BodyText"]


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Wanjiku Kamau", "Wanjiku Kamau"),
        ("J. R. Ng'ang'a", "J. R. Ng'ang'a"),
        ("ሰላም ተስፋዬ", "ሰላም ተስፋዬ"),
        ("Claim your prize at https://evil.example/x", "customer"),
        ("Call www.evil.example now", "customer"),
        ("evil.com", "customer"),
        ("win@evil.example", "customer"),
    ],
)
def test_nobodys_links_are_sent_to_strangers(world: World, name: str, called: str) -> None:
    """Anybody can order with a stranger's address, and choose the name that the shop greets them by."""
    account = world.shop.account(world.order())
    order = account.order
    customer = order.terms.customer.model_copy(update={"name": name})
    renamed = order.model_copy(update={"terms": order.terms.model_copy(update={"customer": customer})})
    shop = Shop("Salama", "https://shop.test")
    mail = mail_about("OrderPlaced", {"attempt": 1}, replace(account, order=renamed), shop)
    assert mail is not None
    assert mail.text.startswith(f"Dear {called},\n")


def test_an_event_delivered_three_times_makes_one_mail(world: World) -> None:
    placed = world.order()
    event = about("payment_confirmed_three_times", placed)
    assert world.call("notify_customer", event) == FINE
    assert world.call("notify_customer", event) == FINE
    [mail] = mails(world, placed)
    assert "TKM4A1B2C3" in mail["BodyText"]


def test_a_refund_is_told_of(world: World) -> None:
    placed = world.order()
    assert world.call("notify_customer", about("refund_succeeded", placed)) == FINE
    [mail] = mails(world, placed)
    assert "KES 1,800" in mail["Subject"]


def test_most_events_are_nobody_elses_business(world: World) -> None:
    placed = world.order()
    assert world.call("notify_customer", about("nothing_to_tell", placed)) == FINE
    assert mails(world, placed) == []


def test_a_mail_in_another_workers_hand_leaves_the_message(world: World, log: Log) -> None:
    placed = world.order()
    event_id = f"order/{placed.order.number}/00000001"
    assert SentMails(world.shop.database, world.shop.clock).begin(event_id)
    with pytest.raises(BatchProcessingError):
        world.call("notify_customer", about("order_placed", placed))
    assert mails(world, placed) == []

    world.shop.clock.forward(timedelta(seconds=91))
    assert world.call("notify_customer", about("order_placed", placed)) == FINE
    assert len(mails(world, placed)) == 1, "a worker that died is taken over"


def test_a_mail_that_could_not_be_sent_is_sent_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise ConnectionError("SES is down")

    placed = world.order()
    with monkeypatch.context() as patch, pytest.raises(BatchProcessingError):
        patch.setattr(app, "send", down)
        world.call("notify_customer", about("order_placed", placed))
    world.shop.clock.forward(timedelta(seconds=180))
    assert world.call("notify_customer", about("order_placed", placed)) == FINE
    assert len(mails(world, placed)) == 1


def test_poison_fails_alone(world: World, log: Log) -> None:
    placed = world.order()
    answer = world.call("notify_customer", about("poison_among_others", placed))
    assert [failure["itemIdentifier"][-1] for failure in answer["batchItemFailures"]] == ["1"]
    assert len(mails(world, placed)) == 1
    assert "Traceback" in log.text


def test_an_order_that_is_not_there_is_no_success(world: World) -> None:
    with pytest.raises(BatchProcessingError):
        world.play("notify_customer", "order_placed", order_number="0000000000")


def test_the_log_holds_no_address(world: World, log: Log) -> None:
    placed = world.order()
    world.call("notify_customer", about("order_placed", placed))
    assert placed.order.number in log.text
    for private in ("wanjiku", "712345678", "moi avenue"):
        assert private not in log.text.lower()
