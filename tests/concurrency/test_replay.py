"""One Idempotency-Key is one order and one push, whatever is repeated and whenever (promise 3)."""

from __future__ import annotations

import pytest
from pynamodb.exceptions import TransactWriteError

from commerce.catalog.publish_product import publish_product
from commerce.checkout import place_order as placing
from commerce.checkout.place_order import Placement
from commerce.checkout.requests import RetryRequest
from commerce.checkout.retry_payment import retry_payment
from commerce.checkout.views import placed_view
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import CommitBusy, InvalidRequest, KeyReused
from commerce.payments.model import AttemptState
from tests.support.interleave import ANY, READ, WRITE, Crash, calls_of, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop, product


def body(placed: Placement) -> str:
    return placed_view(placed.order, placed.attempt).model_dump_json()


def test_resubmitted_three_times(shop: Shop, mpesa: Mpesa) -> None:
    """Case 5: the same basket sent three times is one order, one prompt, one hold and one answer."""
    shop.sell("LAP-1", stock=5)
    answers = [shop.order("key", ("LAP-1", 1)) for _ in range(3)]

    assert [answer.replayed for answer in answers] == [False, True, True]
    assert len({body(answer) for answer in answers}) == 1
    assert len(mpesa.started) == 1
    assert shop.stock("LAP-1")["reserved"] == 1
    assert len(assert_kept(shop)) == 1


def test_replay_costs_one_read(shop: Shop) -> None:
    """A replay is found where the prices are read: one round trip, no write."""
    shop.sell("LAP-1", stock=5)
    shop.order("key", ("LAP-1", 1))
    assert calls_of(shop, lambda: shop.order("key", ("LAP-1", 1))) == [READ]


def test_checkout_costs_one_read_and_two_writes(shop: Shop) -> None:
    """The budget of a checkout: one read, one commit, the provider, and the commit of its answer."""
    shop.sell("LAP-1", stock=5, buckets=4)
    assert calls_of(shop, lambda: shop.order("key", ("LAP-1", 1))) == [READ, WRITE, "start", WRITE]


def test_same_key_with_another_body(shop: Shop, mpesa: Mpesa) -> None:
    """Case 6: a key is never given to another request, whether its order is paid, expired or waiting."""
    shop.sell("LAP-1", stock=5)
    placed = shop.order("key", ("LAP-1", 1))
    for _ in range(2):
        with pytest.raises(KeyReused) as refused:
            shop.order("key", ("LAP-1", 2))
        assert refused.value.field == "Idempotency-Key"
        shop.expire(placed)
    assert len(mpesa.started) == 1
    assert_kept(shop)


def test_same_key_in_flight(shop: Shop, mpesa: Mpesa) -> None:
    """Case 6: two requests at once, neither of which can see the other's order: one writes it, both answer it."""
    shop.sell("LAP-1", stock=5)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        first, second = together(*[lambda: shop.order("key", ("LAP-1", 1))] * 2)

    assert sorted([first.replayed, second.replayed]) == [False, True]
    assert first.order.number == second.order.number
    assert body(first) == body(second)
    assert len(mpesa.started) == 1
    assert shop.stock("LAP-1")["reserved"] == 1
    assert_kept(shop)


def test_same_key_in_flight_with_another_body(shop: Shop, mpesa: Mpesa) -> None:
    """Case 6: of two different requests under one key at once, one is placed and the other refused."""
    shop.sell("LAP-1", stock=5)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: shop.order("key", ("LAP-1", 1)), lambda: shop.order("key", ("LAP-1", 2)))

    assert sorted(type(result).__name__ for result in results) == ["KeyReused", "Placement"]
    assert len(mpesa.started) == 1
    assert len(assert_kept(shop)) == 1


def test_same_key_in_flight_over_the_last_unit(shop: Shop) -> None:
    """Case 4: the first try holds the last unit; the second is shown its order, not an empty shelf."""
    shop.sell("LAP-1", stock=1)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        first, second = together(*[lambda: shop.order("key", ("LAP-1", 1))] * 2)
    assert first.order.number == second.order.number
    assert_kept(shop)


def test_same_key_over_the_last_unit_while_the_first_commit_is_being_applied(shop: Shop) -> None:
    """Case 4: DynamoDB applies the first commit item by item: its stock is taken, its order still locked.

    The answer is then a conflict on the order and a failed condition on the stock. The order has not spoken yet, so
    the stock may not speak for it.
    """
    shop.sell("LAP-1", stock=1)
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: shop.order("key", ("LAP-1", 1)), nth=1)
        steps.cancel("TransactionConflict", "None", "None", "ConditionalCheckFailed", "None", nth=1)
        again = shop.order("key", ("LAP-1", 1))
    assert again.replayed
    assert_kept(shop)


@pytest.mark.parametrize("side", ["before", "after"])
def test_worker_dies_at_the_push(shop: Shop, mpesa: Mpesa, side: str) -> None:
    """Cases 7 and 28: between commit and push, or push and record, the replay shows the order and pushes nothing."""
    shop.sell("LAP-1", stock=5)
    with interleaving(shop) as steps, pytest.raises(Crash):
        steps.crash("before" if side == "before" else "after", "start")
        shop.order("key", ("LAP-1", 1))

    pushed = len(mpesa.started)
    again = shop.order("key", ("LAP-1", 1))
    assert again.replayed
    assert again.attempt.state is AttemptState.STARTING
    assert len(mpesa.started) == pushed == (1 if side == "after" else 0)
    assert_kept(shop)


def test_answer_of_the_commit_lost(shop: Shop, mpesa: Mpesa) -> None:
    """Case 7: the order was written but the worker cannot know: it pushes nothing, and the replay finds the order."""
    shop.sell("LAP-1", stock=5)
    with interleaving(shop) as steps, pytest.raises(TransactWriteError):
        steps.lose_answer(WRITE, nth=1)
        shop.order("key", ("LAP-1", 1))
    assert shop.order("key", ("LAP-1", 1)).replayed
    assert mpesa.started == []
    assert shop.stock("LAP-1")["reserved"] == 1
    assert_kept(shop)


def test_tables_busy_when_the_push_is_recorded(shop: Shop, mpesa: Mpesa) -> None:
    """Case 28: the prompt is out, so the buyer is told to look at the phone, whatever keeps the record waiting."""
    shop.sell("LAP-1", stock=5)
    with interleaving(shop) as steps:
        for write in range(2, 8):
            steps.cancel("TransactionConflict", "None", "None", nth=write)
        placed = shop.order("key", ("LAP-1", 1))
    assert placed.attempt.state is AttemptState.PROMPTED
    assert shop.account(placed).attempts[1].payment_id is not None
    assert len(mpesa.started) == 1
    assert_kept(shop)


def test_price_changed_and_product_withdrawn(shop: Shop) -> None:
    """Case 5: a replay answers what was agreed, whatever became of the catalogue."""
    shop.sell("LAP-1", stock=5)
    first = shop.order("key", ("LAP-1", 1))
    log = shop.till.log
    publish_product(shop.database, shop.clock, product("LAP-1", 990_000, 1), record=log.record)
    assert body(shop.order("key", ("LAP-1", 1))) == body(first)
    publish_product(shop.database, shop.clock, product("LAP-1", 990_000, 1, for_sale=False), record=log.record)
    assert body(shop.order("key", ("LAP-1", 1))) == body(first)
    with pytest.raises(InvalidRequest) as refused:
        shop.order("other key", ("LAP-1", 1))
    assert refused.value.field == "items.0.sku"


def test_price_changes_between_read_and_write(shop: Shop) -> None:
    """The order's terms are those that were read: one moment's price, on order, attempt and prompt alike."""
    shop.sell("LAP-1", stock=5)

    def reprice() -> None:
        publish_product(shop.database, shop.clock, product("LAP-1", 990_000, 1), record=shop.till.log.record)

    with interleaving(shop) as steps:
        steps.before(WRITE, reprice, nth=1)
        placed = shop.order("key", ("LAP-1", 1))
    assert placed.order.terms.total == placed.attempt.amount == shop.provider.started[0].amount.amount == 180_000


def test_order_number_taken_by_another_order(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ids that meet in one number: each keeps its own order, and replays find it behind the probes."""
    numbers = {0: "AAAAAAAAAA", 1: "BBBBBBBBBB"}
    monkeypatch.setattr(placing, "order_number", lambda _, probe=0: numbers.get(probe, "CCCCCCCCCC"))
    shop.sell("LAP-1", stock=9)
    placed = {key: shop.order(key, ("LAP-1", 1)).order for key in ("one", "two", "three")}
    assert len({order.number for order in placed.values()}) == 3
    assert len({order.id for order in placed.values()}) == 3
    for key, order in placed.items():
        again = shop.order(key, ("LAP-1", 1))
        assert again.replayed
        assert again.order.id == order.id
    assert_kept(shop)


def test_order_number_taken_in_a_race(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, when neither could see the other's: the failed condition shows it, and the next number is tried."""
    numbers = {0: "AAAAAAAAAA", 1: "BBBBBBBBBB"}
    monkeypatch.setattr(placing, "order_number", lambda _, probe=0: numbers.get(probe, "CCCCCCCCCC"))
    shop.sell("LAP-1", stock=9)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(lambda: shop.order("one", ("LAP-1", 1)), lambda: shop.order("two", ("LAP-1", 1)))
    assert sorted(result.order.number for result in results) == ["AAAAAAAAAA", "BBBBBBBBBB"]
    assert not any(result.replayed for result in results)
    assert shop.stock("LAP-1")["reserved"] == 2
    assert_kept(shop)


def test_no_free_order_number(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probing is bounded (promise 6)."""
    monkeypatch.setattr(placing, "order_number", lambda _, probe=0: "AAAAAAAAAA")
    shop.sell("LAP-1", stock=9)
    shop.order("one", ("LAP-1", 1))
    with pytest.raises(CommitBusy):
        shop.order("two", ("LAP-1", 1))
    assert shop.stock("LAP-1")["reserved"] == 1


def test_refused_basket_leaves_the_key_free(shop: Shop) -> None:
    """A refusal writes nothing, so the same key may come again when stock is back."""
    shop.sell("LAP-1", stock=1)
    other = shop.order("other", ("LAP-1", 1))
    with pytest.raises(OutOfStock):
        shop.order("key", ("LAP-1", 1))
    shop.expire(other)
    assert not shop.order("key", ("LAP-1", 1)).replayed
    assert_kept(shop)


def test_retry_replayed(shop: Shop, mpesa: Mpesa) -> None:
    """Case 23: a retried retry is one attempt; the same key with another phone is refused."""
    shop.sell("LAP-1", stock=1)
    placed = shop.order("key", ("LAP-1", 1))
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    first = shop.pay_again(placed, "again")
    second = shop.pay_again(placed, "again")
    assert (first.replayed, second.replayed) == (False, True)
    assert first.attempt.number == second.attempt.number == 2
    with pytest.raises(KeyReused):
        shop.pay_again(placed, "again", phone="0733000000")
    assert len(mpesa.started) == 2
    assert_kept(shop)


@pytest.mark.parametrize("keys", [("again", "again"), ("again", "and again")])
def test_two_retries_at_once(shop: Shop, mpesa: Mpesa, keys: tuple[str, str]) -> None:
    """Case 23: of two retries that both saw no live attempt, one starts; the other is its replay, or refused."""
    shop.sell("LAP-1", stock=1)
    placed = shop.order("key", ("LAP-1", 1))
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*(lambda key=key: shop.pay_again(placed, key) for key in keys))

    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == (["Placement", "Placement"] if len(set(keys)) == 1 else ["PaymentInProgress", "Placement"])
    assert len(mpesa.started) == 2
    assert shop.event_types(placed).count("PaymentRestarted") == 1
    assert_kept(shop)


def test_retry_of_an_order_whose_worker_died(shop: Shop, mpesa: Mpesa) -> None:
    """Case 28: whatever call of a retry its worker dies at, the same key never pushes that attempt again."""
    shop.sell("LAP-1", stock=1)
    placed = shop.order("key", ("LAP-1", 1))
    shop.verify(placed, claim=mpesa.fail(placed.order.number))
    with interleaving(shop) as steps, pytest.raises(Crash):
        steps.crash("after", ANY, nth=4)
        shop.pay_again(placed, "again")
    assert len(mpesa.started) == 2
    request = RetryRequest.model_validate(
        {"email": placed.order.terms.customer.email, "payment": {"method": "mpesa", "phone": "0712345678"}}
    )
    assert retry_payment(shop.till, placed.order.number.lower(), request, "again").replayed
    assert len(mpesa.started) == 2
    assert_kept(shop)
