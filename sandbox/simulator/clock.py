"""Time for the simulator: a wall clock to run with, and a virtual clock that tests move by hand."""

import asyncio
import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

Action = Callable[[], Awaitable[None]]
"""Work to do at a later moment."""

LOGGER = logging.getLogger("sandbox.daraja")


class Clock(Protocol):
    """Tells the time (UTC) and runs actions later."""

    def now(self) -> datetime:
        """The current time, UTC."""

    def after(self, seconds: float, action: Action) -> None:
        """Run `action` once, `seconds` from now."""

    def clear(self) -> None:
        """Forget every action that has not begun."""

    async def close(self) -> None:
        """Forget every action and wait for those that had begun to end."""


class WallClock:
    """The machine's own clock; each action is an asyncio task owned by this object."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        """The current time, UTC."""
        return datetime.now(UTC)

    def after(self, seconds: float, action: Action) -> None:
        """Run `action` in a task, `seconds` from now; an error in it is logged."""
        task = asyncio.get_running_loop().create_task(self._run(seconds, action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def clear(self) -> None:
        """Cancel every task."""
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Cancel every task and wait until all have ended."""
        tasks = list(self._tasks)
        self.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, seconds: float, action: Action) -> None:
        await asyncio.sleep(seconds)
        try:
            await action()
        except Exception:
            LOGGER.exception("a scheduled step of the Daraja simulator failed")


class VirtualClock:
    """A clock that stands still until `advance` moves it; due actions run one by one, in order."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._order = itertools.count()
        self._queue: list[tuple[datetime, int, Action]] = []

    def now(self) -> datetime:
        """The time this clock was moved to, UTC."""
        return self._now

    def after(self, seconds: float, action: Action) -> None:
        """Keep `action` until the clock has moved `seconds` further."""
        heapq.heappush(self._queue, (self._now + timedelta(seconds=seconds), next(self._order), action))

    def clear(self) -> None:
        """Forget every waiting action."""
        self._queue.clear()

    async def close(self) -> None:
        """Forget every waiting action."""
        self.clear()

    async def advance(self, seconds: float) -> None:
        """Move `seconds` ahead, running what falls due on the way; an error in an action is raised."""
        end = self._now + timedelta(seconds=seconds)
        while self._queue and self._queue[0][0] <= end:
            due, _, action = heapq.heappop(self._queue)
            self._now = due
            await action()
        self._now = end
