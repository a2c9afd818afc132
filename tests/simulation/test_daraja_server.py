"""The simulator over a real socket and a real clock: cut connections, callbacks, a clean stop."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from sandbox.daraja import DarajaOptions, create_daraja
from tests.simulation.daraja_world import World, in_loop, magic


@asynccontextmanager
async def serving(options: DarajaOptions) -> AsyncIterator[httpx.AsyncClient]:
    """The application on a free port of 127.0.0.1."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_daraja(options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=10) as client:
            await until(lambda: server.started)
            token = await client.get(
                "/daraja/oauth/v1/generate?grant_type=client_credentials",
                auth=(options.consumer_key, options.consumer_secret),
            )
            client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
            yield client
    finally:
        server.should_exit = True
        await task


async def until(condition: object, seconds: float = 10) -> None:
    """Poll a condition with a deadline."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def push(client: httpx.AsyncClient, number: int) -> httpx.Response:
    body = World().push_body(magic(number), CallBackURL=f"{client.base_url}/nowhere")
    return await client.post("/daraja/mpesa/stkpush/v1/processrequest", json=body)


@in_loop
async def test_a_lost_response_is_a_broken_connection_and_the_money_still_comes() -> None:
    async with serving(DarajaOptions(speed=300)) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await push(client, 10)
        references = (await client.get("/sandbox/daraja/api/ledger")).json()["references"]
        assert references["S-1001"]["paid"] == 1500


@in_loop
async def test_callbacks_are_sent_by_the_real_clock() -> None:
    async with serving(DarajaOptions(speed=300)) as client:
        assert (await push(client, 8)).status_code == 200
        entries: list[dict[str, object]] = []
        deadline = time.monotonic() + 10
        while len(entries) < 3 or any(entry["status"] is None for entry in entries):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
            entries = (await client.get("/sandbox/daraja/api/seen?direction=callback")).json()["items"]
        assert [entry["status"] for entry in entries] == [404] * 3


@in_loop
async def test_a_reset_lets_held_answers_go_and_the_server_stops_with_late_money_waiting() -> None:
    began = time.monotonic()
    async with serving(DarajaOptions(speed=1)) as client:
        await push(client, 11)
        held = asyncio.create_task(push(client, 10))
        while len((await client.get("/sandbox/daraja/api/pushes")).json()["items"]) < 2:
            await asyncio.sleep(0.01)
        await client.post("/sandbox/daraja/api/reset", json={})
        with pytest.raises(httpx.RemoteProtocolError):
            await held
    assert time.monotonic() - began < 8
