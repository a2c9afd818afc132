"""How requests of the SDK travel: by httpx, within a fixed time, with one more try where that is safe and of use.

The SDK imports httpx and requests whichever of them it is told to use; httpx is what the shop has anyway, and has a
time-out for each phase. The SDK's own clients wait 80 seconds for an answer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from stripe import HTTPClient

from commerce.payments.providers.stripe.config import CONNECT_SECONDS, WRITE_SECONDS, StripeConfig
from commerce.payments.providers.stripe.failures import NoAnswer, NotSent

#: Failures before the first byte of a request is on its way.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_CONFLICT = 409
_SERVER_ERROR = 500
PAUSE_SECONDS = (0.25, 0.75)

Reply = tuple[str, int, Mapping[str, str]]


class Transport(HTTPClient):
    """Carries requests of a `StripeClient`.

    Every request is safe to send again: the SDK gives each POST an Idempotency-Key, and a second try keeps it. It is
    made once, and only within the first half of the time, so that no call takes longer than it may.

    Parameters
    ----------
    transport
        How bytes travel; None for the network.
    pause
        Waits that many seconds before the second try.
    elapsed
        A clock that only runs forward, in seconds.
    """

    name = "httpx"

    def __init__(
        self,
        config: StripeConfig,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._seconds = config.timeout_seconds
        self._pause = pause
        self._elapsed = elapsed
        # A kept connection that died while the function was frozen would fail after sending: each call makes its own.
        limits = httpx.Limits(max_connections=20, max_keepalive_connections=0)
        self._http = httpx.Client(limits=limits, follow_redirects=False, transport=transport)

    def close(self) -> None:
        """Close what is open."""
        self._http.close()

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> Reply:
        """Send a request, and once more where the first try was not taken or Stripe says that it is worth it.

        Raises
        ------
        NotSent
            Stripe certainly did not get it.
        NoAnswer
            It may have.
        """
        began = self._elapsed()
        try:
            reply = self._send(method, url, headers, post_data, self._seconds)
        except NotSent:
            left = self._left(began, max_network_retries)
            if not left:
                raise
        else:
            left = self._left(began, max_network_retries) if _worth_another_try(reply) else 0.0
            if not left:
                return reply
        self._pause(random.uniform(*PAUSE_SECONDS))  # noqa: S311 (it keeps nothing secret)
        return self._send(method, url, headers, post_data, left)

    def _left(self, began: float, tries: int | None) -> float:
        """Return the seconds that a second try may take, 0 when there must be none."""
        left = self._seconds - (self._elapsed() - began) - PAUSE_SECONDS[1]
        return left if tries != 0 and left >= self._seconds / 2 else 0.0

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: Any, seconds: float) -> Reply:
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds), write=min(WRITE_SECONDS, seconds))
        try:
            response = self._http.request(method, url, headers=dict(headers), content=body or None, timeout=timeout)
        except _UNSENT as error:
            raise NotSent(type(error).__name__) from error
        except httpx.InvalidURL as error:
            raise NotSent("InvalidURL") from error
        except httpx.HTTPError as error:
            raise NoAnswer(type(error).__name__) from error
        return response.content.decode("utf-8", "replace"), response.status_code, response.headers


def _worth_another_try(reply: Reply) -> bool:
    """Tell whether Stripe would do better when asked again: its own advice first, else conflicts and its faults."""
    _, status, headers = reply
    advice = headers.get("stripe-should-retry")
    if advice in ("true", "false"):
        return advice == "true"
    return status == _CONFLICT or status >= _SERVER_ERROR
