"""The shop's real functions in this process: real tables, queue, secret and sample goods, and a Daraja that answers."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from commerce.inventory.receive_stock import receive_stock
from commerce.payments.links import Purpose
from commerce.runtime import aws, wiring
from commerce.runtime.secrets import callback_links
from sandbox.bench import engines
from sandbox.bench.calls import Calls, watched
from sandbox.bench.daraja import StubDaraja, stub_daraja
from sandbox.bench.events import Event, load
from sandbox.bench.meter import UnitMeter, Units
from sandbox.engines import create_tables, ministack
from sandbox.seed import seed
from sandbox.stack.engine import CREDENTIALS, REGION

#: A typical order: two lines of one unit each, goods of the sample shop.
LINES = (("LAP-T480-16-512", 4), ("LAP-XPS13-8-256", 1))
PLENTY = 50_000
SERVICES = ("sqs", "secretsmanager", "events", "sesv2")


class BenchClock:
    """The machine's clock, moved ahead by as much as a section needs."""

    ahead = timedelta()

    def now(self) -> datetime:
        """Return the moment in UTC."""
        return datetime.now(UTC) + self.ahead


class LogSink(io.StringIO):
    """Counts the bytes that the functions log, and drops them."""

    size = 0

    def write(self, text: str) -> int:
        """Count a piece of a line."""
        self.size += len(text.encode())
        return len(text)


@dataclass
class Measured:
    """What one call of a function did."""

    answer: Any
    calls: Calls
    units: Units
    log_bytes: int
    milliseconds: float


@dataclass
class World:
    """The running shop, and how its functions are called."""

    engine: str
    client: Any
    tables: dict[str, str]
    clock: BenchClock
    daraja: StubDaraja
    log: LogSink = field(default_factory=LogSink)

    def handler(self, function: str) -> Any:
        """Return a function's handler; its loggers write to the sink."""
        with contextlib.redirect_stdout(self.log):
            return importlib.import_module(f"functions.{function}.app").lambda_handler

    def call(self, function: str, event: Event) -> Any:
        """Call a function; an HTTP answer that is no success is an error."""
        answer = self.handler(function)(event, Context())
        if isinstance(answer, dict) and (answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures")):
            raise RuntimeError(f"{function} answered {answer}")
        return answer

    def measure(self, function: str, event: Event) -> Measured:
        """Call a function and count what it sends, what that costs, and what it logs."""
        calls = Calls()
        names = {physical: name for name, physical in self.tables.items()}
        meter = UnitMeter(self.client, names, engines.table_keys(), engines.table_indexes())
        clients = [wiring.database().connection.client, *(aws.client(service) for service in SERVICES)]
        logged = self.log.size
        self.daraja.on_call = lambda name: calls.note(f"daraja:{name}")
        with watched(clients, calls, meter):
            started = time.perf_counter()
            answer = self.call(function, event)
            took = time.perf_counter() - started
        self.daraja.on_call = lambda name: None
        return Measured(answer, calls, meter.units, self.log.size - logged, took * 1000)

    def checkout_event(self, key: str | None = None, case: str = "place_order") -> Event:
        """Return the request of a two-line order under a new Idempotency-Key."""
        event = load("start_checkout", case)
        event["headers"]["idempotency-key"] = key or str(uuid.uuid4())
        body = json.loads(event["body"])
        body["items"] = [{"sku": sku, "quantity": 1} for sku, _ in LINES]
        event["body"] = json.dumps(body, separators=(",", ":"))
        return event

    def place(self) -> str:
        """Place an order; return its number."""
        answer = self.call("start_checkout", self.checkout_event())
        return str(json.loads(answer["body"])["order"]["number"])

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
        return 50_000


@contextmanager
def running(state: Path) -> Iterator[World]:
    """Open a shop with the sample goods on its shelves, every cache warm: token, secret, clients."""
    clock = BenchClock()
    with (
        ministack(state) as url,
        engines.dynoxide(url) as (engine, tables_url),
        stub_daraja() as daraja,
        mock.patch.dict(os.environ, _environment(url, tables_url, daraja)),
        mock.patch.object(wiring, "clock", lambda: clock),
    ):
        client = engines.table_client(tables_url)
        names = create_tables(client, "bench-")
        os.environ.update({f"{name.upper()}_TABLE": physical for name, physical in names.items()})
        _open_services(daraja)
        seed(wiring.database())
        for sku, buckets in LINES:
            receive_stock(wiring.database(), clock, sku=sku, quantity=PLENTY, buckets=buckets, delivery="benchmark")
        world = World(engine, client, names, clock, daraja)
        handler = logging.StreamHandler(world.log)
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.INFO)
        try:
            yield world
        finally:
            logging.getLogger().removeHandler(handler)


def _open_services(daraja: StubDaraja) -> None:
    secret = {
        **dict.fromkeys(("consumer_key", "consumer_secret", "passkey", "initiator_name"), "benchmark"),
        "security_credential": "benchmark",
        "callback_key": "benchmark-callback-key",
    }
    aws.client("secretsmanager").create_secret(Name=os.environ["DARAJA_SECRET_ID"], SecretString=json.dumps(secret))
    for name in ("VERIFY", "REFUND"):
        os.environ[f"{name}_QUEUE_URL"] = aws.client("sqs").create_queue(QueueName=f"bench-{name}")["QueueUrl"]
    aws.client("events").create_event_bus(Name=os.environ["EVENT_BUS_NAME"])
    aws.client("sesv2").create_email_identity(EmailIdentity=os.environ["MAIL_FROM"])


def _environment(url: str, tables_url: str, daraja: StubDaraja) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_DYNAMODB": tables_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "DARAJA_BASE_URL": daraja.url,
        "DARAJA_SHORTCODE": "174379",
        "DARAJA_SECRET_ID": "bench/daraja",
        "PUBLIC_BASE_URL": "https://api.shop.example",
        "STATUS_LIMIT_PER_MINUTE": "1000000",
        "EVENT_BUS_NAME": "bench",
        "MAIL_FROM": "orders@shop.example",
        "STOREFRONT_URL": "https://shop.example",
        "POWERTOOLS_SERVICE_NAME": "salama",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "LOG_LEVEL": "INFO",
    }
