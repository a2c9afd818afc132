"""Plays one event on a built function, and holds what came of it against what is expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from commerce.board.store import Board
from commerce.security.store import SecurityLog
from tests.artefacts.expected import EXPECTED, Batch, Expected, Http, Raised
from tests.artefacts.rie import Running
from tests.artefacts.values import event_of
from tests.artefacts.world import World
from tests.handlers.event_files import Event
from tests.support.nights import DAY

#: What is missing in an artefact, or was not to be written to, says so in a log, also where somebody catches it.
COMPLAINTS = ("ModuleNotFoundError", "ImportError", "FileNotFoundError", "PermissionError", "Read-only file system")
QUEUES = ("VerifyQueue", "RefundQueue", "CarrierQueue", "BoardQueue")
PROBLEM = "urn:salama:problem:"


def play(world: World, function: str, running: Running, case: str) -> None:
    """Send an event; fail unless its answer, the order's trail, the queues and the mails are as expected."""
    expected = EXPECTED[function][case]
    event, number = event_of(world, function, case)
    before, logged = world.event_types(number), len(running.log)
    queues = any(one.queued for one in EXPECTED[function].values())
    for queue in QUEUES if queues else ():
        world.empty(queue)
    answer = running.invoke(event)
    said = running.log[logged:]
    found = [word for word in COMPLAINTS if word in said]
    assert not found, f"{function} complains of {found}: {said[-3000:]}"
    _assert_answer(expected, event, answer, said)
    gained = world.event_types(_number_in(answer) or number)[len(before) :]
    assert gained == list(expected.events), (gained, answer)
    if queues:
        sent = {queue: len(bodies) for queue in QUEUES if (bodies := world.take(queue))}
        assert sent == _sent(expected), (sent, answer)
    if function in LEFT:
        assert LEFT[function](world, number, expected), said[-3000:]


def _assert_answer(expected: Expected, event: Event, answer: Any, said: str) -> None:
    if isinstance(expected, Raised):
        assert answer["errorType"] == expected.error, answer
        return
    assert isinstance(answer, dict), answer
    assert "errorType" not in answer, (answer, said[-3000:])
    if isinstance(expected, Http):
        told = json.loads(answer["body"]) if _is_problem(answer) else {"type": PROBLEM}
        assert (answer["statusCode"], told["type"].removeprefix(PROBLEM)) == (expected.status, expected.problem), answer
    elif isinstance(expected, Batch):
        failed = [event["Records"][place - 1]["messageId"] for place in expected.failed]
        assert answer == {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}, (answer, said[-3000:])
    else:
        assert _told(answer).items() >= expected.members.items(), answer


def _is_problem(answer: dict[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return bool(headers.get("content-type") == "application/problem+json")


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a scheduled function said; of days, which there are more of each day, the first and what all are."""
    days = answer.get("days")
    if days is None:
        return answer
    if isinstance(days[0], str):
        return {"first_day": days[0]}
    every = {name: all(day[name] for day in days) for name in ("sound", "signed", "complete")}
    return {"first_day": days[0]["day"], **every}


def _number_in(answer: Any) -> str:
    """Return the number of the order that a checkout placed."""
    if not isinstance(answer, dict) or answer.get("statusCode") != 201:
        return ""
    return str(json.loads(answer["body"]).get("order", {}).get("number", ""))


def _sent(expected: Expected) -> dict[str, int]:
    messages = expected.messages if isinstance(expected, Batch) else 1
    return {expected.queued: messages} if expected.queued else {}


def _mails(world: World, number: str, expected: Expected) -> bool:
    sent = [mail for mail in world.stack.mails() if number in mail.subject + mail.text]
    return isinstance(expected, Batch) and len(sent) == expected.mails


def _archived(world: World, number: str, _: Expected) -> bool:
    segments = (world.archive.read(key) for key in world.archive.segments_of(DAY))
    return any(event.subject == f"order/{number}" for events in segments for event in events)


def _on_the_board(world: World, number: str, _: Expected) -> bool:
    return Board(world.shop.database).get(number) is not None


def _recorded(world: World, _: str, __: Expected) -> bool:
    page = SecurityLog(world.shop.database).page(date.fromisoformat(DAY), kind=None, limit=1, after=None)
    return bool(list(page.events))


#: What else a function leaves behind, whatever the case.
LEFT: dict[str, Callable[[World, str, Expected], bool]] = {
    "archive_events": _archived,
    "notify_customer": _mails,
    "project_orders": _on_the_board,
    "record_security_events": _recorded,
}
