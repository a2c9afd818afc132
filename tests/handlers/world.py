"""The functions in this process, as AWS would run them: real tables and queues, a scripted M-Pesa."""

from __future__ import annotations

import importlib
import itertools
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.client import BaseClient

from commerce.checkout.place_order import Placement
from commerce.identity import keys
from commerce.payments.links import Purpose
from commerce.payments.port import PaymentRecord
from commerce.payments.providers.daraja.provider import DarajaProvider
from commerce.payments.registry import Providers
from commerce.runtime import aws, security, wiring
from sandbox.engines import table_definitions
from sandbox.stack.engine import REGION
from tests.handlers.event_files import Event, load
from tests.handlers.rights import assert_allowed
from tests.support import engines, tokens
from tests.support.providers import ScriptedProvider
from tests.support.shop import Shop

SECRET = {
    "consumer_key": "consumer-key",
    "consumer_secret": "consumer-secret",
    "passkey": "pass-key",
    "initiator_name": "initiator",
    "security_credential": "security-credential",
    "callback_key": "test-key",
}
STRIPE_SECRET = {"secret_key": "sk_test_x", "publishable_key": "pk_test_x", "webhook_secrets": "whsec_current"}
#: What carriers sign with; DHL is in the middle of a roll.
CARRIER_SECRET = {"dhl": "dhl-new, dhl-old", "g4s": "g4s-secret", "wells_fargo": ""}
#: Who is known at the door, where a test closes it (`closed_door`): the shop front is in the middle of a roll.
DOOR_SECRET: dict[str, Any] = {
    "clients": {
        "web": {
            "keys": ["web-key-newer-0123456789", "web-key-older-0123456789"],
            "origins": ["https://shop.test", "https://www.shop.test"],
            "per_minute": 600,
        },
        "staff": {"keys": ["staff-key-0123456789abcdef"], "origins": ["https://staff.shop.test"], "per_minute": 600},
    },
    "services": {
        "erp": {
            "keys": ["erp-key-newer-0123456789", "erp-key-older-0123456789"],
            "signing_secrets": ["erp-secret-newer-0123456789", "erp-secret-older-0123456789"],
            "roles": ["vendor"],
        },
        "books": {
            "keys": ["books-key-0123456789abcdef"],
            "signing_secrets": ["books-secret-0123456789abcdef"],
            "roles": ["finance"],
        },
    },
}
QUEUES = ("verify", "refund", "notify", "carrier", "board", "security")
DEAD_LETTERS = ("payment", "refund", "notify", "carrier", "board", "security", "relay", "archive", "schedule")
#: What an HTTP function, a webhook or a worker answers.
Answer = dict[str, Any]


#: One series for all worlds of a process: they share the e-mails that were sent, told apart by order number.
_names = itertools.count()


class Mpesa(ScriptedProvider):
    """The scripted provider, which reads records as the real one does."""

    def read_record(self, body: str) -> PaymentRecord | None:
        return DarajaProvider.read_record(cast(DarajaProvider, self), body)


class Context:
    """What Lambda tells a function about its invocation."""

    function_name = "function-under-test"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:af-south-1:123456789012:function:function-under-test"
    aws_request_id = "b0c3f1de-7f0e-4a38-8f6e-7d1a1d2f3b4c"

    def __init__(self, seconds_left: float = 50.0) -> None:
        self._seconds_left = seconds_left

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds_left * 1000)


@dataclass
class World:
    """A shop whose functions are called with events."""

    url: str
    shop: Shop
    queues: dict[str, str]
    bus: str
    variables: dict[str, str]

    def call(self, function: str, event: Event, context: Context | None = None) -> Any:
        """Call a function's handler; it may only ask AWS for what its role in the template allows."""
        handler = importlib.import_module(f"functions.{function}.app").lambda_handler
        with counted_calls() as calls:
            answer = handler(event, context or Context())
        assert_allowed(function, calls.made, {name: own for own, name in self.shop.database._names.items()})
        return answer

    def play(self, function: str, case: str, **values: object) -> Any:
        """Call a function's handler with one of its event files."""
        return self.call(function, load(function, case, **values))

    def order(self, *, stock: int = 5) -> Placement:
        """Sell a SKU of this order's own and place the order."""
        name = f"SKU-{next(_names)}"
        self.shop.sell(name, stock=stock)
        return self.shop.order(f"order of {name}", (name, 1))

    def token(self, placed: Placement, purpose: Purpose = Purpose.PAYMENT, attempt: int = 1) -> str:
        """Return the token of an attempt's callback address."""
        return self.shop.till.links.address(purpose, placed.order.number, attempt).rsplit("/", 1)[1]

    def callback(self, case: str, placed: Placement) -> Event:
        """Return an STK callback about an order's latest attempt."""
        attempt = self.shop.account(placed).attempts[placed.attempt.number]
        return load(
            "receive_stk_callback",
            case,
            token=self.token(placed, attempt=attempt.number),
            request_id=attempt.request_id,
            payment_id=attempt.payment_id,
        )

    def waiting(self, queue: str) -> int:
        """How many messages a queue holds, delayed ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        found = aws.client("sqs").get_queue_attributes(QueueUrl=self.queues[queue], AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def receive(self, queue: str) -> list[str]:
        """Take what is visible on a queue."""
        client, bodies = aws.client("sqs"), []
        while found := client.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                client.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def told(self) -> list[dict[str, Any]]:
        """Take the security events that were told."""
        return sorted((json.loads(body) for body in self.receive("security")), key=lambda fact: float(fact["at"]))

    def purge(self) -> None:
        """Empty all queues."""
        for url in self.queues.values():
            aws.client("sqs").purge_queue(QueueUrl=url)


@contextmanager
def running(url: str) -> Iterator[World]:
    """Make a world on a ministack: its own tables, queues, secret and bus, and the environment that names them."""
    shop = Shop(engines.fresh_database(url), provider=Mpesa())
    name = shop.database._names["orders"].removesuffix("orders")
    with pytest.MonkeyPatch.context() as patch:
        variables = environment(url, name)
        for variable, value in variables.items():
            patch.setenv(variable, value)
        forget()
        patch.setattr(wiring, "database", lambda: shop.database)
        patch.setattr(wiring, "clock", lambda: shop.clock)
        patch.setattr(keys, "fetch_document", tokens.DOCUMENTS.fetch)
        patch.setattr(wiring, "payment_providers", lambda: Providers.ready(shop.providers()))
        aws.client("secretsmanager").create_secret(Name=name + "daraja", SecretString=json.dumps(SECRET))
        aws.client("secretsmanager").create_secret(Name=name + "stripe", SecretString=json.dumps(STRIPE_SECRET))
        aws.client("secretsmanager").create_secret(Name=name + "carriers", SecretString=json.dumps(CARRIER_SECRET))
        aws.client("secretsmanager").create_secret(Name=name + "door", SecretString=json.dumps(DOOR_SECRET))
        queues = {queue: aws.client("sqs").create_queue(QueueName=name + queue)["QueueUrl"] for queue in QUEUES}
        aws.client("events").create_event_bus(Name=name + "bus")
        key = aws.client("kms").create_key(Description=name + "second-factor")["KeyMetadata"]["KeyId"]
        variables["SECOND_FACTOR_KEY_ID"] = key
        patch.setenv("SECOND_FACTOR_KEY_ID", key)
        aws.client("s3").create_bucket(
            Bucket=name + "archive", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        signing = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        variables["AUDIT_KEY_ID"] = signing
        patch.setenv("AUDIT_KEY_ID", signing)
        aws.client("sesv2").create_email_identity(EmailIdentity="orders@shop.test")
        for queue in QUEUES:
            variables[f"{queue.upper()}_QUEUE_URL"] = queues[queue]
            patch.setenv(f"{queue.upper()}_QUEUE_URL", queues[queue])
        for letters in DEAD_LETTERS:
            made = aws.client("sqs").create_queue(QueueName=f"{name}dead-{letters}")["QueueUrl"]
            queues[f"dead {letters}"] = made
            patch.setenv(f"{letters.upper()}_DEAD_LETTERS_URL", made)
        yield World(url, shop, queues, name + "bus", variables)
    forget()


@contextmanager
def closed_door(world: World, **changes: Any) -> Iterator[None]:
    """Have the functions ask for keys meanwhile; `changes` are of the secret's members."""
    name = world.variables["DARAJA_SECRET_ID"].removesuffix("daraja") + "door"
    put = aws.client("secretsmanager").put_secret_value
    put(SecretId=name, SecretString=json.dumps(DOOR_SECRET | changes))
    aws._secrets.pop(name, None)
    wiring.leases.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOOR_SECRET_ID", name)
        yield


def environment(url: str, name: str) -> dict[str, str]:
    """Return what the template would set, with this world's names."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **{f"{table.upper()}_TABLE": name + table for table in table_definitions()},
        "RESERVATION_SECONDS": "900",
        "PAYMENT_WINDOW_SECONDS": "120",
        "CHECK_DELAYS_SECONDS": "20,30,60",
        "REFUND_DELAYS_SECONDS": "30,60",
        "DARAJA_BASE_URL": "http://127.0.0.1:9/daraja",
        "DARAJA_SHORTCODE": "174379",
        "DARAJA_PARTY_B": "174379",
        "DARAJA_TRANSACTION_TYPE": "CustomerPayBillOnline",
        "DARAJA_SECRET_ID": name + "daraja",
        "DARAJA_TIMEOUT_SECONDS": "10",
        "STRIPE_API_BASE": "http://127.0.0.1:9/stripe",
        "STRIPE_SECRET_ID": name + "stripe",
        "STRIPE_TIMEOUT_SECONDS": "10",
        "CARRIER_SECRET_ID": name + "carriers",
        "VOUCHER_CHECKS_PER_MINUTE": "10",
        "RETURN_WINDOW_DAYS": "14",
        "PUBLIC_BASE_URL": "https://shop.test/api",
        "CALLBACK_SOURCE_MODE": "alert",
        "CALLBACK_SOURCES": "196.201.214.200, 196.201.214.206, 165.72.200.0/24, 3.18.12.63",
        "SECURITY_RETENTION_DAYS": "400",
        # Most tests order with one phone, from one address, within a moment.
        "PROMPTS_PER_PHONE_PER_HOUR": "10000",
        "CHECKOUTS_PER_ADDRESS_PER_MINUTE": "10000",
        "ORDERS_PER_CUSTOMER_PER_HOUR": "20",
        "SIGNATURE_WINDOW_SECONDS": "300",
        "STATUS_LIMIT_PER_MINUTE": "60",
        "IDENTITY_PROVIDERS": tokens.PROVIDERS,
        # Tests of the second factor turn it on.
        "SECOND_FACTOR": "off",
        "EVENT_BUS_NAME": name + "bus",
        "ARCHIVE_BUCKET": name + "archive",
        "MAIL_FROM": "orders@shop.test",
        "SHOP_NAME": "Salama",
        "STOREFRONT_URL": "https://shop.test",
        "POWERTOOLS_SERVICE_NAME": "salama",
        "POWERTOOLS_TRACE_DISABLED": "1",
    }


def forget() -> None:
    """Have the next call build everything from the environment."""
    aws.client.cache_clear()
    aws._secrets.clear()
    security._told.clear()
    for builder in vars(wiring).values():
        if hasattr(builder, "cache_clear"):
            builder.cache_clear()


@dataclass
class Calls:
    """The requests made to AWS, in order."""

    made: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        """Return service and operation of each."""
        return [f"{service}:{operation}" for service, operation, _ in self.made]

    def sent(self, queue_url: str) -> list[dict[str, Any]]:
        """Return what was sent to a queue."""
        return [what for _, name, what in self.made if name == "SendMessage" and what["QueueUrl"] == queue_url]


@contextmanager
def counted_calls() -> Iterator[Calls]:
    """Note every request that botocore makes meanwhile, whichever client makes it."""
    calls = Calls()
    original = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        calls.made.append((client.meta.service_model.service_name, operation, parameters))
        return original(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", noted)
        yield calls


class Log(logging.Handler):
    """Everything the code logs from a level on, with all extra members and tracebacks."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._formatter = logging.Formatter("%(levelname)s %(name)s %(message)s")
        self.lines: list[str] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.lines.append(f"{self._formatter.format(record)} {record.__dict__}")

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@contextmanager
def logged(level: int = logging.INFO) -> Iterator[Log]:
    """Collect what is logged meanwhile, also by loggers that keep their records to themselves."""
    log = Log(level)
    every = [logging.getLogger(), *(one for one in logging.root.manager.loggerDict.values() if _is_apart(one))]
    before = logging.getLogger().level
    logging.getLogger().setLevel(level)
    for logger in every:
        logger.addHandler(log)  # type: ignore[union-attr]
    try:
        yield log
    finally:
        logging.getLogger().setLevel(before)
        for logger in every:
            logger.removeHandler(log)  # type: ignore[union-attr]


def _is_apart(logger: object) -> bool:
    return isinstance(logger, logging.Logger) and not logger.propagate


def body_of(answer: Answer) -> Any:
    """Return an HTTP answer's JSON."""
    return json.loads(answer["body"])


def problem_of(answer: Answer, status: int, slug: str) -> dict[str, Any]:
    """Check that an answer is the problem it should be (RFC 9457), and return it."""
    problem: dict[str, Any] = body_of(answer)
    assert answer["statusCode"] == problem["status"] == status, problem
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert problem["type"] == f"urn:salama:problem:{slug}"
    assert problem["title"]
    assert problem["detail"]
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    """Return the fields a problem names."""
    assert all(error["message"] for error in problem["errors"])
    return [error["field"] for error in problem["errors"]]
