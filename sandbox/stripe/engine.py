"""The state and the moving parts of one simulated Stripe account, shared by its API, control API and pages."""

import asyncio
from datetime import datetime, timedelta

import httpx

from sandbox.daraja.clock import Action, Clock, WallClock
from sandbox.stripe.books import Books
from sandbox.stripe.faults import Faults
from sandbox.stripe.idempotency import Keys
from sandbox.stripe.journal import Journal
from sandbox.stripe.models import Event
from sandbox.stripe.options import StripeOptions


class StripeSimulator:
    """One simulated account. `start` before the first event is due, `stop` at the end.

    Args:
        options: keys, the webhook endpoint, timings.
        clock: the time; a VirtualClock makes everything happen at once under a test's control.
        http: the client that sends events; left out, an own one is opened by `start` and closed by `stop`.
    """

    def __init__(
        self,
        options: StripeOptions | None = None,
        *,
        clock: Clock | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.options = options or StripeOptions()
        self.clock: Clock = clock or WallClock()
        self._http, self._owns_http = http, http is None
        self._pauses: set[asyncio.Future[None]] = set()
        self._set_state()

    def _set_state(self) -> None:
        self.speed = self.options.speed
        self.books = Books()
        self.journal = Journal()
        self.faults = Faults()
        self.keys = Keys()
        self.held_back: dict[str, list[Event]] = {}
        """Events that wait until a later one of the same payment has been delivered."""

    @property
    def http(self) -> httpx.AsyncClient:
        """The client that sends events. Raises RuntimeError before `start`."""
        if self._http is None:
            raise RuntimeError("StripeSimulator.start() has not run")
        return self._http

    async def start(self) -> None:
        """Open the client that sends events; it ignores proxy settings, events go to this machine."""
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self.options.webhook_timeout_seconds, trust_env=False)

    async def stop(self) -> None:
        """End every waiting step and held connection, and close the client if it is ours."""
        self._release()
        await self.clock.close()
        if self._owns_http and self._http is not None:
            await self._http.aclose()
            self._http = None

    def reset(self) -> None:
        """Forget everything: payments, money, the journal; waiting events are never sent."""
        self._release()
        self.clock.clear()
        self._set_state()

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
        """Hold the caller for a real-world duration, or until `stop` or `reset`."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pauses.add(done)

        async def release() -> None:
            if not done.done():
                done.set_result(None)

        self.after(seconds, release)
        await done
        self._pauses.discard(done)

    def _release(self) -> None:
        for done in list(self._pauses):
            if not done.done():
                done.set_result(None)
