"""The engines that the figures are taken on: dynoxide for the tables where npm installed it, ministack for the rest."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox.bench.capacity import Index
from sandbox.stack.engine import CREDENTIALS, REGION, Engine, free_port
from sandbox.stack.template import TABLE, Template

ROOT = Path(__file__).resolve().parents[2]
DYNOXIDE = ROOT / ".local" / "engines" / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
_CREATABLE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


@contextmanager
def ministack(state: Path) -> Iterator[str]:
    """Run ministack; yield its URL."""
    engine = Engine(state)
    engine.start()
    try:
        yield engine.url
    finally:
        engine.stop()


@contextmanager
def dynoxide(otherwise: str) -> Iterator[tuple[str, str]]:
    """Run dynoxide; yield the engine's name and URL, which are those of `otherwise` (a ministack) without npm."""
    if not DYNOXIDE.exists():
        yield "ministack", otherwise
        return
    port = free_port()
    arguments = [str(DYNOXIDE), "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield "dynoxide", f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def table_client(url: str) -> Any:
    """Return a client of its own, whose calls nobody counts."""
    config = Config(max_pool_connections=4, retries={"total_max_attempts": 2})
    return boto3.client("dynamodb", endpoint_url=url, region_name=REGION, config=config, **CREDENTIALS)  # type: ignore[call-overload]


def create_tables(client: Any, prefix: str) -> dict[str, str]:
    """Make the template's tables; return their names by the shop's own."""
    names: dict[str, str] = {}
    for name, properties in _tables():
        names[name] = prefix + name
        wanted = {key: properties[key] for key in _CREATABLE if key in properties}
        client.create_table(TableName=names[name], **wanted)
    return names


def table_keys() -> dict[str, tuple[str, ...]]:
    """Return the key attributes of each table, by the shop's own names."""
    return {name: _key(properties) for name, properties in _tables()}


def table_indexes() -> dict[str, list[Index]]:
    """Return the indexes of each table, by the shop's own names."""
    return {
        name: [
            Index(_key(index), index["Projection"]["ProjectionType"] == "ALL")
            for index in properties.get("GlobalSecondaryIndexes", [])
        ]
        for name, properties in _tables()
    }


def _tables() -> Iterator[tuple[str, dict[str, Any]]]:
    for table, properties in Template.read(ROOT / "template.yaml").resources(TABLE):
        yield table.removesuffix("Table").lower(), properties


def _key(properties: dict[str, Any]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in properties["KeySchema"])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("dynoxide did not start")
