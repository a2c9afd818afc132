"""Fresh tables for each test, on the engines of a whole test run."""

from __future__ import annotations

import itertools
import os
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.loaders import Loader
from botocore.session import Session
from pynamodb.connection import Connection

from commerce.kernel.tables import Database
from sandbox.engines import create_tables
from sandbox.stack.engine import CREDENTIALS, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_prefixes = itertools.count()
_loader = Loader()
_AWS = re.compile(r"https://dynamodb\.([a-z0-9-]+)\.amazonaws\.com")


@dataclass(frozen=True)
class Account:
    """Where an engine is, and who calls it: ministack and dynoxide take any credentials."""

    region: str
    credentials: dict[str, Any]


_LOCAL = Account(REGION, dict(CREDENTIALS))
_elsewhere: dict[str, Account] = {}


def use_elsewhere(url: str) -> None:
    """Have a DynamoDB that is no engine of this run called with the credentials of whoever runs the tests.

    AWS's own is told by its address, and so is its region; anything else (DynamoDB Local, another engine) takes the
    credentials that are at hand, or those of tests.
    """
    session = Session()
    found = session.get_credentials()
    aws = _AWS.fullmatch(url)
    if aws and found is None:
        raise ValueError(f"{url} wants credentials of AWS, and there are none")
    frozen = found.get_frozen_credentials() if found else None
    own = (
        {
            "aws_access_key_id": frozen.access_key,
            "aws_secret_access_key": frozen.secret_key,
            "aws_session_token": frozen.token,
        }
        if frozen
        else dict(CREDENTIALS)
    )
    _elsewhere[url] = Account(aws[1] if aws else str(session.get_config_variable("region") or REGION), own)


def fresh_database(url: str) -> Database:
    """Make the template's tables under new names and return the shop's view of them."""
    account = _elsewhere.get(url, _LOCAL)
    # Elsewhere outlives this run, and keeps what a run that was cut short left behind.
    run = uuid.uuid4().hex[:8] if url in _elsewhere else os.getpid()
    names = create_tables(_client(url), f"t{run}-{next(_prefixes)}-")
    if url in _elsewhere:
        _each(names, lambda name: _client(url).get_waiter("table_exists").wait(TableName=name))
    database = Database(names, region=account.region, host=url)
    _use_credentials(database.connection, account)
    return database


def drop_elsewhere(database: Database, url: str) -> None:
    """Delete tables that are not on an engine of this run; the engines themselves end with it."""
    if url in _elsewhere:
        _each(database._names, lambda name: _client(url).delete_table(TableName=name))


def _each(names: Any, act: Any) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(act, names.values()))


@cache
def _client(url: str) -> DynamoDBClient:
    account = _elsewhere.get(url, _LOCAL)
    return boto3.client("dynamodb", endpoint_url=url, region_name=account.region, **account.credentials)


def _use_credentials(connection: Connection, account: Account) -> None:
    # One loader for all: reading the service's description anew for each test's client costs 0.1 s.
    connection.session.register_component("data_loader", _loader)
    connection.session.set_credentials(*account.credentials.values())
