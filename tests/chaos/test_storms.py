"""Whatever is killed, lost, doubled, late or overtaken: at last every promise holds, and nothing is stuck unknown."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.stories import STORIES, Story
from tests.support.cloud.cloud import Cloud
from tests.support.cloud.faults import Faults, Mishap, Trouble

BY_NAME = {story.name: story for story in STORIES}
REFUNDED = [BY_NAME["paid by M-Pesa and given back"], BY_NAME["paid by card and given back"]]
each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
#: Chance finds its places anew at each run; the run prints its seed.
THROWS = 3


@each_story
def test_an_ordinary_day_is_calm(story: Story, tell: Tell) -> None:
    tell(story, Faults())


@pytest.mark.parametrize("story", REFUNDED, ids=lambda story: story.name)
def test_any_one_message_may_be_lost(story: Story, tell: Tell) -> None:
    seen = Faults()
    tell(story, seen)
    for place, name in enumerate(list(seen.messages), start=1):
        _survive(tell, story, Faults(mishaps={place: Mishap.DROP}), f"{name}, message {place}")


@each_story
def test_messages_may_be_doubled_late_or_overtaken(story: Story, tell: Tell, dice: random.Random) -> None:
    seen = Faults()
    tell(story, seen)
    for _ in range(THROWS):
        places = {dice.randint(1, len(seen.messages)): dice.choice(list(Mishap)) for _ in range(2)}
        _survive(tell, story, Faults(mishaps=places), str(places))


@each_story
def test_any_function_may_be_killed_at_any_call(story: Story, tell: Tell, dice: random.Random) -> None:
    seen = Faults()
    tell(story, seen)
    busy = [place for place, name in enumerate(seen.calls, start=1) if place <= _last_word(seen)]
    for _ in range(THROWS):
        places = {dice.choice(busy): dice.choice(list(Trouble)) for _ in range(dice.randint(1, 3))}
        where = f"{[(seen.calls[at - 1], at, what) for at, what in places.items()]}"
        _survive(tell, story, Faults(troubles=places), where)


@pytest.mark.parametrize(("story", "provider"), list(zip(REFUNDED, ("daraja", "stripe"), strict=True)))
@pytest.mark.parametrize("minutes", [0, 1, 46])
def test_a_provider_may_be_gone_for_an_hour(story: Story, provider: str, minutes: int, tell: Tell) -> None:
    def gone(cloud: Cloud) -> None:
        cloud.at(timedelta(minutes=minutes), lambda: cloud.down.add(provider))
        cloud.at(timedelta(minutes=minutes + 60), lambda: cloud.down.discard(provider))
        if minutes == 0:
            cloud.down.add(provider)

    tell(story, Faults(), gone)


def test_without_healing_a_lost_message_is_missed(tell: Tell) -> None:
    """The storm is real, and the check sees it: what heals is what these tests are about."""
    story = BY_NAME["paid by M-Pesa and given back"]
    seen = Faults()
    tell(story, seen)
    place = 1 + seen.messages.index("RefundQueue")

    def nobody_heals(cloud: Cloud) -> None:
        del cloud._next_run["heal_failures"]

    with pytest.raises(AssertionError, match="refund 1 is requested"):
        tell(story, Faults(mishaps={place: Mishap.DROP}), nobody_heals)


def _survive(tell: Tell, story: Story, faults: Faults, where: str) -> None:
    try:
        tell(story, faults)
    except (AssertionError, LookupError) as error:
        raise AssertionError(f"{story.name}, {where}: {error}") from error


def _last_word(seen: Faults) -> int:
    """Return the place of the last call that is more than a schedule looking around."""
    looks = {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan", "sqs:ReceiveMessage"}
    looks |= {"s3:ListObjectsV2", "s3:GetObject", "dynamodb:UpdateItem"}
    return max(place for place, name in enumerate(seen.calls, start=1) if name not in looks)
