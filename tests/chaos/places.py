"""The places of a story at which something can go wrong, plans made of them, and their names, by which they replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from tests.support.cloud.faults import Faults, Mishap, Trouble

#: Functions that run by the clock, and mostly look around in vain.
BY_THE_CLOCK = ("expire_reservations", "heal_failures", "anchor_audit", "verify_audit")


@dataclass(frozen=True)
class Place:
    """A call by its number, its name, who made it, and the calls that this invocation made up to it."""

    number: int
    name: str
    caller: str
    so_far: tuple[str, ...]

    @property
    def looks_like(self) -> tuple[str, tuple[str, ...]]:
        """What is the same for places at which a death leaves the same behind.

        What a function does for an event or a request it does in one way. What runs by the clock goes round and round:
        there the call and the one before it count.
        """
        return self.caller, self.so_far[-2:] if self.caller in BY_THE_CLOCK else self.so_far


def places(seen: Faults) -> Iterator[Place]:
    """Yield the places of a story that was told without faults."""
    number = 0
    for _, calls in groupby(zip(seen.callers, seen.calls, strict=True), key=lambda one: one[0]):
        so_far: tuple[str, ...] = ()
        for _, name in calls:
            number += 1
            so_far = (*so_far, name)
            yield Place(number, name, seen.caller(number), so_far)


def told_apart(stories: Iterable[Faults]) -> list[list[Place]]:
    """Return the places of each story that look like none before, in it or in an earlier one."""
    known: set[object] = set()
    found: list[list[Place]] = []
    for seen in stories:
        fresh: list[Place] = []
        for place in places(seen):
            if place.looks_like not in known:
                known.add(place.looks_like)
                fresh.append(place)
        found.append(fresh)
    return found


def written(faults: Faults) -> str:
    """Write a plan as `read` reads it."""
    calls = [f"{number}:{trouble}" for number, trouble in faults.troubles.items()]
    messages = [f"m{number}:{mishap}" for number, mishap in faults.mishaps.items()]
    return ",".join(calls + messages)


def read(text: str) -> Faults:
    """Read a plan, like ``57:crash after,m3:doubled``: troubles by the call's number, mishaps by the message's."""
    faults = Faults()
    for part in text.split(","):
        place, _, what = part.strip().partition(":")
        if place.startswith("m"):
            faults.mishaps[int(place[1:])] = Mishap(what)
        else:
            faults.troubles[int(place)] = Trouble(what)
    return faults


def where(faults: Faults, seen: Faults) -> str:
    """Say what a plan does to which calls and messages of a story, as it was told without faults."""
    parts = [
        f"{trouble} at call {number}, {seen.calls[number - 1]} of {seen.caller(number)}"
        for number, trouble in faults.troubles.items()
    ]
    parts += [
        f"{seen.messages[number - 1]}, message {number}, is {mishap}" for number, mishap in faults.mishaps.items()
    ]
    return "; ".join(parts)
