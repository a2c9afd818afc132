"""The promises, checked on what is stored: run it after anything, at any moment between two commits."""

from __future__ import annotations

from collections import Counter

from commerce.audit.chain import Stored
from commerce.audit.verify_trail import Head, Proof, verify_chain
from commerce.inventory.store import StockRow
from commerce.ordering.model import OrderStatus
from commerce.ordering.store import OrderRow
from commerce.payments.model import Attempt, AttemptState
from commerce.payments.store import Account
from tests.support.concessions import assert_concessions
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop

PAID = frozenset({OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED})


def accounts(shop: Shop) -> list[Account]:
    """Read all orders with their payments."""
    rows = shop.database.bind(OrderRow, "orders")
    numbers = sorted({row.pk for row in rows.scan(OrderRow.sk == "ORDER", consistent_read=True)})
    found = [shop.till.payments.account(number) for number in numbers]
    return [account for account in found if account is not None]


def assert_kept(shop: Shop) -> list[Account]:
    """Check promises 1, 2, 3 and 5 on everything stored; return it."""
    shop.assert_promises()
    everything = accounts(shop)
    _assert_stock(shop, everything)
    assert_concessions(shop, [account.order for account in everything])
    for account in everything:
        _assert_log(shop, account)
        _assert_attempts(account)
        _assert_due(account)
        _assert_money(account)
    return everything


def assert_money(shop: Shop, mpesa: Mpesa, *, settled: bool) -> None:
    """What M-Pesa captured is what orders were paid with, goes back, or is looked at by a person.

    While work is under way (`settled` false), what the shop does not know of yet may be missing; nothing may be more.
    """
    for account in accounts(shop):
        number = account.order.number
        for attempt in account.attempts.values():
            if attempt.amount == 0:
                continue
            prompt = mpesa.prompts.get((number, attempt.number))
            captured = prompt.captured if prompt else None
            booked = attempt.state in (AttemptState.SUCCEEDED, AttemptState.REVIEW)
            assert not booked or captured is not None, f"{attempt.id} is booked without money"
            if captured is not None and settled:
                assert booked, f"{attempt.id}: the money was not found"
        money = sum(
            prompt.captured or 0
            for (order, number_), prompt in mpesa.prompts.items()
            if order == number and account.attempts[number_].state is AttemptState.SUCCEEDED
        )
        back = sum(refund.amount for refund in account.refunds.values())
        known = account.order.paid + back
        assert money == known if settled else money >= known, (number, money, account.order.paid, back)
    for reference, request in mpesa.given_back.items():
        assert request.amount.amount <= request.captured.amount, reference


def _assert_stock(shop: Shop, everything: list[Account]) -> None:
    reserved: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for account in everything:
        counters = {OrderStatus.PENDING_PAYMENT: reserved, **dict.fromkeys(PAID, sold)}.get(account.order.status)
        if counters is None:
            continue
        for sku, holds in account.order.holds.items():
            wanted = sum(line.quantity for line in account.order.terms.lines if line.sku == sku)
            wanted -= sum(one.units_received[sku] for one in account.returns.values())
            assert sum(hold.quantity for hold in holds) == wanted, (account.order.number, sku)
            for hold in holds:
                counters[f"{sku}#{hold.bucket}"] += hold.quantity
    for row in shop.database.bind(StockRow, "stock").scan(consistent_read=True):
        assert int(row.reserved) == reserved[row.pk], f"{row.pk}: holds of orders do not add up"
        assert int(row.sold) == sold[row.pk], f"{row.pk}: paid orders do not add up"


def _assert_log(shop: Shop, account: Account) -> None:
    order = account.order
    trail = shop.till.log.trail(order.subject)
    assert [event.sequence for event in trail] == [f"{place:08d}" for place in range(1, order.version + 1)]
    assert [(event.type, event.at) for event in trail] == [(entry.type, entry.at) for entry in order.timeline]
    chain = verify_chain(
        [Stored(event.sequence, event) for event in trail], order.subject, Head(len(trail), order.head)
    )
    assert chain == Proof(len(trail), ()), "each event follows the one before, and the order keeps the last one's hash"
    for event in trail:
        refund = event.data.get("refund")
        if refund is not None:
            assert account.refunds[refund["number"]].amount == refund["amount"]
    fresh = [event for event in trail if event.type != "RefundRestarted" and "refund" in event.data]
    opened = [event.data["refund"]["number"] for event in fresh]
    moved = [one.number for one in account.refunds.values() if one.destination == "original" and one.why != "outside"]
    assert sorted(opened) == sorted(moved), "each refund is set going by exactly one event"


def _assert_attempts(account: Account) -> None:
    order = account.order
    assert sorted(account.attempts) == list(range(1, order.attempts + 1))
    live = [attempt.number for attempt in account.attempts.values() if attempt.live]
    assert len(live) <= 1, f"{order.number} has {len(live)} live attempts"
    if order.status is OrderStatus.PENDING_PAYMENT and live:
        assert order.live_attempt == live[0]


def _assert_due(account: Account) -> None:
    order = account.order
    reviewed = any(attempt.state is AttemptState.REVIEW for attempt in account.attempts.values())
    if order.status is not OrderStatus.PENDING_PAYMENT:
        assert order.due_at is None
    elif not reviewed:
        assert order.due_at is not None
        assert order.due_at >= order.reserved_until


def _assert_money(account: Account) -> None:
    order = account.order
    assert order.paid in (0, order.terms.due)
    assert order.refunds == len(account.refunds)
    kept = [attempt for attempt in account.attempts.values() if _kept(account, attempt)]
    assert len(kept) <= 1, "one attempt pays an order"
    assert kept or not order.paid
    if order.status in PAID and not kept:
        # The provider's record took back what a look-up had confirmed: nothing may ship.
        assert order.live_attempt is not None
        assert account.attempts[order.live_attempt].state is AttemptState.REVIEW
    elif order.status in (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED):
        assert not kept
    for attempt in account.attempts.values():
        back = sum(refund.amount for refund in account.refunds.values() if refund.attempt == attempt.number)
        # What was decided before the provider's record showed less than was asked cannot be undone: a person is told.
        believed = max(attempt.captured, attempt.amount) if attempt.recorded is not None else attempt.captured
        assert back == attempt.refunded <= believed, f"{attempt.id}: more goes back than came"


def _kept(account: Account, attempt: Attempt) -> bool:
    """Whether an attempt's money belongs to its order: it came, and not beside the order's payment."""
    astray = {refund.attempt for refund in account.refunds.values() if refund.why in ("late", "duplicate")}
    return attempt.state is AttemptState.SUCCEEDED and attempt.number not in astray
