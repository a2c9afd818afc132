"""The state and the moving parts of one simulated Stripe account, shared by its API, control API and pages."""

import httpx

from sandbox.simulator import Clock, Simulator
from sandbox.stripe.books import Books
from sandbox.stripe.faults import Faults
from sandbox.stripe.idempotency import Keys
from sandbox.stripe.journal import Journal
from sandbox.stripe.models import Event
from sandbox.stripe.options import StripeOptions


class StripeSimulator(Simulator):
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
        super().__init__(
            clock=clock, http=http, timeout_seconds=self.options.webhook_timeout_seconds, speed=self.options.speed
        )
        self._set_state()

    def _set_state(self) -> None:
        self.speed = self.options.speed
        self.books = Books()
        self.journal = Journal()
        self.faults = Faults()
        self.keys = Keys()
        self.held_back: dict[str, list[Event]] = {}
        """Events that wait until a later one of the same payment has been delivered."""

    def reset(self) -> None:
        """Forget everything: payments, money, the journal; waiting events are never sent."""
        self.forget_waiting()
        self._set_state()
