"""Promise 3, checked against the truth of both providers: what they hold and gave back is what the shop's books say."""

from __future__ import annotations

from collections import Counter

from commerce.ordering.model import OrderStatus
from commerce.payments.model import AttemptState, RefundState
from commerce.payments.store import Account
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop


def assert_books(shop: Shop, mpesa: Mpesa, everything: list[Account], *, settled: bool) -> None:
    """Nothing is booked that did not come, nothing goes back twice; once settled, nothing is missing either."""
    for account in everything:
        for number, attempt in account.attempts.items():
            came = money_that_came(shop, mpesa, account, number)
            booked = attempt.captured
            assert booked in (0, came), f"{attempt.id}: {booked} booked of {came}"
            assert not settled or booked == came, f"{attempt.id}: the money was not found"
        _assert_kept_or_returned(account, settled=settled)
    _assert_given_back(shop, mpesa, everything, settled=settled)


def money_that_came(shop: Shop, mpesa: Mpesa, account: Account, attempt: int) -> int:
    """Return what a provider really captured for an attempt, minor units."""
    name = f"{account.order.number}-{attempt}"
    if name in shop.card.intents:
        return shop.card.intents[name].captured
    prompt = mpesa.prompts.get((account.order.number, attempt))
    return prompt.captured or 0 if prompt else 0


def _assert_kept_or_returned(account: Account, *, settled: bool) -> None:
    order = account.order
    ended = order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    paying = account.paying_attempt
    for attempt in account.attempts.values():
        if attempt.state is AttemptState.SUCCEEDED and (ended or attempt is not paying):
            assert attempt.refunded == attempt.captured, f"{attempt.id}: money of nobody's stays with the shop"
    if settled:
        assert not any(refund.open for refund in account.refunds.values()), order.number
        assert order.due_at is None, f"{order.number} waits for ever"


def _assert_given_back(shop: Shop, mpesa: Mpesa, everything: list[Account], *, settled: bool) -> None:
    """Each refund is made at most once by its provider, in its own amount, and nothing that is not on record."""
    booked: Counter[str] = Counter()
    for account in everything:
        by_hand = _settled_by_hand(shop, account)
        for refund in account.refunds.values():
            if refund.destination == "credit" or not refund.amount or refund.number in by_hand:
                continue
            sent = _sent(shop, mpesa, refund.reference, refund.refund_receipt)
            wanted = (refund.amount,) if refund.state is RefundState.SUCCEEDED else (0, refund.amount)
            assert sent in wanted, f"{refund.reference}: {sent} sent of {refund.amount}, {refund.state}"
            booked[account.order.number] += 0 if refund.state is RefundState.FAILED else refund.amount
    made: Counter[str] = Counter()
    for asked in mpesa.given_back.values():
        made[asked.order_number] += asked.amount.amount
    for intent in shop.card.intents.values():
        back = sum(entry.amount for entry in shop.card.refunds.get(intent.charge, []) if entry.state != "failed")
        assert back <= intent.captured, f"{intent.id}: {back} given back of {intent.captured}"
        made[intent.request.order_number] += back
    for number, back in made.items():
        assert not settled or back == booked[number], f"{number}: {back} went back, {booked[number]} is on record"


def _settled_by_hand(shop: Shop, account: Account) -> set[int]:
    """Refunds that a person gave back beside both providers, by their numbers."""
    trail = shop.till.log.trail(account.order.subject)
    return {int(event.data["number"]) for event in trail if event.type == "RefundSettledByHand"}


def _sent(shop: Shop, mpesa: Mpesa, reference: str, receipt: str | None) -> int:
    by_phone = [asked.amount.amount for name, asked in mpesa.given_back.items() if name == reference]
    by_card = [
        entry.amount
        for made in shop.card.refunds.values()
        for entry in made
        if entry.state != "failed" and (entry.reference == reference or entry.id == receipt)
    ]
    return sum(by_phone) + sum(by_card)
