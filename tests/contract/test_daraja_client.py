"""A dead token costs one retry and no second charge; nothing secret or personal is shown."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from commerce.payments.port import Paid, Pending, Prompted, References, RefundUnknown, Refused
from commerce.payments.providers.daraja.client import TOKEN_PATH
from commerce.payments.providers.daraja.provider import DarajaProvider
from commerce.payments.providers.daraja.token import Grant
from commerce.payments.providers.daraja.wire import Answer
from tests.contract.daraja.doubles import (
    CHECKOUT,
    CREDENTIALS,
    MERCHANT,
    NOW,
    PHONE,
    MemoryStore,
    Reply,
    Wire,
    client_over,
    error,
    provider_over,
    question,
    refund_request,
    start_request,
)

ACK = {"MerchantRequestID": MERCHANT, "CheckoutRequestID": CHECKOUT, "ResponseCode": "0"}
PAID = {**ACK, "ResultCode": "0"}
REFERENCES = References(MERCHANT, CHECKOUT)


def dead(status: int = 404, code: str = "404.001.03") -> httpx.Response:
    return error(status, code, "Invalid Access Token - token-1")


@pytest.mark.parametrize(("status", "code"), [(404, "404.001.03"), (401, "401.002.01"), (400, "400.003.01")])
def test_a_dead_token_is_replaced_and_the_call_repeated_once(status: int, code: str) -> None:
    wire = Wire(dead(status, code), httpx.Response(200, json=ACK))
    assert provider_over(wire).start(start_request()) == Prompted(REFERENCES)
    assert [call.headers["Authorization"] for call in wire.calls] == ["Bearer token-1", "Bearer token-2"]
    assert wire.calls[0].content == wire.calls[1].content


def test_the_gateway_s_own_401_is_a_dead_token() -> None:
    fault = {"fault": {"faultstring": "Invalid access token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}}
    wire = Wire(httpx.Response(401, json=fault), httpx.Response(200, json=PAID))
    assert provider_over(wire).look_up(question(REFERENCES)) == Paid()


def test_a_token_that_another_worker_has_replaced_is_read_not_fetched() -> None:
    store = MemoryStore()
    wire = Wire(httpx.Response(200, json=PAID), dead(), httpx.Response(200, json=PAID))
    provider = DarajaProvider(client_over(wire, store=store))
    provider.look_up(question(REFERENCES))
    store.write("from another worker", NOW.replace(hour=11))
    assert provider.look_up(question(REFERENCES)) == Paid()
    assert wire.calls[-1].headers["Authorization"] == "Bearer from another worker"
    assert wire.tokens == 1


def test_a_token_that_stays_dead_is_not_chased() -> None:
    wire = Wire(dead(), dead())
    assert provider_over(wire).start(start_request()) == Refused("404.001.03", "provider_unavailable")
    assert len(wire.calls) == 2
    assert isinstance(provider_over(Wire(dead(), dead())).look_up(question(REFERENCES)), Pending)
    assert isinstance(provider_over(Wire(dead(), dead())).refund(refund_request()), RefundUnknown)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (httpx.Response(400), "shop_misconfigured"),
        (httpx.Response(500), "provider_unavailable"),
        (httpx.ReadTimeout("silence"), "provider_unavailable"),
        (httpx.ConnectError("refused"), "provider_unavailable"),
    ],
)
def test_without_a_token_nothing_is_sent(reply: Reply, reason: str) -> None:
    paths = []

    def no_token(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        if isinstance(reply, Exception):
            raise reply
        return reply

    outcome = provider_over(no_token).start(start_request())
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
    assert isinstance(provider_over(no_token).look_up(question(REFERENCES)), Pending)
    assert isinstance(provider_over(no_token).refund(refund_request()), RefundUnknown)
    assert all(path.endswith(TOKEN_PATH) for path in paths)


def test_workers_whose_token_dies_together_end_with_one_living_token() -> None:
    """Each worker is a process of its own here: it shares only the store, and Daraja kills the token before."""
    workers = 6
    store, lock, together = MemoryStore(), threading.Lock(), threading.Barrier(workers)
    living, fetched = ["stolen by a stranger"], []

    def daraja(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(TOKEN_PATH):
            with lock:
                living.append(f"token-{len(living)}")
                fetched.append(living[-1])
                return httpx.Response(200, json={"access_token": living[-1], "expires_in": 3599})
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if token == "killed":
            together.wait(10)
        return httpx.Response(200, json=PAID) if token == living[-1] else dead()

    def until_written(seconds: float) -> None:
        assert store.written.wait(10)

    store.stored = ("killed", NOW.replace(hour=11))
    clients = [client_over(daraja, store=store, pause=until_written) for _ in range(workers)]
    with ThreadPoolExecutor(workers) as threads:
        outcomes = list(threads.map(lambda client: DarajaProvider(client).look_up(question(REFERENCES)), clients))
    assert outcomes == [Paid()] * workers
    assert len(fetched) == 1


SECRETS = [
    "the-key",
    "the-secret",
    "the-passkey",
    "the-initiator",
    "the-credential",
    "token-1",
    "token-2",
    PHONE,
    CHECKOUT,
    "unguessable-token",
    "SKC56QLGS5",
]


def assert_nothing_secret(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize(
    "replies",
    [
        (dead(), httpx.Response(200, json=PAID)),
        (error(401, "401.002.01", "Error Occurred - Invalid Access Token - token-1"), dead()),
        (error(500, "500.001.1001", f"The transaction {CHECKOUT} of {PHONE} is being processed"),),
        (httpx.ReadTimeout(f"while asking about {CHECKOUT}"),),
        (httpx.ConnectError(f"to {PHONE}"),),
        (httpx.Response(502, text=f"<html>{PHONE} {CHECKOUT}</html>"),),
    ],
)
def test_no_log_and_no_outcome_holds_a_secret(replies: tuple[Reply, ...], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        outcomes = [
            provider_over(Wire(*replies)).start(start_request()),
            provider_over(Wire(*replies)).look_up(question(REFERENCES)),
            provider_over(Wire(*replies)).refund(refund_request()),
        ]
    # The references of an accepted push are handed on to be stored; everything else is made of codes.
    assert_nothing_secret(repr([outcome for outcome in outcomes if not isinstance(outcome, Prompted)]))
    assert caplog.records
    assert_nothing_secret(caplog.text)


def test_no_repr_holds_a_secret() -> None:
    client = client_over(Wire(httpx.Response(200, json=PAID)))
    client.query(CHECKOUT)
    shown = [CREDENTIALS, Grant("token-1", 3599), Answer(200, {"access_token": "token-1"}), client, client._tokens]
    assert_nothing_secret(" ".join(repr(thing) for thing in [*shown, client._tokens._held, DarajaProvider(client)]))
