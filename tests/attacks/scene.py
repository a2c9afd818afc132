"""A shop with something to steal, behind the in-process gateway, and what is looked at after each attack."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from commerce.payments.port import Paid
from commerce.runtime import security
from sandbox.stack.template import Template
from tests.handlers.staff_calls import on_the_board
from tests.handlers.world import World, running
from tests.support.gateway import Gateway, Headers, Reply
from tests.support.parcels import ship, track
from tests.support.reviews import order_of
from tests.support.vouchers import give_credit, publish, voucher

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Template.read(ROOT / "template.yaml")
#: Who else is a customer here; nothing of theirs may be seen by anybody but them and the staff.
VICTIM = {"name": "Zawadi Njeri", "email": "zawadi.njeri@example.com", "phone": "0722 000 222"}
#: What no answer to a stranger holds: other people's data, and what the shop is made of.
PRIVATE = re.compile(
    r"Zawadi|zawadi\.njeri|722000222|Traceback|File \"/|\.py\b|arn:aws|amazonaws|dynamodb|botocore|pynamodb|pydantic"
    r"|errorMessage|stackTrace|ConditionalCheck|ValidationException|t\d+-\d+-(?:orders|events|guards)"
    r"|sk_test_x|whsec_|consumer-secret|test-key|pass-key",
    re.IGNORECASE,
)
#: Tables that an attack may leave a mark in: counters of limits and nonces, and the record of the attack itself.
MARKED = frozenset({"guards", "security"})
Rows = dict[str, Counter[str]]


@dataclass
class Scene:
    """The world, its front, and who is in it."""

    world: World
    gateway: Gateway
    mine: str
    """Number of an order of Wanjiku's, which has been delivered."""
    theirs: str
    """Number of the victim's order, which is paid."""
    open: str
    """Number of an order of Wanjiku's that waits for its payment."""
    credit: str
    """Code of a store credit of somebody's."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Security events since `forget` was called."""
    written: list[str] = field(default_factory=list)
    """Tables and queues that were written to meanwhile, apart from those that attacks may leave a mark in."""

    def ask(self, method: str, target: str, *, headers: Headers = (), body: bytes = b"", **more: Any) -> Reply:
        """Send a request as it stands."""
        return self.gateway.ask(method, target, headers=headers, body=body, **more)

    def send(self, method: str, target: str, content: Any, *, headers: Headers = (), **more: Any) -> Reply:
        """Send JSON."""
        together = [("content-type", "application/json"), *headers]
        return self.ask(method, target, headers=together, body=json.dumps(content).encode(), **more)

    def rows(self) -> Rows:
        """Read everything that is stored, apart from limits and security events."""
        return {
            table: Counter(json.dumps(row, sort_keys=True, default=repr) for row in self._scanned(physical))
            for table, physical in self.world.shop.database._names.items()
            if table not in MARKED
        }

    def _scanned(self, physical: str) -> Iterator[dict[str, Any]]:
        client: Any = self.world.shop.database.connection.client
        start: dict[str, Any] = {}
        while True:
            page = client.scan(TableName=physical, ConsistentRead=True, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def forget(self) -> None:
        """Start noting security events anew; a flood of earlier ones leaves none of the next out."""
        self.told.clear()
        self.written.clear()
        security._told.clear()

    @property
    def kinds(self) -> list[str]:
        """The kinds of the security events since."""
        return [fact["kind"] for fact in self.told]


@contextmanager
def staged(url: str) -> Iterator[Scene]:
    """Make a shop on a ministack: products, orders in each state, codes, and a board for the staff."""
    with running(url) as world, pytest.MonkeyPatch.context() as patch:
        shop = world.shop
        for sku, stock in (("THING-1", 10_000), ("THING-2", 10_000), ("LAST-ONE", 1)):
            shop.sell(sku, stock=stock)
        publish(shop.database, shop.clock, voucher())
        shop.provider.on_look_up = lambda _: Paid()
        theirs = shop.order("theirs", ("THING-1", 1), customer=VICTIM)
        shop.verify(theirs)
        on_the_board(world, theirs)
        mine = shop.order("mine", ("THING-1", 2), ("THING-2", 1))
        shop.verify(mine)
        ship(shop, mine)
        track(shop, mine, "delivered")
        on_the_board(world, mine)
        shop.provider.on_look_up = None
        waiting = shop.order("open", ("THING-2", 1))
        on_the_board(world, waiting)
        order_of(shop, "reviewable", "THING-1")
        addresses = (f"198.{18 + n // 65_536}.{n // 256 % 256}.{n % 256}" for n in itertools.count())
        gateway = Gateway(TEMPLATE, world.call, sources=addresses)
        scene = Scene(
            world,
            gateway,
            mine.order.number,
            theirs.order.number,
            waiting.order.number,
            give_credit(shop.database, 500_000),
        )
        patch.setattr(security, "_send", lambda fact, body: scene.told.append(fact))
        patch.setattr(BaseClient, "_make_api_call", _noting(scene.written))
        scene.forget()
        yield scene


def _noting(written: list[str]) -> Any:
    """Make botocore's call note what it changed; what was refused changed nothing."""
    original = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer = original(client, operation, parameters)
        written.extend(place for place in _places(operation, parameters) if place not in MARKED)
        return answer

    return noted


def _places(operation: str, parameters: dict[str, Any]) -> Iterator[str]:
    if operation == "TransactWriteItems":
        writes = [(kind, write) for item in parameters["TransactItems"] for kind, write in item.items()]
        yield from (write["TableName"].rsplit("-", 1)[1] for kind, write in writes if kind != "ConditionCheck")
    elif operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        yield parameters["TableName"].rsplit("-", 1)[1]
    elif operation == "BatchWriteItem":
        yield from (table.rsplit("-", 1)[1] for table in parameters["RequestItems"])
    elif operation in {"SendMessage", "SendMessageBatch"}:
        yield parameters["QueueUrl"].rsplit("-", 1)[1]
    elif operation in {"PutEvents", "SendEmail", "PutObject", "DeleteObject"}:
        yield operation
