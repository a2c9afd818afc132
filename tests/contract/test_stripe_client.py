"""How calls to Stripe travel: time-outs, second tries, keys, and what may be logged."""

from __future__ import annotations

import importlib
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

import commerce.runtime
from commerce.payments.port import OutcomeUnknown, Pending, Prompted, Refused
from commerce.payments.providers.stripe.client import StripeApi
from commerce.payments.providers.stripe.config import API_BASE, LONGEST_TIMEOUT_SECONDS, StripeConfig, StripeKeys
from commerce.payments.providers.stripe.failures import NoAnswer, NotSent
from commerce.payments.providers.stripe.provider import StripeProvider
from commerce.payments.providers.stripe.registration import build
from commerce.payments.providers.stripe.transport import Transport
from commerce.payments.registry import ProviderContext
from tests.contract.stripe.doubles import (
    CONFIG,
    INTENT,
    KEYS,
    SECRET,
    Reply,
    Wire,
    api_over,
    failure,
    intent,
    look_up_request,
    ok,
    start_request,
)

FUNCTION_SECONDS = 29


class Clock:
    """Seconds that pass while Stripe answers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.paused: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds


def carried(clock: Clock, handler: Callable[[httpx.Request], httpx.Response], tries: int = 1) -> Any:
    transport = Transport(CONFIG, transport=httpx.MockTransport(handler), pause=clock.pause, elapsed=clock)
    return transport.request_with_retries("post", "https://stripe.test/v1/x", {"K": "v"}, "a=b", tries)


@pytest.mark.parametrize(
    ("first", "tries"),
    [
        (httpx.Response(500), 2),
        (httpx.Response(503), 2),
        (httpx.Response(409), 2),
        (httpx.ConnectError("refused"), 2),
        (httpx.ConnectTimeout("slow"), 2),
        (httpx.Response(400, headers={"Stripe-Should-Retry": "true"}), 2),
        (httpx.Response(500, headers={"Stripe-Should-Retry": "false"}), 1),
        (httpx.Response(400), 1),
        (httpx.Response(402), 1),
        (httpx.Response(429), 1),
        (httpx.Response(200), 1),
    ],
)
def test_what_is_tried_again_and_how_often(first: Reply, tries: int) -> None:
    clock, wire = Clock(), Wire(first, httpx.Response(200, text="done"))
    _, status, _ = carried(clock, wire)
    assert len(wire.calls) == tries
    assert len(clock.paused) == tries - 1
    assert status == (200 if tries == 2 else getattr(first, "status_code", 0))
    assert {call.content for call in wire.calls} == {b"a=b"}


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), httpx.WriteError("cut")]
)
def test_what_may_have_been_taken_is_not_tried_again(error: Exception) -> None:
    wire = Wire(error)
    with pytest.raises(NoAnswer):
        carried(Clock(), wire)
    assert len(wire.calls) == 1


def test_no_second_try_where_none_is_wanted() -> None:
    wire = Wire(httpx.Response(500))
    assert carried(Clock(), wire, tries=0)[1] == 500


def test_a_second_try_that_is_not_sent_either() -> None:
    with pytest.raises(NotSent, match="ConnectError"):
        carried(Clock(), Wire(httpx.ConnectError("x"), httpx.ConnectError("x")))


@pytest.mark.parametrize(("first_took", "tries"), [(0.0, 2), (4.2, 2), (4.3, 1), (10.0, 1)])
def test_a_call_never_takes_longer_than_it_may(first_took: float, tries: int) -> None:
    clock = Clock()
    given: list[dict[str, float]] = []

    def slow(request: httpx.Request) -> httpx.Response:
        given.append(request.extensions["timeout"])
        clock.now += first_took if len(given) == 1 else given[-1]["read"]
        return httpx.Response(500)

    carried(clock, slow)
    assert len(given) == tries
    assert clock.now <= CONFIG.timeout_seconds
    assert all(one["connect"] == one["write"] == 2.0 for one in given)
    assert given[0]["read"] == 10.0


def test_two_of_the_longest_calls_fit_a_function() -> None:
    assert 2 * StripeConfig(timeout_seconds=LONGEST_TIMEOUT_SECONDS).longest_call_seconds < FUNCTION_SECONDS


@pytest.mark.parametrize("change", [{"api_base": "api.stripe.com"}, {"timeout_seconds": 0}, {"timeout_seconds": 10.1}])
def test_a_configuration_that_cannot_work_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Stripe"):
        StripeConfig(**change)


def test_a_second_try_keeps_the_key() -> None:
    wire = Wire(failure(500, "api_error"), ok(intent()))
    answer = api_over(wire).create_intent(start_request())
    assert answer.good
    assert wire.keys() == ["7K3M9QXW2A-1", "7K3M9QXW2A-1"]
    wire = Wire(failure(500, "api_error"), ok(intent("canceled")))
    api_over(wire).cancel_intent(INTENT)
    first, second = wire.keys()
    assert first == second


def test_a_rolled_key_is_used_at_once() -> None:
    rolled = iter([KEYS, KEYS, StripeKeys("sk_test_the_next", "pk_test_the_next")])
    wire = Wire(*[ok(intent()) for _ in range(3)])
    api = api_over(wire, keys=lambda: next(rolled))
    for _ in range(3):
        api.retrieve_intent(INTENT)
    used = [call.headers["Authorization"].removeprefix("Bearer sk_test_the_") for call in wire.calls]
    assert used == ["secret", "secret", "next"]


def test_without_keys_nothing_is_sent() -> None:
    def lost() -> StripeKeys:
        raise OSError("Secrets Manager is away")

    provider = StripeProvider(api_over(Wire(), keys=lost))
    assert provider.start(start_request()) == Refused("no keys", "provider_unavailable")
    assert provider.look_up(look_up_request()) == Pending("no keys", failed=True)


def test_it_is_built_from_settings_and_the_secret() -> None:
    asked: list[str] = []

    def secret(name: str) -> dict[str, str]:
        asked.append(name)
        return {"secret_key": "sk_1", "publishable_key": "pk_1", "webhook_secrets": "whsec_1"}

    context = ProviderContext({"STRIPE_SECRET_ID": "salama/stripe"}, None, None, secret)  # type: ignore[arg-type]
    provider = build(context)
    assert provider._client._config == StripeConfig(API_BASE, 10.0)
    assert provider._client.publishable_key == "pk_1"
    assert asked == ["salama/stripe"]
    sandbox = {"STRIPE_SECRET_ID": "x", "STRIPE_API_BASE": "http://127.0.0.1:1/stripe", "STRIPE_TIMEOUT_SECONDS": "4"}
    config = build(ProviderContext(sandbox, None, None, secret))._client._config  # type: ignore[arg-type]
    assert config == StripeConfig("http://127.0.0.1:1/stripe", 4.0)


def test_nothing_private_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = api_over(Wire(ok(intent()), failure(400, "invalid_request_error", "odd\ncode"), httpx.ReadTimeout("x")))
    # What every function starts with.
    importlib.reload(commerce.runtime)
    api.create_intent(start_request())
    api.retrieve_intent(INTENT)
    with pytest.raises(NoAnswer):
        api.retrieve_intent(INTENT)
    lines = [f"{record.name} {record.getMessage()} {record.args}" for record in caplog.records]
    assert "stripe retrieve intent answered HTTP 400 oddcode" in "\n".join(lines)
    for private in ("sk_test", SECRET, INTENT, "words for people", "wanjiku", "120000"):
        assert not any(private in line for line in lines), private


class Script(socketserver.BaseRequestHandler):
    """Does to a connection what the server's script says next."""

    def handle(self) -> None:
        act = self.server.script.pop(0)  # type: ignore[attr-defined]
        self.request.recv(65_536)
        if act is not None:
            self.request.sendall(act)


@contextmanager
def serving(*script: bytes | None) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Script) as server:
        server.daemon_threads = True
        server.script = list(script)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/stripe"
        finally:
            server.shutdown()
            thread.join()


def http(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


def over_sockets(base: str) -> StripeProvider:
    return StripeProvider(StripeApi(StripeConfig(base), lambda: KEYS, pause=lambda seconds: None))


def test_over_real_sockets() -> None:
    whole = http(httpx.Response(200, json=intent()).content)
    with serving(whole) as base:
        assert isinstance(over_sockets(base).start(start_request()), Prompted)
    with serving(None) as base:
        assert over_sockets(base).start(start_request()) == OutcomeUnknown("RemoteProtocolError")
    with serving(whole[: len(whole) // 2]) as base:
        assert over_sockets(base).start(start_request()) == OutcomeUnknown("RemoteProtocolError")
    with serving(http(b"<html>", b"502 Bad Gateway"), whole) as base:
        assert isinstance(over_sockets(base).start(start_request()), Prompted), "the second try"
    assert over_sockets(base).start(start_request()) == Refused("ConnectError", "provider_unavailable"), "gone"
