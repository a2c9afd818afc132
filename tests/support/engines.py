"""The two DynamoDB engines that concurrency claims are tried on, one server of each for a whole test run."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.loaders import Loader
from pynamodb.connection import Connection

from commerce.kernel.tables import Database
from sandbox.stack.engine import CREDENTIALS, REGION, Engine, free_port
from sandbox.stack.template import TABLE, Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).resolve().parents[2]
DYNOXIDE = ROOT / ".local" / "engines" / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
_prefixes = itertools.count()
_loader = Loader()


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
    """Run dynoxide; yield its URL."""
    port = free_port()
    process = subprocess.Popen(
        [str(DYNOXIDE), "--port", str(port), "--host", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def has_dynoxide() -> bool:
    """Whether `make install-engines` has run (it needs npm)."""
    return DYNOXIDE.exists() or shutil.which("dynoxide") is not None


def fresh_database(url: str) -> Database:
    """Make the template's tables under new names and return the shop's view of them."""
    prefix = f"t{os.getpid()}-{next(_prefixes)}-"
    client = _client(url)
    names: dict[str, str] = {}
    for table, properties in table_definitions().items():
        names[table] = prefix + table
        client.create_table(TableName=names[table], **properties)
    database = Database(names, region=REGION, host=url)
    _use_test_credentials(database.connection)
    return database


@cache
def _client(url: str) -> DynamoDBClient:
    return boto3.client("dynamodb", endpoint_url=url, region_name=REGION, **CREDENTIALS)  # type: ignore[call-overload, no-any-return]


@cache
def table_definitions() -> dict[str, dict[str, Any]]:
    """What the template says of each table's keys and indexes, for CreateTable."""
    tables = Template.read(ROOT / "template.yaml").resources(TABLE)
    return {name.removesuffix("Table").lower(): _creatable(properties) for name, properties in tables}


def _creatable(properties: dict[str, Any]) -> dict[str, Any]:
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in wanted if name in properties}


def _use_test_credentials(connection: Connection) -> None:
    # One loader for all: reading the service's description anew for each test's client costs 0.1 s.
    connection.session.register_component("data_loader", _loader)
    connection.session.set_credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError("dynoxide did not start")
