"""Calls Daraja over HTTP: one method for each of its APIs, each answered or failed in one of two honest ways."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import httpx

from commerce.kernel.clock import Clock
from commerce.payments.port import RefundRequest, StartRequest
from commerce.payments.providers.daraja import payloads
from commerce.payments.providers.daraja.config import DarajaConfig, DarajaCredentials
from commerce.payments.providers.daraja.failures import NoAnswer, NotSent, TokenUnavailable
from commerce.payments.providers.daraja.outcomes import is_dead_token
from commerce.payments.providers.daraja.token import Grant, SharedToken, TokenStore, read_grant
from commerce.payments.providers.daraja.wire import Answer

logger = logging.getLogger(__name__)

TOKEN_PATH = "/oauth/v1/generate"  # noqa: S105 (a path)
PUSH_PATH = "/mpesa/stkpush/v1/processrequest"
QUERY_PATH = "/mpesa/stkpushquery/v1/query"
REVERSAL_PATH = "/mpesa/reversal/v1/request"
STATUS_PATH = "/mpesa/transactionstatus/v1/query"
PAYOUT_PATH = "/mpesa/b2c/v3/paymentrequest"

#: Failures before the first byte of a request is on its way.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


class DarajaClient:
    """Daraja's APIs with the shop's credentials.

    Every method returns Daraja's `Answer`, good or bad. It logs status and code; never a body, secret, phone number
    or request id.

    Raises
    ------
    NotSent
        From every method: Daraja certainly did not act on the request.
    NoAnswer
        From every method: it may have.

    Parameters
    ----------
    transport
        How bytes travel; None for the network.
    pause
        Waits between two looks for a token that another worker is fetching.
    """

    def __init__(
        self,
        config: DarajaConfig,
        credentials: DarajaCredentials,
        store: TokenStore,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._clock = clock
        self._tokens = SharedToken(self._fetch_token, store, clock, pause=pause)
        self._http = httpx.Client(
            timeout=httpx.Timeout(
                connect=config.connect_timeout_seconds,
                read=config.read_timeout_seconds,
                write=config.write_timeout_seconds,
                pool=config.pool_timeout_seconds,
            ),
            # A kept connection that died while the function was frozen fails after sending, and a push would then be
            # unknown for nothing: each call makes its own.
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
            follow_redirects=False,
            transport=transport,
        )

    def close(self) -> None:
        """Close what is open."""
        self._http.close()

    def push(self, request: StartRequest) -> Answer:
        """Ask for a PIN prompt on the buyer's phone (STK push)."""
        return self._call("push", PUSH_PATH, payloads.push(self._config, self._credentials, request, self._clock.now()))

    def query(self, checkout_request_id: str) -> Answer:
        """Ask what became of a push (STK query)."""
        return self._call(
            "query",
            QUERY_PATH,
            payloads.query(self._config, self._credentials, checkout_request_id, self._clock.now()),
        )

    def reverse(self, receipt: str, request: RefundRequest) -> Answer:
        """Take a received payment back (Reversal)."""
        return self._call(
            "reversal", REVERSAL_PATH, payloads.reversal(self._config, self._credentials, receipt, request)
        )

    def b2c(self, request: RefundRequest) -> Answer:
        """Pay a buyer from the shop's account (B2C); the refund's reference is the idempotency key."""
        return self._call("b2c", PAYOUT_PATH, payloads.payout(self._config, self._credentials, request))

    def transaction_status(
        self, *, receipt: str | None = None, conversation_id: str | None = None, result_url: str, timeout_url: str
    ) -> Answer:
        """Ask about one transaction by its receipt or its conversation; the result is posted to `result_url`."""
        body = payloads.transaction_status(
            self._config,
            self._credentials,
            receipt=receipt,
            conversation_id=conversation_id,
            result_url=result_url,
            timeout_url=timeout_url,
        )
        return self._call("status", STATUS_PATH, body)

    def _call(self, operation: str, path: str, body: dict[str, Any]) -> Answer:
        token = self._tokens.current()
        answer = self._post(operation, path, body, token)
        if is_dead_token(answer):
            # Refused at the gateway, so nothing was done: even a push may go out once more.
            answer = self._post(operation, path, body, self._tokens.replace(token))
        return answer

    def _post(self, operation: str, path: str, body: dict[str, Any], token: str) -> Answer:
        return self._send(operation, "POST", path, json=body, headers={"Authorization": f"Bearer {token}"})

    def _fetch_token(self) -> Grant:
        try:
            answer = self._send(
                "token",
                "GET",
                TOKEN_PATH,
                params={"grant_type": "client_credentials"},
                auth=(self._credentials.consumer_key, self._credentials.consumer_secret),
            )
        except NotSent as error:
            raise TokenUnavailable(f"token: {error.code}", error.reason) from error
        except NoAnswer as error:
            raise TokenUnavailable(f"token: {error.detail}") from error
        return read_grant(answer)

    def _send(self, operation: str, method: str, path: str, **options: Any) -> Answer:
        try:
            response = self._http.request(method, self._config.base_url.rstrip("/") + path, **options)
        except _UNSENT as error:
            logger.warning("daraja %s was not sent: %s", operation, type(error).__name__)
            raise NotSent(type(error).__name__) from error
        except httpx.InvalidURL as error:
            raise NotSent("InvalidURL", "shop_misconfigured") from error
        except httpx.HTTPError as error:
            logger.warning("daraja %s got no answer: %s", operation, type(error).__name__)
            raise NoAnswer(type(error).__name__) from error
        answer = Answer.read(response.status_code, response.content)
        logger.info("daraja %s answered %s", operation, answer.label)
        return answer
