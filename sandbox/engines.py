"""DynamoDB engines on this machine, and the template's tables in them, for tests and benchmarks.

ministack is one process of Python; dynoxide (Rust and SQLite, from npm by `make install-engines`) is the second referee
of every claim about concurrency.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.stack.engine import Engine, free_port
from sandbox.stack.template import TABLE, Template

ROOT = Path(__file__).resolve().parents[1]
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
def dynoxide() -> Iterator[str]:
    """Run dynoxide; yield its URL.

    Raises:
        FileNotFoundError: npm has not brought it.
    """
    port = free_port()
    arguments = [str(DYNOXIDE), "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def has_dynoxide() -> bool:
    """Whether `make install-engines` has brought it."""
    return DYNOXIDE.exists()


@cache
def table_definitions() -> dict[str, dict[str, Any]]:
    """What the template says of each table's keys and indexes, for CreateTable, by the shop's own names."""
    tables = Template.read(ROOT / "template.yaml").resources(TABLE)
    return {
        name.removesuffix("Table").lower(): {key: properties[key] for key in _CREATABLE if key in properties}
        for name, properties in tables
    }


def create_tables(client: Any, prefix: str) -> dict[str, str]:
    """Make the template's tables; return their names by the shop's own."""
    names = {table: prefix + table for table in table_definitions()}
    for table, properties in table_definitions().items():
        client.create_table(TableName=names[table], **properties)
    return names


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("dynoxide did not start")
