"""One telling: a story in a cloud in which something goes wrong, to its end, with everything checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from commerce.payments.store import Account
from tests.chaos.stories import SKU, Day, Story
from tests.support.cloud.calm import assert_calm
from tests.support.cloud.cloud import Cloud, deployed
from tests.support.cloud.deployment import emptied_tables
from tests.support.cloud.faults import Faults
from tests.support.cloud.outside import Outside
from tests.support.cloud.people import Staff
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop

#: How often schedules are kept here; the template's own pace would only cost the tests time.
PACE = {"expire_reservations": timedelta(minutes=10), "heal_failures": timedelta(minutes=20)}
Weather = Callable[[Cloud], object]


def nothing(cloud: Cloud) -> None:
    """The weather of an ordinary day."""


def tell(url: str, story: Story, faults: Faults, weather: Weather = nothing) -> Cloud:
    """Tell a story on an engine, let the storm pass, and check that all is calm; where nothing went wrong, how it ends.

    Raises
    ------
    AssertionError
        What promise is broken, or what is stuck.
    """
    mpesa = Mpesa()
    shop = Shop(emptied_tables(url), provider=mpesa)
    with deployed(shop, mpesa, faults, dict(PACE)) as cloud:
        shop.sell(SKU, stock=story.stock)
        day = Day(Outside(cloud, story.at_the_prompt, story.with_the_card), Staff(cloud))
        story.prepare(day)
        cloud.has_run_before()
        weather(cloud)
        story.play(day)
        cloud.settle()
        everything = {account.order.number: account for account in assert_calm(cloud)}
        if weather is nothing and not (faults.troubles or faults.mishaps):
            assert cloud.deaths == []
            assert tuple(_end(everything[number]) for number in day.outside.orders.values()) == story.end
        return cloud


def _end(account: Account) -> tuple[str, int, int]:
    order = account.order
    return order.status.value, order.paid, sum(refund.amount for refund in account.refunds.values())
