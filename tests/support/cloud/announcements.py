"""Nothing is announced that did not happen, and nothing that happened goes without: bus, archive and e-mails."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from commerce.audit.store import EventRow, to_event
from commerce.kernel.events import Event
from commerce.notifications.mails import Shop, mail_about
from commerce.payments.store import Account

if TYPE_CHECKING:
    from tests.support.cloud.cloud import Cloud


def assert_announced(cloud: Cloud, everything: list[Account]) -> None:
    """Hold what the bus, the archive and the buyers were told against the log, both ways."""
    log = {event.id: event for event in map(to_event, cloud.shop.database.bind(EventRow, "events").scan())}
    for fact in cloud.services.told:
        assert fact["id"] in log, f"the bus was told of {fact['type']} {fact['id']}, which never happened"
        assert log[fact["id"]].type == fact["type"], f"the bus was told of another {fact['id']}"
    _assert_archived(cloud, log)
    told = [mail["Content"]["Simple"]["Body"]["Text"]["Data"] for mail in cloud.services.mails]
    assert all(any(one.order.number in text for one in everything) for text in told), "an e-mail about no order"
    for account in everything:
        _assert_mails(cloud, account, [event for event in log.values() if event.subject == account.order.subject])


def _assert_archived(cloud: Cloud, log: dict[str, Event]) -> None:
    archived = {
        json.loads(line)["id"]
        for (_, key), content in cloud.services.objects.items()
        if key.startswith("events/")
        for line in content.splitlines()
    }
    assert archived <= set(log), f"archived, and not in the log: {sorted(archived - set(log))}"
    # What happened before the deployment, as the first delivery of stock, went past its stream.
    missing = [event.id for event in log.values() if event.subject.startswith("order/") and event.id not in archived]
    assert not missing, f"in the log, and not archived: {missing}"


def _assert_mails(cloud: Cloud, account: Account, trail: list[Event]) -> None:
    """Each e-mail is about an event of the trail, and a second copy is owed to a worker that died at it."""
    settings = cloud.plan.environments["notify_customer"]
    shop = Shop(settings["SHOP_NAME"], settings["STOREFRONT_URL"])
    mails = [mail_about(event.type, event.data, account, shop) for event in trail]
    due = Counter(mail.subject for mail in mails if mail is not None)
    simple = [mail["Content"]["Simple"] for mail in cloud.services.mails]
    sent = Counter(one["Subject"]["Data"] for one in simple if account.order.number in one["Body"]["Text"]["Data"])
    for subject in sent:
        assert subject in due, f"an e-mail tells of what never happened: {subject}"
    deaths = sum(death.startswith("notify_customer") for death in cloud.deaths)
    twice = sum((sent - due).values())
    assert twice <= deaths, f"{twice} e-mails too many, and {deaths} deaths that explain one each"
