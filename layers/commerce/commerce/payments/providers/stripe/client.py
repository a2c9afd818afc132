"""Calls Stripe through its SDK: one method for each call the shop makes, answered or failed in one of two ways."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import httpx
import stripe
from stripe import StripeClient, StripeError

from commerce.payments.port import RefundRequest, StartRequest
from commerce.payments.providers.stripe import payloads
from commerce.payments.providers.stripe.config import StripeConfig, StripeKeys
from commerce.payments.providers.stripe.failures import NoAnswer, NotSent
from commerce.payments.providers.stripe.transport import Transport
from commerce.payments.providers.stripe.wire import Answer

logger = logging.getLogger(__name__)

#: One more try at most; `Transport` also sees to the time.
NETWORK_RETRIES = 1


class StripeApi:
    """Stripe's API with the shop's keys.

    Every method returns Stripe's `Answer`, good or bad. It logs status and code; never a body, a key or an intent's
    client secret, and keeps the SDK from logging them.

    Raises
    ------
    NotSent
        From every method: Stripe certainly did not get the request.
    NoAnswer
        From every method: it may have.

    Parameters
    ----------
    keys
        Returns the keys to use now.
    transport
        How bytes travel; None for the network.
    pause
        Waits before a second try.
    """

    def __init__(
        self,
        config: StripeConfig,
        keys: Callable[[], StripeKeys],
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        # The SDK would write a file into the home directory and report how long each call took.
        stripe.enable_telemetry = False
        # Its lines name intents and quote Stripe's messages.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        self._config = config
        self._keys = keys
        self._http = Transport(config, transport=transport, pause=pause)
        self._used: tuple[str, StripeClient] | None = None

    @property
    def publishable_key(self) -> str:
        """The key for the buyer's browser.

        Raises
        ------
        NotSent
            When the keys cannot be had.
        """
        return self._current_keys().publishable

    def close(self) -> None:
        """Close what is open."""
        self._http.close()

    def create_intent(self, request: StartRequest) -> Answer:
        """Create an attempt's PaymentIntent, or get the answer of the first time again."""
        return self._call(
            "create intent",
            lambda api: api.v1.payment_intents.create(payloads.intent(request), {"idempotency_key": request.name}),
        )

    def retrieve_intent(self, intent_id: str) -> Answer:
        """Get a PaymentIntent as it is now."""
        return self._call("retrieve intent", lambda api: api.v1.payment_intents.retrieve(intent_id))

    def cancel_intent(self, intent_id: str) -> Answer:
        """Cancel a PaymentIntent.

        The SDK's own random key goes with it: a refusal may be over tomorrow, and a fixed key would have Stripe
        repeat it. Cancelling twice does no harm.
        """
        return self._call(
            "cancel intent", lambda api: api.v1.payment_intents.cancel(intent_id, payloads.cancellation())
        )

    def create_refund(self, request: RefundRequest) -> Answer:
        """Give money back, or get the answer of the first time again."""
        return self._call(
            "create refund",
            lambda api: api.v1.refunds.create(payloads.refund(request), {"idempotency_key": request.reference}),
        )

    def retrieve_refund(self, refund_id: str) -> Answer:
        """Get a refund as it is now."""
        return self._call("retrieve refund", lambda api: api.v1.refunds.retrieve(refund_id))

    def list_refunds(
        self, *, intent_id: str | None = None, charge: str | None = None, after: str | None = None
    ) -> Answer:
        """Get a page of an intent's or a charge's refunds, newest first."""
        asked = payloads.refunds(intent_id=intent_id, charge=charge, after=after)
        return self._call("list refunds", lambda api: api.v1.refunds.list(asked))

    def retrieve_charge(self, charge: str) -> Answer:
        """Get a charge as it is now."""
        return self._call("retrieve charge", lambda api: api.v1.charges.retrieve(charge))

    def list_disputes(self, charge: str) -> Answer:
        """Get a charge's disputes, newest first."""
        return self._call("list disputes", lambda api: api.v1.disputes.list(payloads.disputes(charge)))

    def _call(self, operation: str, ask: Callable[[StripeClient], Any]) -> Answer:
        client = self._client()
        try:
            answer = _read(ask(client).last_response)
        except StripeError as error:
            answer = _read_error(error)
        except NotSent as error:
            logger.warning("stripe %s was not sent: %s", operation, error.code)
            raise
        except NoAnswer as error:
            logger.warning("stripe %s got no answer: %s", operation, error.detail)
            raise
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            # The SDK makes objects of what Stripe sent, and trips over what is none.
            logger.warning("stripe %s got an answer that is no object: %s", operation, type(error).__name__)
            raise NoAnswer("unreadable answer") from error
        logger.info("stripe %s answered %s", operation, answer.label)
        return answer

    def _client(self) -> StripeClient:
        secret = self._current_keys().secret
        if self._used is None or self._used[0] != secret:
            client = StripeClient(
                secret,
                base_addresses={"api": self._config.api_base.rstrip("/")},
                max_network_retries=NETWORK_RETRIES,
                http_client=self._http,
            )
            self._used = (secret, client)
        return self._used[1]

    def _current_keys(self) -> StripeKeys:
        try:
            return self._keys()
        except Exception as error:
            # Whatever keeps the secret from being read, Stripe was asked nothing.
            logger.error("the Stripe keys cannot be read: %s", type(error).__name__)
            raise NotSent("no keys") from error


def _read(response: stripe.StripeResponse | None) -> Answer:
    if response is None or not isinstance(response.data, dict):
        raise NoAnswer("unreadable answer")
    return Answer(response.code, response.data)


def _read_error(error: StripeError) -> Answer:
    if error.http_status is None:
        raise NoAnswer(type(error).__name__) from error
    body = error.json_body if isinstance(error.json_body, dict) else {}
    return Answer(error.http_status, body)
