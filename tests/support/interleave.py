"""Force an interleaving: act just before or just after the Nth call that a use case makes to DynamoDB or a provider.

Nothing here sleeps or hopes: order is forced by where an action stands, and between threads by barriers.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal

from botocore.exceptions import ReadTimeoutError

from tests.support.shop import Shop

WRITE = "TransactWriteItems"
READ = "BatchGetItem"
ANY = "*"
PROVIDER_CALLS = ("start", "look_up", "refund")
#: Of a card's provider, whose cancellations and books are calls of their own.
CARD_CALLS = ("start", "look_up", "cancel", "refund", "statement")
Side = Literal["before", "after"]


class Crash(BaseException):
    """The worker dies here. Nothing that handles errors sees it, as nothing sees a real death."""


@dataclass
class _Rule:
    side: Side
    name: str
    nth: int | None
    action: Callable[[], object]


@dataclass
class _Answer:
    """A parsed answer that is given in place of the engine's."""

    name: str
    nth: int | None
    status: int
    parsed: dict[str, Any]


@dataclass
class Interleaving:
    """The rules of one interleaving, and the calls it saw.

    Calls are counted for each thread by itself, so a rule for the first write holds for the first write of every
    thread. What an action does is neither counted nor interleaved.
    """

    calls: list[str] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _answers: list[_Answer] = field(default_factory=list)
    _spoiled: list[_Answer] = field(default_factory=list)
    _conflicts: set[int] = field(default_factory=set)
    _local: threading.local = field(default_factory=threading.local)

    def before(self, name: str, action: Callable[[], object], *, nth: int | None = 1) -> None:
        """Run `action` before the `nth` call of this name (None: before each)."""
        self._rules.append(_Rule("before", name, nth, action))

    def after(self, name: str, action: Callable[[], object], *, nth: int | None = 1) -> None:
        """Run `action` once the `nth` call of this name is done and before its caller learns of it."""
        self._rules.append(_Rule("after", name, nth, action))

    def crash(self, side: Side, name: str = ANY, *, nth: int | None = 1) -> None:
        """Let the worker die at a call: before it, or after it took effect."""
        self._rules.append(_Rule(side, name, nth, _die))

    def lose_answer(self, name: str = WRITE, *, nth: int | None = 1) -> None:
        """Let a call take effect and its answer be lost in the network."""
        self._rules.append(_Rule("after", name, nth, _time_out))

    def refuse(self, code: str, *, name: str = WRITE, nth: int | None = 1, status: int = 400) -> None:
        """Answer a call with an error as botocore parses it; the engine never sees the call."""
        self._answers.append(_Answer(name, nth, status, _error(code)))

    def cancel(self, *codes: str, nth: int | None = 1, items: dict[int, dict[str, Any]] | None = None) -> None:
        """Cancel a transaction with these reasons, one for each item in the order sent; the engine never sees it."""
        self._answers.append(_Answer(WRITE, nth, 400, _cancelled(codes, items or {})))

    def conflict(self, *, nth: int = 1, times: int = 1) -> None:
        """Cancel the `nth` transaction and those after it, `times` in all, for another one is at work on its items."""
        self._conflicts.update(range(nth, nth + times))

    def answer(self, parsed: dict[str, Any], *, name: str, nth: int | None = 1) -> None:
        """Give a call this answer; the engine never sees the call."""
        self._answers.append(_Answer(name, nth, 200, parsed))

    def spoil(self, code: str, *, name: str = WRITE, nth: int = 1, status: int = 500) -> None:
        """Let a call take effect and its answer be an error all the same."""
        self._spoiled.append(_Answer(name, nth, status, _error(code)))

    def arrive(self, name: str, *, items: int = 0) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        """Take note that a call is about to be made; return the answer it gets in place of the engine's, if any.

        `items` counts the writes of a transaction.
        """
        if self._passive:
            return None
        self.calls.append(name)
        counts = self._counts
        for key in (name, ANY):
            counts[key] = counts.get(key, 0) + 1
        self._run("before", name)
        for answer in self._answers:
            if self._now(answer.name, answer.nth, name):
                return SimpleNamespace(status_code=answer.status), answer.parsed
        if name == WRITE and counts[WRITE] in self._conflicts:
            return SimpleNamespace(status_code=400), _cancelled(["TransactionConflict"] * items)
        return None

    def leave(self, name: str, http: Any = None, parsed: dict[str, Any] | None = None) -> None:
        """Take note that a call is done; `http` and `parsed` are the answer that its caller is about to get."""
        if self._passive:
            return
        self._run("after", name)
        for answer in self._spoiled:
            if parsed is not None and self._now(answer.name, answer.nth, name):
                http.status_code = answer.status
                parsed.update(answer.parsed)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Neither count nor interleave what this thread does meanwhile."""
        before, self._local.passive = self._passive, True
        try:
            yield
        finally:
            self._local.passive = before

    @property
    def _passive(self) -> bool:
        return getattr(self._local, "passive", False)

    @property
    def _counts(self) -> dict[str, int]:
        if not hasattr(self._local, "counts"):
            self._local.counts = {}
        counts: dict[str, int] = self._local.counts
        return counts

    def _now(self, wanted: str, nth: int | None, name: str) -> bool:
        return wanted in (name, ANY) and nth in (None, self._counts[wanted])

    def _run(self, side: Side, name: str) -> None:
        for rule in list(self._rules):
            if rule.side == side and self._now(rule.name, rule.nth, name):
                with self.unseen():
                    rule.action()


@contextmanager
def interleaving(shop: Shop) -> Iterator[Interleaving]:
    """Watch every call of a shop: DynamoDB operations by their names, and what its providers are asked."""
    steps = Interleaving()

    def arrive(model: Any, params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        items = len(json.loads(params["body"])["TransactItems"]) if model.name == WRITE else 0
        return steps.arrive(model.name, items=items)

    def leave(model: Any, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        steps.leave(model.name, http_response, parsed)

    events: Any = shop.database.connection.client.meta.events
    events.register("before-call.dynamodb", arrive)
    events.register("after-call.dynamodb", leave)
    watched = [(shop.provider, name) for name in PROVIDER_CALLS] + [(shop.card, name) for name in CARD_CALLS]
    methods = [getattr(provider, name) for provider, name in watched]
    for (provider, name), method in zip(watched, methods, strict=True):
        quiet = _alone(steps, method) if provider is shop.card else method
        setattr(provider, name, _watched(steps, name, quiet))
    try:
        yield steps
    finally:
        events.unregister("before-call.dynamodb", arrive)
        events.unregister("after-call.dynamodb", leave)
        for provider, name in watched:
            delattr(provider, name)


@contextmanager
def lost_on_the_wire(shop: Shop, times: int = 1) -> Iterator[list[bytes]]:
    """Let the answers of the next `times` HTTP requests be lost after the engine acted; botocore sends them again.

    Yields the bodies that were sent.
    """
    session: Any = shop.database.connection.client._endpoint.http_session
    real = session.send
    sent: list[bytes] = []

    def send(request: Any) -> Any:
        sent.append(request.body)
        answer = real(request)
        if len(sent) <= times:
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    session.send = send
    try:
        yield sent
    finally:
        session.send = real


def together(*work: Callable[[], object]) -> list[Any]:
    """Run each piece of work in a thread of its own; return what each returned or raised, in order."""
    results: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        try:
            results[place] = work[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a thread is stuck"
    return results


def meeting(parties: int) -> Callable[[], object]:
    """Return an action in which `parties` threads wait for one another."""
    return threading.Barrier(parties, timeout=30).wait


def calls_of(shop: Shop, work: Callable[[], object]) -> Sequence[str]:
    """Do the work and return the names of the calls it made."""
    with interleaving(shop) as steps:
        work()
    return steps.calls


def _watched(steps: Interleaving, name: str, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(method)
    def call(argument: Any) -> Any:
        steps.arrive(name)
        result = method(argument)
        steps.leave(name)
        return result

    return call


def _alone(steps: Interleaving, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let what a method asks of its own object not count as calls of the shop."""

    @functools.wraps(method)
    def call(argument: Any) -> Any:
        with steps.unseen():
            return method(argument)

    return call


def _die() -> None:
    raise Crash


def _time_out() -> None:
    raise ReadTimeoutError(endpoint_url="http://dynamodb.test")


def _cancelled(codes: Sequence[str], items: dict[int, dict[str, Any]] | None = None) -> dict[str, Any]:
    reasons = [
        {"Code": code, **({"Item": items[place]} if items and place in items else {})}
        for place, code in enumerate(codes)
    ]
    return {**_error("TransactionCanceledException"), "CancellationReasons": reasons}


def _error(code: str) -> dict[str, Any]:
    return {
        "Error": {"Code": code, "Message": f"{code}, as a test wants it"},
        "ResponseMetadata": {"RequestId": "test", "HTTPStatusCode": 400},
    }
