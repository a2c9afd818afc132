"""Cards, vouchers and store credit: a worker dies at any call of paying with them, and all still adds up (case 28)."""

from __future__ import annotations

import pytest

from commerce.checkout.expire_orders import expire_order
from commerce.checkout.retry_payment import OrderNotPayable
from commerce.payments.verify_payment import verify_payment
from tests.support import stories
from tests.support.shop import RESERVATION, WINDOW
from tests.support.stories import CARD, SKU, Story, World, nothing
from tests.support.vouchers import give_credit, publish, voucher


def place_by_card(world: World) -> None:
    world.notes["key"] = world.order(**CARD)


def place_by_phone(world: World) -> None:
    world.notes["key"] = world.order()


def pay_by_card(world: World) -> None:
    """The buyer pays the first intent, once."""
    name = world.notes["key"].attempt.id
    if world.shop.card.intents[name].status == "waiting":
        world.shop.card.pay(name)


def hear_of_the_card(world: World) -> None:
    """The signed event of the provider leads to a look."""
    verify_payment(world.shop.till, world.notes["key"].order.number, 1, hinted=True)


def pay_by_phone(world: World, attempt: int = 1) -> None:
    """The buyer enters the PIN, if the prompt came."""
    name = (world.notes["key"].order.number, attempt)
    if name in world.mpesa.prompts:
        world.mpesa.pay(*name)


def hear_of_the_phone(world: World, attempt: int = 1) -> None:
    """The callback leads to a look."""
    name = (world.notes["key"].order.number, attempt)
    if name in world.mpesa.prompts:
        world.shop.verify_number(*name, world.mpesa.prompts[name].claim())


def switch_to_phone(world: World) -> None:
    world.shop.pay_again(world.notes["key"], "by phone")


def pay_the_switched(world: World) -> None:
    pay_by_phone(world, 2)
    hear_of_the_phone(world, 2)


def card_is_charged_first(world: World) -> None:
    place_by_card(world)
    pay_by_card(world)


def switch_too_late(world: World) -> None:
    """The card was charged meanwhile: the switch finds the order paid, however often it is asked for."""
    with pytest.raises(OrderNotPayable):
        switch_to_phone(world)


def codes(world: World) -> None:
    """A voucher of one use for everybody, and store credit of KES 500."""
    publish(world.shop.database, world.shop.clock, voucher(total_limit=1, per_customer_limit=1))
    world.notes["credit"] = give_credit(world.shop.database, 50_000)


def place_with_codes(world: World) -> None:
    world.notes["key"] = world.order(voucher="KARIBU10", credit=world.notes["credit"])


def with_codes(world: World) -> None:
    codes(world)
    place_with_codes(world)


def held_too_long(world: World) -> None:
    world.shop.clock.forward(RESERVATION + WINDOW)


def sweep(world: World) -> None:
    expire_order(world.shop.till, world.notes["key"].order.number)


def unpaid_with_codes(world: World) -> None:
    with_codes(world)
    held_too_long(world)


def paid_too_late(world: World) -> None:
    unpaid_with_codes(world)
    sweep(world)
    world.mpesa.pay(world.notes["key"].order.number)


def goods_are_gone(world: World) -> None:
    unpaid_with_codes(world)
    sweep(world)
    other = world.shop.order("other", (SKU, 2)).order.number
    world.shop.verify_number(other, 1, world.mpesa.pay(other))
    world.mpesa.pay(world.notes["key"].order.number)


def voucher_is_gone(world: World) -> None:
    unpaid_with_codes(world)
    sweep(world)
    other = world.order("other", voucher="KARIBU10").order.number
    world.shop.verify_number(other, 1, world.mpesa.pay(other))
    world.mpesa.pay(world.notes["key"].order.number)


def credit_is_gone(world: World) -> None:
    unpaid_with_codes(world)
    sweep(world)
    other = world.order("other", credit=world.notes["credit"]).order.number
    world.shop.verify_number(other, 1, world.mpesa.pay(other))
    world.mpesa.pay(world.notes["key"].order.number)


def much_credit(world: World) -> None:
    world.notes["credit"] = give_credit(world.shop.database, 500_000)


def place_by_credit(world: World) -> None:
    world.notes["key"] = world.order(credit=world.notes["credit"])


STORIES = [
    Story("a card pays", nothing, (place_by_card, pay_by_card, hear_of_the_card)),
    Story("a card is left for the phone", place_by_card, (switch_to_phone,), pay_the_switched, True),
    Story("a card is charged before it is left", card_is_charged_first, (switch_too_late,)),
    Story("a card is never charged", place_by_card, (held_too_long, sweep)),
    Story("codes and the phone pay", codes, (place_with_codes, pay_by_phone, hear_of_the_phone), nothing, True),
    Story("codes are used and nobody pays", unpaid_with_codes, (sweep,)),
    Story("late money takes the codes again", paid_too_late, (hear_of_the_phone,)),
    Story("late money finds the goods gone", goods_are_gone, (hear_of_the_phone,)),
    Story("late money finds the voucher gone", voucher_is_gone, (hear_of_the_phone,)),
    Story("late money finds the credit gone", credit_is_gone, (hear_of_the_phone,)),
    Story("credit pays everything", much_credit, (place_by_credit,)),
]
each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


@each_story
def test_worker_dies_at_every_call(url: str, story: Story) -> None:
    stories.assert_survives_a_crash(url, story)


@each_story
def test_answer_of_every_write_is_lost(url: str, story: Story) -> None:
    """Case 7: the write took effect, and its worker cannot know."""
    stories.assert_survives_a_lost_answer(url, story)


@each_story
def test_every_write_meets_conflicts(url: str, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """One conflict the commit bears by itself; past its tries, the message goes back to its queue."""
    stories.unhurried(monkeypatch)
    stories.assert_bears_conflicts(url, story)
    stories.assert_survives_conflicts(url, story)


@each_story
def test_everything_comes_twice(url: str, story: Story) -> None:
    """Queues deliver at least once, and buyers press twice."""
    stories.assert_survives_duplicates(url, story)
