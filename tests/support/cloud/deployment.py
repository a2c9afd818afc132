"""Puts a shop's parts where its functions look for them, and what they call where a test can reach it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import pytest
from botocore.client import BaseClient
from botocore.session import Session

from commerce.identity import keys
from commerce.kernel.commit import Commit
from commerce.kernel.tables import Database
from commerce.payments.registry import Providers
from commerce.runtime import aws, wiring
from sandbox.engines import table_definitions
from sandbox.stack.engine import REGION
from tests.handlers.world import forget
from tests.support import engines, tokens
from tests.support.cloud.calls import PROVIDER_CALLS
from tests.support.cloud.wire import wire
from tests.support.shop import Shop

#: BatchWriteItem takes no more.
_MOST_WRITES = 25


class Line(Protocol):
    """Carries calls of functions to whoever answers them."""

    def intercept(self, client: Any, operation: str, given: dict[str, Any]) -> Any:
        """Make a call of AWS."""
        ...

    def ask(self, name: str, method: Callable[[Any], Any], argument: Any) -> Any:
        """Ask a provider."""
        ...


@contextmanager
def installed(shop: Shop, line: Line) -> Iterator[None]:
    """Have the functions work with a shop's tables, clock and providers, and make every call through a line."""
    pause: Any = Commit.__init__.__kwdefaults__
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        forget()
        patch.setattr(wiring, "database", lambda: shop.database)
        patch.setattr(wiring, "clock", lambda: shop.clock)
        patch.setattr(wiring, "payment_providers", lambda: Providers.ready(shop.providers()))
        patch.setattr(keys, "fetch_document", tokens.DOCUMENTS.fetch)
        patch.setattr(aws, "session", _clients)
        # Nobody waits here: who else is at work is planned.
        patch.setitem(pause, "pause", lambda _: None)
        patch.setattr(BaseClient, "_make_api_call", _making_calls(line))
        for provider in (shop.provider, shop.card):
            for name in PROVIDER_CALLS:
                patch.setattr(provider, name, _through(line, f"{provider.name}:{name}", getattr(provider, name)))
        yield
    forget()


def _making_calls(line: Line) -> Callable[[Any, str, dict[str, Any]], Any]:
    # A function, so that it becomes a method of every client: of those too by which another thread keeps a local stack.
    real, ours = BaseClient._make_api_call, threading.get_ident()  # type: ignore[attr-defined]

    def call(client: Any, operation: str, given: dict[str, Any]) -> Any:
        if threading.get_ident() != ours:
            return real(client, operation, given)
        return line.intercept(client, operation, given)

    return call


def _through(line: Line, name: str, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda argument: line.ask(name, method, argument)


class _Clients:
    """Makes each service's client once: nothing that it holds is used here but its operations' names."""

    def __init__(self) -> None:
        self._session = Session()
        self._session.set_credentials("test", "test")
        self._made: dict[str, Any] = {}

    def create_client(self, service: str, config: Any) -> Any:
        """Return the client of a service."""
        if service not in self._made:
            self._made[service] = self._session.create_client(service, region_name=REGION, config=config)
        return self._made[service]


@cache
def _clients() -> _Clients:
    return _Clients()


@cache
def _tables(url: str) -> Database:
    return engines.fresh_database(url)


def emptied_tables(url: str) -> Database:
    """Return this process's tables of an engine, empty: making new ones takes ten times as long."""
    database = _tables(url)
    found = [
        {database._names[table]: key}
        for table in table_definitions()
        for key in _keys(url, database._names[table], table)
    ]
    for start in range(0, len(found), _MOST_WRITES):
        _delete(url, found[start : start + _MOST_WRITES])
    return database


def _keys(url: str, name: str, table: str) -> Iterator[dict[str, Any]]:
    keys = [key["AttributeName"] for key in table_definitions()[table]["KeySchema"]]
    start: dict[str, Any] = {}
    while True:
        page = wire(url).call("Scan", {"TableName": name, "ConsistentRead": True, **start})
        yield from ({key: item[key] for key in keys} for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _delete(url: str, group: Sequence[dict[str, dict[str, Any]]]) -> None:
    requests: dict[str, list[Any]] = {}
    for one in group:
        for name, key in one.items():
            requests.setdefault(name, []).append({"DeleteRequest": {"Key": key}})
    answer = wire(url).call("BatchWriteItem", {"RequestItems": requests})
    assert not answer.get("UnprocessedItems"), "an engine of this machine leaves nothing undone"
