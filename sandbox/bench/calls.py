"""Counts what goes over the wire: every HTTP request that botocore sends, by hooks on the real clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
#: Who takes the money.
PROVIDERS = ("daraja", "stripe")


class Meter(Protocol):
    """Works out what a call to DynamoDB costs."""

    def before(self, operation: str, parameters: dict[str, Any]) -> None:
        """See the call's parameters before it is sent; may ask for more in the answer."""
        ...

    def after(self, operation: str, answer: dict[str, Any]) -> None:
        """See its answer."""
        ...


@dataclass
class Calls:
    """What was sent, in order, as ``dynamodb:Query``, ``sqs:SendMessage`` or ``daraja:push``."""

    sent: list[str] = field(default_factory=list)

    def note(self, name: str) -> None:
        """Add one request."""
        self.sent.append(name)

    @property
    def reads(self) -> int:
        """Round trips to DynamoDB that read."""
        return sum(name.removeprefix("dynamodb:") in READS for name in self.sent)

    @property
    def writes(self) -> int:
        """Round trips to DynamoDB that write."""
        return sum(name.removeprefix("dynamodb:") in WRITES for name in self.sent)

    def of(self, service: str) -> int:
        """Round trips to one service."""
        return sum(name.startswith(f"{service}:") for name in self.sent)

    @property
    def providers(self) -> int:
        """Round trips to payment providers."""
        return sum(self.of(name) for name in PROVIDERS)

    @property
    def others(self) -> int:
        """Round trips to AWS's other services."""
        return len(self.sent) - self.reads - self.writes - self.providers

    def text(self) -> str:
        """The requests in order; a run of the same one is written once with its number."""
        runs = [(name.removeprefix("dynamodb:"), len(list(run))) for name, run in groupby(self.sent)]
        return ", ".join(f"{name} x{count}" if count > 1 else name for name, count in runs) or "none"


@contextmanager
def watched(clients: list[Any], calls: Calls, meter: Meter | None = None) -> Iterator[None]:
    """Count what these clients send meanwhile; with a meter, what DynamoDB bills for it."""

    def sent(event_name: str, **_: Any) -> None:
        service, operation = event_name.split(".")[1:]
        calls.note(f"{service}:{operation}")

    def before(params: dict[str, Any], model: Any, **_: Any) -> None:
        if meter:
            meter.before(model.name, params)

    def after(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if meter:
            meter.after(model.name, parsed)

    hooks: list[tuple[str, Callable[..., None]]] = [
        ("before-send", sent),
        ("before-parameter-build.dynamodb", before),
        ("after-call.dynamodb", after),
    ]
    for client in clients:
        for event, hook in hooks:
            client.meta.events.register(event, hook)
    try:
        yield
    finally:
        for client in clients:
            for event, hook in hooks:
                client.meta.events.unregister(event, hook)
