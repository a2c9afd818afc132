"""Fresh tables for each test, on the engines of a whole test run."""

from __future__ import annotations

import itertools
import os
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.loaders import Loader
from pynamodb.connection import Connection

from commerce.kernel.tables import Database
from sandbox.engines import create_tables
from sandbox.stack.engine import CREDENTIALS, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_prefixes = itertools.count()
_loader = Loader()


def fresh_database(url: str) -> Database:
    """Make the template's tables under new names and return the shop's view of them."""
    names = create_tables(_client(url), f"t{os.getpid()}-{next(_prefixes)}-")
    database = Database(names, region=REGION, host=url)
    _use_test_credentials(database.connection)
    return database


@cache
def _client(url: str) -> DynamoDBClient:
    return boto3.client("dynamodb", endpoint_url=url, region_name=REGION, **CREDENTIALS)  # type: ignore[call-overload, no-any-return]


def _use_test_credentials(connection: Connection) -> None:
    # One loader for all: reading the service's description anew for each test's client costs 0.1 s.
    connection.session.register_component("data_loader", _loader)
    connection.session.set_credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"])
