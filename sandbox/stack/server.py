"""One asyncio server for everything a browser, the shop's functions or a script asks on this machine."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from sandbox.carrier import Carriers, carrier_router
from sandbox.daraja import Daraja, api_router, pages_router
from sandbox.stack.gateway import Gateway
from sandbox.stripe import StripeSimulator, stripe_router

LOGGERS = ("uvicorn.error", "uvicorn.access", "sandbox")


class BusyPort(Exception):
    """Someone else listens on the port; the message says what to do."""


def reserve(port: int) -> socket.socket:
    """A socket that holds the port (0: any free one) on the loopback, not listening yet.

    Raises:
        BusyPort: the port is taken.
    """
    # The protocol is named, or asyncio does not see TCP and leaves Nagle's delay (40 ms an answer) on.
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", port))
    except OSError as error:
        held.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise BusyPort(
            f"port {port} is in use, perhaps by a shop that is already running; "
            f"stop that one, or choose another: make run PORT={port + 1}"
        ) from error
    return held


def build_app(
    gateway: Gateway,
    daraja: Daraja,
    stripe: StripeSimulator,
    carriers: Carriers,
    docs: Sequence[BaseRoute],
    pages: Sequence[BaseRoute],
) -> FastAPI:
    """The application: the simulators, then the API, then pages and files in their order."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await daraja.start()
        await stripe.start()
        await carriers.start()
        try:
            yield
        finally:
            await carriers.stop()
            await stripe.stop()
            await daraja.stop()
            await gateway.close()

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["raw_path"].decode("latin-1").removeprefix("/api")
        response = await gateway.answer(request, path)
        await response(scope, receive, send)

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.include_router(api_router(daraja), prefix="/daraja")
    app.include_router(pages_router(daraja))
    app.include_router(stripe_router(stripe))
    app.include_router(carrier_router(carriers))
    # The API's own document is not behind the gateway; every other path under /api is.
    app.router.routes.extend([*docs, Mount("/api", api), *pages])
    return app


class Server:
    """Serves an application on a reserved socket, in a thread of its own.

    Its log is a file: the terminal is for the people who run the shop.
    """

    def __init__(self, app: FastAPI, held: socket.socket, log: Path) -> None:
        self._held = held
        self._handler = logging.FileHandler(log)
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        # No proxy is in front: a client's own X-Forwarded-For says nothing about where it is.
        config = uvicorn.Config(
            app,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            # Longer than any client keeps an idle connection, or the two meet: one closes it while the other asks.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True, name="server")

    def start(self, timeout: float = 20) -> None:
        """Serve, and return once requests are answered.

        Raises:
            RuntimeError: the server did not start; its log says why.
        """
        for name in LOGGERS:
            logger = logging.getLogger(name)
            logger.addHandler(self._handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
        self._thread.start()
        deadline = time.monotonic() + timeout
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start (log: {self._handler.baseFilename})")
            time.sleep(0.02)

    def stop(self) -> None:
        """Finish the requests at hand (two seconds at most) and close the port. Safe to call twice."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._held.close()
        for name in LOGGERS:
            logger = logging.getLogger(name)
            logger.removeHandler(self._handler)
            logger.propagate = True
        self._handler.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._held])
