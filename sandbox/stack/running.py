"""The shop, running on this machine: its addresses, its AWS clients, its tables and queues."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType

from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_events import EventBridgeClient
from mypy_boto3_lambda import LambdaClient
from mypy_boto3_sesv2 import SESV2Client
from mypy_boto3_sqs import SQSClient

from commerce.kernel.tables import Database
from sandbox.daraja import Daraja
from sandbox.identity import Issuer
from sandbox.stack.database import open_database
from sandbox.stack.deployment import Deployment
from sandbox.stack.engine import REGION, Engine
from sandbox.stack.outbox import Mail, read_mails
from sandbox.stack.schedule import Sweeper
from sandbox.stack.template import QUEUE


class Stack:
    """One running shop. A context manager; or call `stop`."""

    region = REGION

    def __init__(
        self,
        base_url: str,
        *,
        speed: int,
        engine: Engine,
        deployment: Deployment,
        daraja: Daraja,
        issuer: Issuer,
        sweeper: Sweeper,
        undo: ExitStack,
    ) -> None:
        self.base_url = base_url
        self.api_url = f"{base_url}/api"
        self.aws_url = engine.url
        """Where the emulator answers every AWS API; any credentials do."""
        self.engine_pid = engine.pid
        """The emulator's process."""
        self.speed = speed
        self.daraja = daraja
        """The simulator itself. It lives on the server's event loop: from elsewhere use its control API."""
        self.issuer = issuer
        """Who signs in customers and staff on this machine."""
        self.failure: str | None = None
        """What broke, when the emulator ended by itself."""
        self.log = engine.log
        """The emulator's log, with every function's output."""
        self._engine, self._deployment, self._sweeper, self._undo = engine, deployment, sweeper, undo
        engine.watch(self._fail)

    def __enter__(self) -> Stack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server and the emulator, and leave no process behind. Safe to call twice."""
        self._undo.close()

    def tick(self) -> None:
        """Run the sweep for unpaid orders once, now, and wait for it.

        Raises:
            TickError: the function raised.
        """
        self._sweeper.tick()

    def mails(self) -> list[Mail]:
        """The e-mails sent so far, newest first."""
        return read_mails(self._engine)

    @property
    def tables(self) -> dict[str, str]:
        """Physical table names: `catalog`, `stock`, `orders`, `events`, `guards`."""
        return self._deployment.tables

    @cached_property
    def database(self) -> Database:
        """The shop's tables as its own code sees them."""
        return open_database(self._engine, self._deployment)

    @cached_property
    def queues(self) -> dict[str, str]:
        """Queue URLs by their name in the template, e.g. `VerifyQueue`."""
        return self._deployment.of_kind(QUEUE)

    @cached_property
    def functions(self) -> dict[str, str]:
        """Function ARNs, with the live alias, by folder, e.g. `start_checkout`."""
        deployment = self._deployment
        return {folder: deployment.function_target(logical) for folder, logical in deployment.functions.items()}

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """A client of the shop's DynamoDB."""
        client: DynamoDBClient = self._engine.client("dynamodb")
        return client

    @cached_property
    def sqs(self) -> SQSClient:
        """A client of the shop's SQS."""
        client: SQSClient = self._engine.client("sqs")
        return client

    @cached_property
    def lambda_(self) -> LambdaClient:
        """A client of the shop's Lambda."""
        client: LambdaClient = self._engine.client("lambda")
        return client

    @cached_property
    def events(self) -> EventBridgeClient:
        """A client of the shop's EventBridge."""
        client: EventBridgeClient = self._engine.client("events")
        return client

    @cached_property
    def ses(self) -> SESV2Client:
        """A client of the shop's SES."""
        client: SESV2Client = self._engine.client("sesv2")
        return client

    def _fail(self, message: str) -> None:
        self.failure = message
