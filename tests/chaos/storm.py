"""What every story must survive: each call failing, each message lost, doubled, late or overtaken, and two at once.

A run tries a share: every place that looks like no other (`Place.looks_like`) with one trouble each, and by the run's
`--seed` some places more, some messages, and pairs. With `--thorough` it tries every call with every trouble that it
can meet, every message with every mishap, and many pairs. A failure says how it is told again: see `replay`.
"""

from __future__ import annotations

import random
from typing import ClassVar

from tests.chaos.conftest import Teller
from tests.chaos.places import places, told_apart
from tests.chaos.stories import STORIES, Story
from tests.support.cloud.faults import Faults, Mishap, Trouble, troubles_of
from tests.support.tally import Tally

#: What a share tries of each story beside the places that look like no other: places by chance, one message of so
#: many, and pairs; and how many pairs everything is.
MORE, EVERY, PAIRS, MANY_PAIRS = 1, 10, 1, 60


class Storm:
    """Tests of one story; each story's class is work of its own for the processes of a run."""

    story: ClassVar[Story]

    def test_any_call_may_fail(self, teller: Teller, tally: Tally, thorough: bool, dice: random.Random) -> None:
        every = list(places(teller.plain(self.story)))
        if thorough:
            chosen = [(place, trouble) for place in every for trouble in troubles_of(place.name)]
        else:
            fresh = told_apart(teller.all_plain())[STORIES.index(self.story)]
            start = dice.randrange(len(Trouble))
            # One after the other, so that each trouble has its share.
            chosen = [
                (place, (turn := troubles_of(place.name))[(start + at) % len(turn)])
                for at, place in enumerate([*fresh, *dice.sample(every, MORE)])
            ]
        teller.survive(self.story, [Faults({place.number: trouble}) for place, trouble in chosen])
        for _, trouble in chosen:
            tally.add(f"single faults: {trouble}")

    def test_any_message_may_come_to_harm(
        self, teller: Teller, tally: Tally, thorough: bool, dice: random.Random
    ) -> None:
        messages = len(teller.plain(self.story).messages)
        chosen = [(number, mishap) for number in range(1, messages + 1) for mishap in Mishap]
        if not thorough:
            chosen = dice.sample(chosen, max(1, messages // EVERY))
        teller.survive(self.story, [Faults(mishaps={number: mishap}) for number, mishap in chosen])
        for _, mishap in chosen:
            tally.add(f"messages {mishap}")

    def test_two_things_may_go_wrong(self, teller: Teller, tally: Tally, thorough: bool, dice: random.Random) -> None:
        seen = teller.plain(self.story)
        plans = [two_faults(seen, dice) for _ in range(MANY_PAIRS if thorough else PAIRS)]
        teller.survive(self.story, plans)
        tally.add("pairs of faults", len(plans))


def two_faults(seen: Faults, dice: random.Random) -> Faults:
    """Return a plan of two faults: at two calls, or at a call and a message. The first moves where the second falls."""
    numbers = dice.sample(range(1, len(seen.calls) + 1), 2)
    troubles = {number: dice.choice(troubles_of(seen.calls[number - 1])) for number in numbers}
    if dice.randrange(3):
        return Faults(troubles)
    troubles.popitem()
    return Faults(troubles, {dice.randint(1, len(seen.messages)): dice.choice(list(Mishap))})
