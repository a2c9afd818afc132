"""What the storms stand on: a plan replays, the dead do nothing more, and a provider may act and not be heard."""

from __future__ import annotations

import pytest

from tests.chaos.conftest import Teller
from tests.chaos.places import places, read, written
from tests.chaos.stories import BY_NAME, STORIES, Story
from tests.support.cloud.faults import Faults, Mishap, Trouble, troubles_of

BY_MPESA = BY_NAME["paid by M-Pesa, sent, given back"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_goes_the_same_way_each_time(story: Story, teller: Teller) -> None:
    """A fault is named by the number of its call, so the numbers must mean the same in every telling."""
    again = Faults()
    teller.tell(story, again)
    first = teller.plain(story)
    assert (again.calls, again.callers, again.messages) == (first.calls, first.callers, first.messages)
    assert again.called_for == first.called_for


def test_every_kind_of_outside_call_is_among_the_places(teller: Teller) -> None:
    services = {place.name.partition(":")[0] for story in STORIES for place in places(teller.plain(story))}
    asked = {"dynamodb", "sqs", "events", "s3", "kms", "secretsmanager", "sesv2", "daraja", "stripe"}
    assert services == asked


def test_what_stripe_posts_of_a_charge_is_read(teller: Teller) -> None:
    assert "stripe:statement" in teller.plain(BY_NAME["paid by card, sent, given back"]).calls


def test_only_writes_of_the_tables_meet_conflicts() -> None:
    assert Trouble.CONFLICT in troubles_of("dynamodb:TransactWriteItems")
    assert Trouble.CONFLICT in troubles_of("dynamodb:UpdateItem")
    for other in ("dynamodb:Query", "sqs:SendMessage", "daraja:start"):
        assert troubles_of(other) == (Trouble.CRASH_BEFORE, Trouble.CRASH_AFTER, Trouble.LOST, Trouble.THROTTLE)


def test_a_plan_is_read_as_it_was_written() -> None:
    plan = Faults({57: Trouble.CRASH_AFTER, 3: Trouble.LOST}, {3: Mishap.DOUBLE})
    assert written(plan) == "57:crash after,3:answer lost,m3:doubled"
    assert read(written(plan)) == plan


@pytest.mark.parametrize(("trouble", "prompts"), [(Trouble.LOST, 1), (Trouble.THROTTLE, 0)])
def test_a_provider_acts_where_only_its_answer_is_lost(trouble: Trouble, prompts: int, teller: Teller) -> None:
    push = 1 + teller.plain(BY_MPESA).calls.index("daraja:start")
    cloud = teller.tell(BY_MPESA, Faults({push: trouble}))
    assert len(cloud.mpesa.prompts) == prompts
    [started] = [event for event in cloud.services.told if event["type"] == "PaymentOutcomeUnknown"]
    assert started["data"]["attempt"] == 1


def test_the_dead_give_nothing_back(teller: Teller) -> None:
    """A run of healing that dies holds its lease until it runs out: no `finally` reaches the tables."""
    seen = teller.plain(BY_MPESA)
    place = next(one for one in places(seen) if one.caller == "heal_failures" and len(one.so_far) == 10)
    plan = Faults({place.number: Trouble.CRASH_BEFORE})
    cloud = teller.tell(BY_MPESA, plan)
    assert cloud.deaths == [f"heal_failures: Crash {place.name}"]
    assert plan.callers[place.number][0] != "heal_failures", "the next call is another function's"
