"""What goes wrong, and at which call or message: a plan that is made before a story begins, and replays."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

#: How long a delayed message is late: past every hold, window and check.
LATE_SECONDS = 2 * 3600


class Trouble(StrEnum):
    """What can happen to a call of a function."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    LOST = "answer lost"
    THROTTLE = "throttled"
    CONFLICT = "conflict"


class Mishap(StrEnum):
    """What can happen to a message on its way."""

    DROP = "dropped"
    DOUBLE = "doubled"
    DELAY = "delayed"
    REORDER = "overtaken"


class Crash(BaseException):
    """The process of a function ends here. Nothing that handles errors sees it, as nothing sees a real death."""


@dataclass
class Faults:
    """The plan: troubles by the number of the call, mishaps by the number of the message, both counted from one.

    `calls` and `messages` list what was seen, so that a story told without faults says how many places there are.
    """

    troubles: dict[int, Trouble] = field(default_factory=dict)
    mishaps: dict[int, Mishap] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    armed: bool = True

    def call(self, name: str) -> Trouble | None:
        """Count a call; return what happens to it."""
        if not self.armed:
            return None
        self.calls.append(name)
        return self.troubles.get(len(self.calls))

    def message(self, name: str) -> Mishap | None:
        """Count a message; return what happens to it."""
        if not self.armed:
            return None
        self.messages.append(name)
        return self.mishaps.get(len(self.messages))


def error_of(trouble: Trouble, operation: str, items: int) -> Exception:
    """Return what a caller sees of a call that was not answered as it should be."""
    if trouble is Trouble.LOST:
        return ReadTimeoutError(endpoint_url="https://aws.test")
    if trouble is Trouble.CONFLICT and operation == "TransactWriteItems":
        reasons: list[dict[str, Any]] = [{"Code": "TransactionConflict", "Message": "conflict"}] * max(items, 1)
        answer: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "[TransactionConflict]"},
            "CancellationReasons": reasons,
        }
        return ClientError(answer, operation)
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)
