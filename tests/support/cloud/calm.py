"""What must be true when a storm is over: every promise holds, and nothing is stuck without a person knowing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from commerce.audit.store import EventLog
from commerce.board.store import Board
from commerce.healing.model import State
from commerce.healing.store import Cases
from commerce.notifications.mails import MAILED
from commerce.ordering.model import OrderStatus
from commerce.payments.model import RefundState
from commerce.payments.store import Account
from tests.support.books import assert_books
from tests.support.cloud.announcements import assert_announced
from tests.support.promises import accounts, assert_kept

if TYPE_CHECKING:
    from tests.support.cloud.cloud import Cloud

#: What a person is asked to look at.
FOR_PEOPLE = (State.FOR_PERSON, State.PROPOSED)


def assert_calm(cloud: Cloud) -> list[Account]:
    """Check everything that is stored, and what people were told; return the orders."""
    shop = cloud.shop
    everything = assert_kept(shop)
    _assert_receipts(everything)
    known = known_to_people(cloud)
    quiet = [account for account in everything if account.order.number not in known]
    for account in quiet:
        assert not list(stuck(cloud, account)), (account.order.number, list(stuck(cloud, account)))
    assert_books(shop, cloud.mpesa, everything, settled=len(quiet) == len(everything))
    assert not [name for name in cloud.plan.queues if name.endswith("DeadLetters") and cloud.bodies(name)]
    assert not [name for name in cloud.plan.workers if cloud.bodies(name)], "a message is under way for ever"
    assert_announced(cloud, everything)
    return everything


def _assert_receipts(everything: list[Account]) -> None:
    """One receipt of a provider is one payment's, whoever claims it (promise 3)."""
    receipts = Counter(
        (one.method, one.receipt) for account in everything for one in account.attempts.values() if one.receipt
    )
    twice = [receipt for receipt, times in receipts.items() if times > 1]
    assert not twice, f"receipts of more than one payment: {twice}"


def unfinished(cloud: Cloud) -> Iterator[str]:
    """Yield what the shop has still to do by itself: open cases, and what of orders no person is asked about."""
    cases = Cases(cloud.shop.database, EventLog(cloud.shop.database))
    yield from (one.id for one in cases.listed(State.OPEN, after=None, limit=1, newest=True))
    known = known_to_people(cloud)
    for account in accounts(cloud.shop):
        if account.order.number not in known:
            yield from stuck(cloud, account)


def stuck(cloud: Cloud, account: Account) -> list[str]:
    """Return what of an order is unfinished although nobody will finish it."""
    order, found = account.order, []
    if order.status is OrderStatus.PENDING_PAYMENT:
        found.append("it still holds its goods")
    found += [f"attempt {one.number} is {one.state}" for one in account.attempts.values() if one.live]
    found += [
        f"refund {one.number} is {one.state}"
        for one in account.refunds.values()
        if one.open or one.state is RefundState.FAILED
    ]
    shown = Board(cloud.shop.database).version(order.number)
    if shown != order.version:
        found.append(f"the board shows version {shown} of {order.version}")
    told = [json.dumps(mail) for mail in cloud.services.mails]
    wanted = [one for one in cloud.shop.till.log.trail(order.subject) if one.type in MAILED]
    mails = [mail for mail in told if order.number in mail]
    if len(mails) < len(wanted):
        found.append(f"{len(mails)} e-mails of {len(wanted)}")
    return found


def known_to_people(cloud: Cloud) -> set[str]:
    """Return the numbers of the orders about which a person is asked."""
    cases = Cases(cloud.shop.database, EventLog(cloud.shop.database))
    ids = [one.id for state in FOR_PEOPLE for one in cases.listed(state, after=None, limit=100, newest=True)]
    return {case.finding.order_number for case in cases.read_many(ids) if case.finding.order_number is not None}
