"""The engines that the figures are taken on: dynoxide for the tables where npm installed it, ministack for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from sandbox import engines
from sandbox.bench.capacity import Index
from sandbox.stack.engine import CREDENTIALS, REGION


@contextmanager
def dynoxide(otherwise: str) -> Iterator[tuple[str, str]]:
    """Run dynoxide; yield the engine's name and URL, which are those of `otherwise` (a ministack) without npm."""
    if not engines.has_dynoxide():
        yield "ministack", otherwise
        return
    with engines.dynoxide() as url:
        yield "dynoxide", url


def table_client(url: str) -> Any:
    """Return a client of its own, whose calls nobody counts."""
    config = Config(max_pool_connections=4, retries={"total_max_attempts": 2})
    return boto3.client("dynamodb", endpoint_url=url, region_name=REGION, config=config, **CREDENTIALS)  # type: ignore[call-overload]


def table_keys() -> dict[str, tuple[str, ...]]:
    """Return the key attributes of each table, by the shop's own names."""
    return {name: _key(properties) for name, properties in engines.table_definitions().items()}


def table_indexes() -> dict[str, list[Index]]:
    """Return the indexes of each table, by the shop's own names."""
    return {
        name: [
            Index(_key(index), index["Projection"]["ProjectionType"] == "ALL")
            for index in properties.get("GlobalSecondaryIndexes", [])
        ]
        for name, properties in engines.table_definitions().items()
    }


def _key(properties: dict[str, Any]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in properties["KeySchema"])
