"""A stand-in for a provider: real HTTP in a thread of this process, answered at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.stack.engine import free_port

#: Given method, path and body, returns the answer's JSON object.
Answers = Callable[[str, str, str], dict[str, Any]]


@dataclass
class Stand:
    """Where a provider answers, and who is told of each of its requests, by name."""

    port: int
    on_call: Callable[[str], None] = lambda name: None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def standing(answers: Callable[[Stand], Answers], name: str) -> Iterator[Stand]:
    """Run a provider; `answers` makes it of its stand."""
    stand = Stand(free_port())
    server = ThreadingHTTPServer(("127.0.0.1", stand.port), _handler(answers(stand)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True, name=name)
    thread.start()
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

        def _reply(self, method: str) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body = json.dumps(answers(method, self.path, asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
