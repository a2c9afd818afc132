"""What goes wrong next, announced as the story goes: a call of a function, the next message of a queue."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.cloud.faults import Faults, Mishap, Trouble

#: How a story tells of a trouble.
WORDS = {
    Trouble.CRASH_BEFORE: "kills it before anything is done",
    Trouble.CRASH_AFTER: "kills it once it is done",
    Trouble.LOST: "loses its answer",
    Trouble.THROTTLE: "is throttled",
    Trouble.CONFLICT: "meets another writer",
}


@dataclass
class Omen:
    """A trouble that waits for a function's call: `passing` calls go well before it."""

    function: str
    trouble: Trouble
    passing: int


@dataclass
class Weather(Faults):
    """Troubles and mishaps that wait for their call or message; `struck` tells of those that came."""

    omens: list[Omen] = field(default_factory=list)
    losses: dict[str, Mishap] = field(default_factory=dict)
    struck: list[str] = field(default_factory=list)

    def call(self, name: str, function: str = "", invocation: int = 0) -> Trouble | None:
        if not self.armed:
            return None
        for omen in self.omens:
            if omen.function != function:
                continue
            if omen.trouble is Trouble.CONFLICT and name != "dynamodb:TransactWriteItems":
                continue
            omen.passing -= 1
            if omen.passing < 0:
                self.omens.remove(omen)
                self.struck.append(f"{name} of {omen.function} {WORDS[omen.trouble]}")
                return omen.trouble
        return None

    def message(self, name: str) -> Mishap | None:
        mishap = self.losses.pop(name, None) if self.armed else None
        if mishap is not None:
            self.struck.append(f"a message of {name} is {mishap}")
        return mishap

    def clear_up(self) -> None:
        """Let nothing more go wrong."""
        self.armed = False
        self.omens.clear()
        self.losses.clear()
