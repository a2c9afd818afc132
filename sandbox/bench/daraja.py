"""A Daraja that answers at once, over real HTTP: it grants tokens, takes every push, and says what became of one."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.stack.engine import free_port

TOKEN, PUSH, QUERY = "/oauth/v1/generate", "/mpesa/stkpush/v1/processrequest", "/mpesa/stkpushquery/v1/query"
PAID, NO_ANSWER = "0", "1037"


@dataclass
class StubDaraja:
    """What it was asked, and what it will say: `outcome` is the ResultCode of every later query."""

    port: int
    outcome: str = PAID
    on_call: Callable[[str], None] = lambda name: None
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _merchants: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        """Return the body of an answer to a request."""
        name = {TOKEN: "token", PUSH: "push", QUERY: "query"}[path.partition("?")[0]]
        self.on_call(name)
        if name == "token":
            return {"access_token": "benchmark", "expires_in": "3599"}
        if name == "push":
            number = next(self._ids)
            # As long as the real ones are: the size of the attempt's row depends on it.
            checkout = f"ws_CO_221120261200{number:06d}254712345678"
            self._merchants[checkout] = f"29115-34620561-{number}"
            return {**self._names(checkout), "ResponseDescription": "Success. Request accepted for processing"}
        named = self._names(request["CheckoutRequestID"])
        return {**named, "ResultCode": self.outcome, "ResultDesc": "as the benchmark says"}

    def _names(self, checkout: str) -> dict[str, str]:
        return {"ResponseCode": "0", "CheckoutRequestID": checkout, "MerchantRequestID": self._merchants[checkout]}


@contextmanager
def stub_daraja() -> Iterator[StubDaraja]:
    """Run one in a thread of this process."""
    stub = StubDaraja(free_port())
    server = ThreadingHTTPServer(("127.0.0.1", stub.port), _handler(stub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="stub-daraja")
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(stub: StubDaraja) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

        def _reply(self, request: dict[str, Any]) -> None:
            body = json.dumps(stub.answer(self.path, request)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
