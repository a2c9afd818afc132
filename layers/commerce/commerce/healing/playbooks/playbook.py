"""What a playbook is: when it may be used, what it does, what it will come to, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from commerce.healing.desk import HealingDesk
from commerce.healing.ground import Ground
from commerce.healing.model import Case


@dataclass(frozen=True, slots=True)
class Warrant:
    """On whose word something is done, and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, in a sentence; `done` where nothing can be seen of it, and it counts as healed.

    What was sent back and fails again comes back, and finds its case.
    """

    said: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Playbook:
    """One way to put something in order.

    Parameters
    ----------
    effects
        Sentences that say what it will do.
    refuse
        Why it must not be used on how things stand now; None when it may. It is asked right before acting.
    act
        Does it; safe to repeat, for a worker may die in the middle.
    way_back
        How to undo it, where that can be.
    """

    effects: Callable[[Case], list[str]]
    refuse: Callable[[HealingDesk, Case, Ground], str | None]
    act: Callable[[HealingDesk, Case, Ground, Warrant], Outcome]
    way_back: str | None = None
