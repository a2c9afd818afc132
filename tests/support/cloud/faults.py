"""What goes wrong, and at which call or message: a plan that is made before a story begins, and replays."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

#: How long a delayed message is late: past every hold, window and check.
LATE_SECONDS = 2 * 3600
#: Writes of DynamoDB; only they meet other writers. Of a transaction its commit hears, of a single one its caller.
_WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem")


class Trouble(StrEnum):
    """What can happen to a call of a function.

    A provider's client turns an error into an outcome itself: of a call that was lost or throttled, its caller sees
    the outcome of one that timed out, and the provider acted, or did not.
    """

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

    `calls` and `messages` list what was seen, so that a story told without faults says how many places there are;
    `callers` says beside each call which function made it, and in which of all invocations; `called_for` what each of
    them was about.
    """

    troubles: dict[int, Trouble] = field(default_factory=dict)
    mishaps: dict[int, Mishap] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    armed: bool = True
    callers: list[tuple[str, int]] = field(default_factory=list)
    called_for: dict[int, str] = field(default_factory=dict)

    def call(self, name: str, function: str = "", invocation: int = 0) -> Trouble | None:
        """Count a call; return what happens to it: where a planned conflict meets no write, a throttle."""
        if not self.armed:
            return None
        self.calls.append(name)
        self.callers.append((function, invocation))
        trouble = self.troubles.get(len(self.calls))
        return trouble if trouble is None or trouble in troubles_of(name) else Trouble.THROTTLE

    def caller(self, call: int) -> str:
        """Return who made a call, by its number: the function with what it was called for."""
        function, invocation = self.callers[call - 1]
        return f"{function} {self.called_for.get(invocation, '')}".strip()

    def message(self, name: str) -> Mishap | None:
        """Count a message; return what happens to it."""
        if not self.armed:
            return None
        self.messages.append(name)
        return self.mishaps.get(len(self.messages))


def troubles_of(call: str) -> tuple[Trouble, ...]:
    """Return what can happen to a call: a conflict only to a write of DynamoDB, all else to every one."""
    service, _, operation = call.partition(":")
    written = service == "dynamodb" and operation in _WRITES
    return tuple(trouble for trouble in Trouble if written or trouble is not Trouble.CONFLICT)


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
    code = "TransactionConflictException" if trouble is Trouble.CONFLICT else "ThrottlingException"
    return ClientError({"Error": {"Code": code, "Message": "another is at it"}}, operation)
