"""The state and the moving parts of one simulated Daraja, shared by its API, its control API and its pages."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx

from sandbox.daraja.clock import Action, Clock, WallClock
from sandbox.daraja.journal import Journal
from sandbox.daraja.ledger import Ledger
from sandbox.daraja.options import DarajaOptions
from sandbox.daraja.pushes import Pushes
from sandbox.daraja.stories import STORIES
from sandbox.daraja.tokens import Tokens

ResultsMode = Literal["answer", "timeout", "lost"]
"""Where results go: to the ResultURL; to the QueueTimeOutURL with nothing done; nowhere, though done."""


@dataclass
class Provider:
    """The provider's health, set through the control API."""

    down: bool = False
    results: ResultsMode = "answer"

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return dict(vars(self))


class Daraja:
    """One simulated platform. `start` before the first callback is due, `stop` at the end.

    Args:
        options: credentials, merchants, timings.
        clock: the time; a VirtualClock makes every story play at once under a test's control.
        http: the client that sends callbacks; left out, an own one is opened by `start` and closed by `stop`.
    """

    def __init__(
        self,
        options: DarajaOptions | None = None,
        *,
        clock: Clock | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.options = options or DarajaOptions()
        self.clock: Clock = clock or WallClock()
        self._http, self._owns_http = http, http is None
        self._pauses: set[asyncio.Future[None]] = set()
        self._set_state()

    def _set_state(self) -> None:
        options = self.options
        self.speed = options.speed
        self.provider = Provider()
        self.tokens = Tokens(options)
        self.journal = Journal()
        self.pushes = Pushes()
        self.ledger = Ledger(options.customer_balance, dict.fromkeys(options.merchants, options.opening_float))
        for story in STORIES:
            self.ledger.allow_debt(story.number)
        self.payouts_seen: set[str] = set()
        """OriginatorConversationIDs of payouts: each is accepted once."""
        self.tokens_killed: set[str] = set()
        """Callback URLs whose push was refused once with a dead token."""
        self.last_query: dict[str, datetime] = {}
        """When a rate-limited query was last let through, by limiter."""

    @property
    def http(self) -> httpx.AsyncClient:
        """The client that sends callbacks. Raises RuntimeError before `start`."""
        if self._http is None:
            raise RuntimeError("Daraja.start() has not run")
        return self._http

    async def start(self) -> None:
        """Open the client that sends callbacks; it ignores proxy settings, callbacks go to this machine."""
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self.options.callback_timeout_seconds, trust_env=False)

    async def stop(self) -> None:
        """End every waiting step and held connection, and close the client if it is ours."""
        self._release()
        await self.clock.close()
        if self._owns_http and self._http is not None:
            await self._http.aclose()
            self._http = None

    def reset(self) -> None:
        """Forget everything: pushes, money, tokens, the journal; waiting callbacks are never sent."""
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
