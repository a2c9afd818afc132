"""Over real sockets: what httpx raises when a connection is refused, cut or silent, and what the shop makes of it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from commerce.payments.port import OutcomeUnknown, Pending, Prompted, References, Refused, StartOutcome
from commerce.payments.providers.daraja.client import TOKEN_PATH, DarajaClient
from commerce.payments.providers.daraja.provider import DarajaProvider
from tests.contract.daraja.doubles import (
    CHECKOUT,
    CREDENTIALS,
    MERCHANT,
    NOW,
    PAY_BILL,
    MemoryStore,
    StillClock,
    question,
    start_request,
)


class Daraja(ThreadingHTTPServer):
    """Gives tokens; a push it answers, cuts, or leaves without an answer until the test is over."""

    daemon_threads = True

    def __init__(self, manner: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.manner = manner
        self.over = threading.Event()
        self.pushes = 0


class Handler(BaseHTTPRequestHandler):
    server: Daraja

    def do_GET(self) -> None:
        assert self.path.startswith(TOKEN_PATH)
        self.answer({"access_token": "token-1", "expires_in": "3599"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.pushes += 1
        if self.server.manner == "answers":
            self.answer({"MerchantRequestID": MERCHANT, "CheckoutRequestID": CHECKOUT, "ResponseCode": "0"})
        elif self.server.manner == "cuts the answer":
            self.send_response(200)
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b'{"MerchantRequestID":')
        elif self.server.manner == "is silent":
            self.server.over.wait(10)
        self.close_connection = True

    def answer(self, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def daraja(manner: str) -> Iterator[tuple[Daraja, DarajaProvider]]:
    with Daraja(manner) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with closing(client_to(server.server_address[1])) as client:
                yield server, DarajaProvider(client)
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def client_to(port: int, store: MemoryStore | None = None) -> DarajaClient:
    config = replace(PAY_BILL, base_url=f"http://127.0.0.1:{port}", read_timeout_seconds=0.3)
    return DarajaClient(config, CREDENTIALS, store or MemoryStore(), StillClock())


@pytest.mark.parametrize(
    ("manner", "outcome"),
    [
        ("answers", Prompted(References(MERCHANT, CHECKOUT))),
        ("cuts", OutcomeUnknown("RemoteProtocolError")),
        ("cuts the answer", OutcomeUnknown("RemoteProtocolError")),
        ("is silent", OutcomeUnknown("ReadTimeout")),
    ],
)
def test_a_push_is_sent_once_whatever_the_connection_does(manner: str, outcome: StartOutcome) -> None:
    with daraja(manner) as (server, provider):
        assert provider.start(start_request()) == outcome
        assert server.pushes == 1


def test_a_refused_connection_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    store = MemoryStore(stored=("token-1", NOW.replace(hour=11)))
    with closing(client_to(port, store)) as client:
        provider = DarajaProvider(client)
        assert provider.start(start_request()) == Refused("ConnectError", "provider_unavailable")
        assert provider.look_up(question(References(MERCHANT, CHECKOUT))) == Pending("ConnectError", failed=True)
