"""What a function's call meets on its way: the engine, a service or a provider, or the trouble that is planned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commerce.payments.port import OutcomeUnknown, Pending, RefundUnknown
from tests.support.cloud.faults import Crash, Trouble, error_of

#: What a provider's client makes of a provider that does not answer.
NO_ANSWER: dict[str, Any] = {
    "start": OutcomeUnknown("time-out"),
    "look_up": Pending("time-out", failed=True),
    "cancel": Pending("time-out", failed=True),
    "refund": RefundUnknown("time-out"),
    "ask_for_record": False,
    "statement": None,
}
PROVIDER_CALLS = tuple(NO_ANSWER)


def of_aws(name: str, trouble: Trouble | None, act: Callable[[], Any], given: dict[str, Any]) -> Any:
    """Make a call of an AWS service.

    Raises
    ------
    Crash
        Where its function dies, before or after.
    Exception
        What botocore raises of an answer that was lost, and of a call that was refused.
    """
    operation, items = name.partition(":")[2], len(given.get("TransactItems", ()))
    match trouble:
        case None:
            return act()
        case Trouble.CRASH_BEFORE:
            raise Crash(name)
        case Trouble.THROTTLE | Trouble.CONFLICT:
            raise error_of(trouble, operation, items)
    act()
    raise Crash(name) if trouble is Trouble.CRASH_AFTER else error_of(trouble, operation, items)


def of_provider(name: str, trouble: Trouble | None, act: Callable[[], Any]) -> Any:
    """Ask a provider, whose client turns an error into an outcome itself.

    Raises
    ------
    Crash
        Where the function dies, before or after.
    """
    no_answer = NO_ANSWER[name.partition(":")[2]]
    match trouble:
        case Trouble.CRASH_BEFORE:
            raise Crash(name)
        case Trouble.CRASH_AFTER:
            act()
            raise Crash(name)
        case Trouble.LOST:
            act()
            return no_answer
        case Trouble.THROTTLE:
            return no_answer
    return act()
