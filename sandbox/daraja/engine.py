"""The state and the moving parts of one simulated Daraja, shared by its API, its control API and its pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx

from sandbox.daraja.journal import Journal
from sandbox.daraja.ledger import Ledger
from sandbox.daraja.options import DarajaOptions
from sandbox.daraja.pushes import Pushes
from sandbox.daraja.stories import STORIES
from sandbox.daraja.tokens import Tokens
from sandbox.simulator import Clock, Simulator

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


class Daraja(Simulator):
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
        super().__init__(
            clock=clock, http=http, timeout_seconds=self.options.callback_timeout_seconds, speed=self.options.speed
        )
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

    def reset(self) -> None:
        """Forget everything: pushes, money, tokens, the journal; waiting callbacks are never sent."""
        self.forget_waiting()
        self._set_state()
