"""The running shop, how its functions are called, and what a call of one does."""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp

from commerce.payments.links import Purpose
from commerce.payments.messages import CheckMessage
from commerce.runtime import aws, wiring
from commerce.runtime.secrets import callback_links
from sandbox.bench import engines
from sandbox.bench.calls import Calls, watched
from sandbox.bench.daraja import StubDaraja
from sandbox.bench.events import Event, load
from sandbox.bench.meter import UnitMeter, Units
from sandbox.bench.stripe import StubStripe
from sandbox.stack.engine import REGION

#: A typical order: two lines of one unit each, goods of the sample shop, with their stock's buckets.
LINES = (("LAP-T480-16-512", 4), ("LAP-XPS13-8-256", 1))
_buyers = itertools.count()
SERVICES = ("sqs", "secretsmanager", "events", "sesv2", "s3", "kms")


class BenchClock:
    """The machine's clock, moved ahead by as much as a section needs.

    It starts at the next six in the morning UTC: wherever a run begins, no day of the shop's ends in its midst.
    """

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.ahead = now.replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=1) - now

    def now(self) -> datetime:
        """Return the moment in UTC."""
        return datetime.now(UTC) + self.ahead


class LogSink(io.StringIO):
    """Counts the bytes that the functions log and names the metrics that CloudWatch makes of them, and drops them."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self.metrics: set[str] = set()

    def write(self, text: str) -> int:
        """Count a piece of a line."""
        self.size += len(text.encode())
        if text.startswith('{"_aws"'):
            self.metrics |= _metrics(json.loads(text))
        return len(text)


def _metrics(line: dict[str, Any]) -> set[str]:
    """Return the metrics of a line in the embedded metric format: each name under each set of dimensions is one."""
    return {
        " ".join([metric["Name"], *(f"{name}={line[name]}" for name in dimensions)])
        for told in line["_aws"]["CloudWatchMetrics"]
        for metric in told["Metrics"]
        for dimensions in told["Dimensions"]
    }


@dataclass
class Measured:
    """What one call of a function did."""

    answer: Any
    calls: Calls
    units: Units
    log_bytes: int
    milliseconds: float
    metrics: frozenset[str]


#: Runs a flow: its name, its function, its event.
Run = Callable[[str, str, Event], Measured]


@dataclass
class World:
    """The running shop, and how its functions are called."""

    engine: str
    client: Any
    tables: dict[str, str]
    clock: BenchClock
    daraja: StubDaraja
    stripe: StubStripe
    log: LogSink = field(default_factory=LogSink)
    #: The authenticator app of whoever works in the shop, once they have enrolled it.
    app: pyotp.TOTP | None = None

    def handler(self, function: str) -> Any:
        """Return a function's handler; its loggers write to the sink."""
        with contextlib.redirect_stdout(self.log):
            return importlib.import_module(f"functions.{function}.app").lambda_handler

    def call(self, function: str, event: Event) -> Any:
        """Call a function; an HTTP answer that is no success is an error."""
        handler = self.handler(function)
        with contextlib.redirect_stdout(self.log):
            answer = handler(event, Context())
        if isinstance(answer, dict) and (answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures")):
            raise RuntimeError(f"{function} answered {answer}")
        return answer

    def measure(self, function: str, event: Event) -> Measured:
        """Call a function and count what it sends, what that costs, and what it logs."""
        calls = Calls()
        names = {physical: name for name, physical in self.tables.items()}
        meter = UnitMeter(self.client, names, engines.table_keys(), engines.table_indexes())
        clients = [wiring.database().connection.client, *(aws.client(service) for service in SERVICES)]
        logged, self.log.metrics = self.log.size, set()
        stands = (self.daraja.stand, self.stripe.stand)
        for stand in stands:
            stand.on_call = calls.note
        with watched(clients, calls, meter):
            started = time.perf_counter()
            answer = self.call(function, event)
            took = time.perf_counter() - started
        for stand in stands:
            stand.on_call = lambda name: None
        logged = self.log.size - logged
        return Measured(answer, calls, meter.units, logged, took * 1000, frozenset(self.log.metrics))

    def checkout_event(self, key: str | None = None, case: str = "place_order", **more: Any) -> Event:
        """Return the request of a two-line order under a new Idempotency-Key; `more` replaces members of its body."""
        event = load("start_checkout", case)
        event["headers"]["idempotency-key"] = key or str(uuid.uuid4())
        # Each from an address of its own, as honest buyers come.
        buyer = next(_buyers)
        event["requestContext"]["http"]["sourceIp"] = f"198.51.{buyer // 256 % 256}.{buyer % 256}"
        body = json.loads(event["body"])
        body["items"] = [{"sku": sku, "quantity": 1} for sku, _ in LINES]
        event["body"] = json.dumps(body | more, separators=(",", ":"))
        return event

    def card_event(self, key: str | None = None) -> Event:
        """Return the same, to be paid by card."""
        return self.checkout_event(key, payment={"method": "card"})

    def place(self, event: Event | None = None) -> str:
        """Place an order, by M-Pesa unless the event says otherwise; return its number."""
        return order_number(self.call("start_checkout", event or self.checkout_event()))

    def enrol(self) -> None:
        """Enrol an authenticator app for whoever sends the staff's requests; a sign-in counts for it ten minutes."""
        enrolled = self.call("serve_staff", _enrolment("", {}))
        self.app = pyotp.TOTP(json.loads(enrolled["body"])["secret"])
        self.call("serve_staff", _enrolment("/confirm", {"code": self.app.at(self.clock.now())}))

    def with_code(self, event: Event) -> Event:
        """Add the second factor's next code to a request of the staff's: each counts once."""
        self.clock.ahead += timedelta(seconds=30)
        if self.app is not None:
            event["headers"]["x-one-time-code"] = self.app.at(self.clock.now())
        return event

    def callback_event(self, number: str, case: str = "paid") -> Event:
        """Return Daraja's callback about an order's first attempt."""
        token = callback_links("").address(Purpose.PAYMENT, number, 1).rsplit("/", 1)[1]
        return load("receive_stk_callback", case, token=token, **self._references(number))

    def claim_event(self, number: str, case: str = "callback_claim") -> Event:
        """Return the queue's message that such a callback led to, claiming exactly what was asked."""
        event = load("verify_payment", case, order_number=number, **self._references(number))
        body = json.loads(event["Records"][0]["body"])
        if body["claim"]["receipt"]:
            body["claim"] |= {"receipt": f"T{number[:9]}", "amount": int(self._attempt(number)["amount"]["N"])}
            event["Records"][0]["body"] = json.dumps(body)
        return event

    def hint_event(self, number: str) -> Event:
        """Return the queue's message that Stripe's event about an order's first attempt led to."""
        event = load("verify_payment", "order_placed", order_number=number)
        event["Records"][0]["body"] = CheckMessage(number, 1, event_id=f"evt_3Sal{number:0>20}").to_json()
        return event

    def bus_event(self, function: str, number: str, kind: str, case: str = "order_placed") -> Event:
        """Return the bus's message of an order's newest event of a kind, in the shape of a function's `case`."""
        row = next(row for row in reversed(self.trail(number)) if row["type"]["S"] == kind)
        event = load(function, case, order_number=number)
        record = event["Records"][0]
        body = json.loads(record["body"])
        told = {
            "id": f"{row['pk']['S']}/{row['sk']['S']}",
            "type": kind,
            "sequence": row["sk"]["S"],
            "data": json.loads(row["data"]["S"]),
        }
        body |= {"detail-type": kind, "detail": {**body["detail"], **told}}
        record["body"] = json.dumps(body)
        return event

    def trail(self, number: str) -> list[dict[str, Any]]:
        """Return the rows of an order's events, oldest first."""
        return self.partition("events", f"order/{number}")

    def partition(self, table: str, key: str) -> list[dict[str, Any]]:
        """Return the rows of a partition; nobody counts this."""
        rows: list[dict[str, Any]] = self.client.query(
            TableName=self.tables[table],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": key}},
            ConsistentRead=True,
        )["Items"]
        return rows

    def _references(self, number: str) -> dict[str, str]:
        attempt = self._attempt(number)
        return {name: attempt[name]["S"] for name in ("request_id", "payment_id")}

    def _attempt(self, number: str) -> dict[str, Any]:
        key = {"pk": {"S": number}, "sk": {"S": "ATTEMPT#01"}}
        item: dict[str, Any] = self.client.get_item(TableName=self.tables["orders"], Key=key)["Item"]
        return item


class Context:
    """What Lambda tells a function about its invocation."""

    function_name = "benchmark"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = f"arn:aws:lambda:{REGION}:000000000000:function:benchmark"
    aws_request_id = "b0c3f1de-7f0e-4a38-8f6e-7d1a1d2f3b4c"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left."""
        return 600_000


def _enrolment(step: str, body: dict[str, str]) -> Event:
    event, path = load("serve_staff", "refund_part", order_number=""), f"/admin/second-factor{step}"
    event["headers"]["idempotency-key"] = f"benchmark{step}"
    event["requestContext"]["http"] |= {"method": "POST", "path": path}
    return event | {"rawPath": path, "routeKey": f"POST {path}", "body": json.dumps(body)}


def order_number(answer: Any) -> str:
    """Return the number of the order that a checkout's answer shows."""
    return str(json.loads(answer["body"])["order"]["number"])


def order_rows(world: World, number: str) -> list[tuple[str, dict[str, Any]]]:
    """Return an order's rows by what they are, events included."""
    own = [(row["sk"]["S"].partition("#")[0].lower(), row) for row in world.partition("orders", number)]
    return own + [(f"event {row['type']['S']}", row) for row in world.trail(number)]
