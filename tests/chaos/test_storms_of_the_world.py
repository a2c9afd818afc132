"""A provider that is gone for an hour, and a shop that does not heal itself: what makes the storms real."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.chaos.conftest import Teller
from tests.chaos.stories import BY_NAME, Story
from tests.support.cloud.cloud import Cloud
from tests.support.cloud.faults import Faults, Mishap
from tests.support.tally import Tally

BY_MPESA = BY_NAME["paid by M-Pesa, sent, given back"]
BY_CARD = BY_NAME["paid by card, sent, given back"]


@pytest.mark.parametrize(("story", "provider"), [(BY_MPESA, "daraja"), (BY_CARD, "stripe")])
@pytest.mark.parametrize("minutes", [0, 1, 4])
def test_a_provider_may_be_gone_for_an_hour(
    story: Story, provider: str, minutes: int, teller: Teller, tally: Tally
) -> None:
    def gone(cloud: Cloud) -> None:
        cloud.at(timedelta(minutes=minutes), lambda: cloud.down.add(provider))
        cloud.at(timedelta(minutes=minutes + 60), lambda: cloud.down.discard(provider))
        if minutes == 0:
            cloud.down.add(provider)

    teller.tell(story, Faults(), gone)
    tally.add("providers gone for an hour")


def test_without_healing_a_lost_message_is_missed(teller: Teller) -> None:
    """The storm is real, and the check sees it: what heals is what these tests are about."""
    place = 1 + teller.plain(BY_MPESA).messages.index("RefundQueue", 10)

    def nobody_heals(cloud: Cloud) -> None:
        cloud.stop("heal_failures")

    with pytest.raises(AssertionError, match="refund 1 is requested"):
        teller.tell(BY_MPESA, Faults(mishaps={place: Mishap.DROP}), nobody_heals)
