"""The moving parts of a simulated party: its HTTP client, its pace, and what waits."""

import asyncio
from datetime import datetime, timedelta

import httpx

from sandbox.simulator.clock import Action, Clock, WallClock


class Simulator:
    """One simulated party. `start` before its first report is due, `stop` at the end.

    Args:
        clock: the time; a VirtualClock makes everything happen at once under a test's control.
        http: the client that reports to the shop; left out, an own one is opened by `start` and closed by `stop`.
        timeout_seconds: how long the shop may take to answer a report.
        speed: by how much every duration is divided.
    """

    def __init__(
        self, *, clock: Clock | None, http: httpx.AsyncClient | None, timeout_seconds: float, speed: float
    ) -> None:
        self.clock: Clock = clock or WallClock()
        self.speed = speed
        self._timeout_seconds = timeout_seconds
        self._http, self._owns_http = http, http is None
        self._pauses: set[asyncio.Future[None]] = set()

    @property
    def http(self) -> httpx.AsyncClient:
        """The client that reports to the shop. Raises RuntimeError before `start`."""
        if self._http is None:
            raise RuntimeError(f"{type(self).__name__}.start() has not run")
        return self._http

    async def start(self) -> None:
        """Open the client that reports to the shop; it ignores proxy settings, for the shop is on this machine."""
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._timeout_seconds, trust_env=False)

    async def stop(self) -> None:
        """End every waiting step and held connection, and close the client if it is ours."""
        self.forget_waiting()
        await self.clock.close()
        if self._owns_http and self._http is not None:
            await self._http.aclose()
            self._http = None

    def forget_waiting(self) -> None:
        """Let held callers go, and never do what was due later."""
        for done in list(self._pauses):
            if not done.done():
                done.set_result(None)
        self.clock.clear()

    def now(self) -> datetime:
        """The current time, UTC."""
        return self.clock.now()

    def scaled(self, seconds: float) -> timedelta:
        """A real-world duration as it passes here: divided by the speed."""
        return timedelta(seconds=seconds / self.speed)

    def after(self, seconds: float, action: Action) -> None:
        """Do something a real-world duration from now."""
        self.clock.after(seconds / self.speed, action)

    async def pause(self, seconds: float) -> None:
        """Hold the caller for a real-world duration, or until nothing waits any more."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pauses.add(done)

        async def release() -> None:
            if not done.done():
                done.set_result(None)

        self.after(seconds, release)
        await done
        self._pauses.discard(done)
