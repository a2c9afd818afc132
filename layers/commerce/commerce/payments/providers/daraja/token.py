"""One OAuth token for all workers: Daraja kills the last one whenever it hands out the next (provider facts, 1.1)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from commerce.kernel.clock import Clock
from commerce.payments.providers.daraja.failures import TokenUnavailable
from commerce.payments.providers.daraja.wire import Answer, as_number

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A token this close to its end is not used for another call; a short-lived one is used for nine tenths of its life.
EXPIRY_MARGIN_SECONDS = 60
#: What a token lives for where the answer does not say so readably; Daraja's own figure.
USUAL_LIFETIME_SECONDS = 3599
#: A worker without the lease looks this often, this long apart, for the token of the one that has it.
LOOKS = 20
LOOK_EVERY_SECONDS = 0.25


class TokenStore(Protocol):
    """Where the workers share the token. Any of its methods may raise when the store is out of reach."""

    def read(self) -> tuple[str, datetime] | None:
        """Return the token last written and until when to use it (UTC), None when there is none."""
        ...

    def lease(self, now: datetime) -> bool:
        """Take the right to refresh, for a few seconds; False while another worker has it.

        A lease ends when a token is written, when it is released, or when its time is over, so a holder that dies
        blocks nobody for long.
        """
        ...

    def write(self, token: str, expires_at: datetime) -> None:
        """Keep a new token for all workers and end the lease; `expires_at` has the safety margin taken off."""
        ...

    def release(self) -> None:
        """End the lease without a token, so that the next worker need not wait it out."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as Daraja grants it, with its lifetime in seconds."""

    token: str = field(repr=False)
    lifetime_seconds: int


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    expires_at: datetime


class SharedToken:
    """The token that this process uses, and how it gets the next one: from the store, or by refreshing alone.

    Parameters
    ----------
    fetch
        Asks Daraja for a new token, which kills the present one; raises `TokenUnavailable`.
    pause
        Waits that many seconds between two looks at the store.
    """

    def __init__(
        self,
        fetch: Callable[[], Grant],
        store: TokenStore,
        clock: Clock,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._pause = pause
        self._held: _Held | None = None
        self._lock = threading.Lock()

    def current(self) -> str:
        """Return a token to use: this process's own, the store's, or a new one.

        Raises
        ------
        TokenUnavailable
            When neither the store nor Daraja gives one.
        """
        return self._get(dead=None)

    def replace(self, dead: str) -> str:
        """Return another token than one that Daraja called invalid; another worker may have it already.

        Raises
        ------
        TokenUnavailable
            When neither the store nor Daraja gives one.
        """
        return self._get(dead=dead)

    def _get(self, dead: str | None) -> str:
        # Threads of one process wait here for the one that refreshes; the calls' time-outs bound it.
        with self._lock:
            if self._held is None or not self._usable(self._held, dead):
                self._held = self._obtain(dead)
            return self._held.token

    def _obtain(self, dead: str | None) -> _Held:
        shared = self._shared(dead)
        for _ in range(LOOKS):
            if shared is not None:
                return shared
            if self._ask_store(lambda: self._store.lease(self._clock.now())):
                # Between our look and our lease another worker may have refreshed and let go.
                return self._shared(dead) or self._refresh()
            self._pause(LOOK_EVERY_SECONDS)
            shared = self._shared(dead)
        # The holder died or hangs. Should it still write later, the token it kills is replaced on its first use.
        return shared or self._refresh()

    def _shared(self, dead: str | None) -> _Held | None:
        stored = self._ask_store(self._store.read)
        held = None if stored is None else _Held(*stored)
        return held if held is not None and self._usable(held, dead) else None

    def _refresh(self) -> _Held:
        asked_at = self._clock.now()
        try:
            grant = self._fetch()
        except TokenUnavailable:
            self._ask_store(self._store.release)
            raise
        margin = min(EXPIRY_MARGIN_SECONDS, grant.lifetime_seconds / 10)
        held = _Held(grant.token, asked_at + timedelta(seconds=grant.lifetime_seconds - margin))
        try:
            self._store.write(held.token, held.expires_at)
        except Exception as error:
            # The token is good all the same; the next worker will refresh for itself.
            logger.warning("the Daraja token could not be shared: %s", type(error).__name__)
        return held

    def _usable(self, held: _Held, dead: str | None) -> bool:
        return held.token != dead and held.expires_at > self._clock.now()

    @staticmethod
    def _ask_store(question: Callable[[], T]) -> T:
        try:
            return question()
        except Exception as error:
            # Refreshing without the store would have every worker kill every other's token.
            raise TokenUnavailable(f"token store: {type(error).__name__}") from error


def read_grant(answer: Answer) -> Grant:
    """Read Daraja's answer to a token request.

    Raises
    ------
    TokenUnavailable
        When it is no grant: credentials refused (``shop_misconfigured``; sandbox keys on production get HTTP 400
        with an empty body), or a service that is out of order (``provider_unavailable``).
    """
    token = answer.text("access_token")
    if answer.status == 200 and token is not None and token.isascii() and token.isprintable() and " " not in token:
        return Grant(token, _lifetime(answer.text("expires_in")))
    refused = answer.status in (400, 401)
    raise TokenUnavailable(f"token: {answer.label}", "shop_misconfigured" if refused else "provider_unavailable")


def _lifetime(text: str | None) -> int:
    seconds = as_number(text or "")
    return int(seconds) if seconds is not None and 0 <= seconds <= 86_400 else USUAL_LIFETIME_SECONDS
