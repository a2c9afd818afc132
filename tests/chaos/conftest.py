"""A storm: one story, told in a cloud in which something goes wrong, to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from commerce.payments.store import Account
from sandbox.engines import has_dynoxide
from tests.chaos.stories import SKU, Story
from tests.support import engines
from tests.support.cloud.calm import assert_calm
from tests.support.cloud.cloud import Cloud, deployed
from tests.support.cloud.faults import Faults
from tests.support.cloud.outside import Outside
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop

#: How often schedules are kept here; the template's own pace would only cost the tests time.
PACE = {"expire_reservations": timedelta(minutes=10), "heal_failures": timedelta(minutes=20)}
Weather = Callable[[Cloud], object]
Tell = Callable[..., list[Account]]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Return what tells a story with faults, lets the storm pass, and checks that all is calm."""
    url: str = request.getfixturevalue("dynoxide_url" if has_dynoxide() else "ministack_url")

    def told(story: Story, faults: Faults, weather: Weather = lambda _: None) -> list[Account]:
        mpesa = Mpesa()
        shop = Shop(engines.fresh_database(url), provider=mpesa)
        shop.sell(SKU, stock=2)
        with deployed(shop, mpesa, faults, dict(PACE)) as cloud:
            weather(cloud)
            story.play(Outside(cloud, story.at_the_prompt, story.with_the_card))
            cloud.settle()
            return assert_calm(cloud)

    return told
