"""The cloud the shop runs in: it calls functions, carries messages, lets time pass, and goes wrong as planned."""

from __future__ import annotations

import base64
import importlib
import itertools
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from botocore.client import BaseClient

from commerce.audit.store import EventLog
from commerce.healing.model import State
from commerce.healing.store import Cases
from commerce.payments.port import OutcomeUnknown, Pending, RefundUnknown
from commerce.payments.registry import Providers
from commerce.runtime import wiring
from tests.handlers.world import CARRIER_SECRET, SECRET, STRIPE_SECRET, Context, forget
from tests.support.cloud.blueprint import Blueprint, blueprint
from tests.support.cloud.faults import LATE_SECONDS, Crash, Faults, Mishap, Trouble, error_of
from tests.support.cloud.services import ACCOUNT, Message, Services
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop

PARAMETERS = {
    "DarajaSecretId": "daraja",
    "StripeSecretId": "stripe",
    "CarrierSecretId": "carriers",
    "PublicBaseUrl": "https://shop.test/api",
    "StorefrontUrl": "https://shop.test",
    "MailFrom": "orders@shop.test",
    "FirstCheckSeconds": "20",
    "CheckDelaysSeconds": "20,30,60",
    "RefundDelaysSeconds": "30,60",
    "CallbackSources": "",
    "StripeSources": "",
    "CarrierSources": "",
}
SECRETS: dict[str, dict[str, Any]] = {"daraja": SECRET, "stripe": STRIPE_SECRET, "carriers": CARRIER_SECRET}
PROVIDER_CALLS = ("start", "look_up", "cancel", "refund", "ask_for_record", "statement")
#: Deliveries of a batch of the stream before it goes to the dead letters.
STREAM_TRIES = 30
#: A function that answers a browser again and again with an error; the browser gives up.
BROWSER_TRIES = 6
#: How long to wait between two looks when only what waits for days is left, and how often.
WALK, MOST_WALKS = timedelta(hours=6), 16


@dataclass
class Cloud:
    """One deployment in this process.

    Parameters
    ----------
    every
        How often a schedule is kept here, where the template's own pace would only cost the test time.
    """

    shop: Shop
    mpesa: Mpesa
    plan: Blueprint
    faults: Faults = field(default_factory=Faults)
    every: dict[str, timedelta] = field(default_factory=dict)
    deaths: list[str] = field(default_factory=list)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    _messages: list[Message] = field(default_factory=list)
    _requests: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _known: set[tuple[str, str]] = field(default_factory=set)
    _read: dict[str, int] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    _next_run: dict[str, datetime] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _running: bool = False
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.services = Services(
            self.plan, self.now, self.send, SECRETS, take=self._take, remove=self._remove, size=self._size
        )
        # A deployment's schedules have run before its first order comes.
        self._next_run = dict.fromkeys(self.plan.schedules, self.now())

    def now(self) -> datetime:
        """Return the moment it is."""
        return self.shop.clock.now()

    # What comes from outside.

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request once, as a browser; return status and body. A function that dies is answered for with 500."""
        route, function, parameters = self._route(method, path)
        address, _, query = path.partition("?")
        event = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": address,
            "rawQueryString": query,
            "queryStringParameters": dict(part.split("=", 1) for part in query.split("&") if part),
            "headers": {name.replace("_", "-"): text for name, text in headers.items()}
            | {"content-type": "application/json", "host": "shop.test"},
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "api",
                "domainName": "shop.test",
                "http": {"method": method, "path": address, "protocol": "HTTP/1.1", "sourceIp": "41.90.1.2"},
                "requestId": f"request-{next(self._ids)}",
                "routeKey": route,
                "stage": "$default",
                "time": "22/Nov/2026:09:00:00 +0000",
                "timeEpoch": int(self.now().timestamp() * 1000),
            },
            "pathParameters": parameters,
            "body": body if isinstance(body, str) else None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self._invoke(function, event)
        if answer is None:
            return 500, None
        text = answer.get("body") or ""
        return int(answer["statusCode"]), json.loads(text) if text.startswith(("{", "[")) else text

    def insist(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request as a patient browser does: again after a failure, the same each time."""
        status, answer = 0, None
        for _ in range(BROWSER_TRIES):
            status, answer = self.request(method, path, body, **headers)
            if status < 500:
                break
            self.run(timedelta(seconds=5))
        return status, answer

    def later(self, name: str, after: timedelta, act: Callable[[], object]) -> None:
        """Have something of the outside world happen: a callback is a message, and may suffer what messages suffer."""
        at = self.now() + after
        match self.faults.message(name):
            case Mishap.DROP:
                return
            case Mishap.DOUBLE:
                self._requests += [(at, act), (at + timedelta(seconds=1), act)]
            case Mishap.DELAY:
                self._requests.append((at + timedelta(seconds=LATE_SECONDS), act))
            case Mishap.REORDER:
                self._requests.append((at + timedelta(seconds=90), act))
            case _:
                self._requests.append((at, act))

    def at(self, after: timedelta, act: Callable[[], object]) -> None:
        """Have something happen outside that nothing can go wrong with."""
        self._requests.append((self.now() + after, act))

    def send(self, queue: str, body: str, delay: int | None) -> None:
        """Put a message on a queue."""
        seconds = self.plan.queues[queue].delay if delay is None else delay
        match self.faults.message(queue):
            case Mishap.DROP:
                return
            case Mishap.DOUBLE:
                self._put(queue, body, seconds)
                self._put(queue, body, seconds)
            case Mishap.DELAY:
                self._put(queue, body, seconds + LATE_SECONDS)
            case Mishap.REORDER:
                self._put(queue, body, seconds + 90)
            case _:
                self._put(queue, body, seconds)

    # What the cloud does by itself.

    def run(self, span: timedelta) -> None:
        """Let time pass: messages, requests and schedules are due one after the other."""
        end = self.now() + span
        while True:
            self._feed_streams()
            for notice in self.watchers:
                notice()
            moment, act = self._next()
            if moment > end:
                break
            self.shop.clock.moment = max(self.now(), moment)
            act()
        self.shop.clock.moment = end

    def settle(self) -> None:
        """Let everything that still goes on come to its end: hours at the schedules' pace, then days at a walk."""
        self.run(timedelta(hours=2, minutes=30))
        self.every = dict.fromkeys(("expire_reservations", "heal_failures"), WALK)
        cases = Cases(self.shop.database, EventLog(self.shop.database))
        for _ in range(MOST_WALKS):
            if not (self._messages or self._requests or cases.listed(State.OPEN, after=None, limit=1, newest=True)):
                break
            self.run(WALK)

    @contextmanager
    def faults_off(self) -> Iterator[None]:
        """Let nothing go wrong meanwhile, and count nothing."""
        before, self.faults.armed = self.faults.armed, False
        try:
            yield
        finally:
            self.faults.armed = before

    def bodies(self, queue: str) -> list[str]:
        """Return what lies on a queue."""
        return [message.body for message in self._messages if message.queue == queue]

    def _next(self) -> tuple[datetime, Callable[[], object]]:
        candidates: list[tuple[datetime, int, Callable[[], object]]] = []
        for place, (at, act) in enumerate(self._requests):
            candidates.append((at, 0, partial(self._happen, place, act)))
        for message in self._messages:
            if message.queue in self.plan.workers:
                candidates.append((message.visible_at, 1, partial(self._deliver, message)))
        for function, at in self._next_run.items():
            candidates.append((at, 2, partial(self._keep, function)))
        moment, _, act = min(candidates, key=lambda one: one[:2])
        return moment, act

    def _happen(self, place: int, act: Callable[[], object]) -> None:
        self._requests.pop(place)
        act()

    def _deliver(self, message: Message) -> None:
        plan, function = self.plan.queues[message.queue], self.plan.workers[message.queue]
        if plan.most_deliveries is not None and message.receives >= plan.most_deliveries:
            self._messages.remove(message)
            self._put(str(plan.dead_letters), message.body, 0)
            return
        message.receives += 1
        message.visible_at = self.now() + timedelta(seconds=plan.visibility)
        answer = self._invoke(function, {"Records": [_record(message)]})
        if answer is not None and not answer.get("batchItemFailures") and message in self._messages:
            self._messages.remove(message)

    def _keep(self, function: str) -> None:
        self._next_run[function] = self.now() + self.every.get(function, self.plan.schedules[function])
        event = {
            "version": "0",
            "id": f"tick-{next(self._ids)}",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "af-south-1",
            "resources": [f"arn:aws:events:af-south-1:{ACCOUNT}:rule/{function}"],
            "detail": {},
        }
        if self._invoke(function, event) is None:
            failure = {"version": "1.0", "requestContext": {"functionArn": function}, "requestPayload": event}
            self._put("ScheduleDeadLetters", json.dumps(failure), 0)

    def _feed_streams(self) -> None:
        for function in self.plan.stream_readers:
            while self._read.setdefault(function, 0) < len(self._events):
                start = self._read[function]
                batch = self._events[start : start + 10]
                answer = self._invoke(function, {"Records": batch})
                failed = [one["itemIdentifier"] for one in (answer or {}).get("batchItemFailures", ())]
                if answer is None or failed:
                    self._tries[function] = self._tries.get(function, 0) + 1
                    assert self._tries[function] < STREAM_TRIES, f"{function} does not get on"
                if answer is not None:
                    numbers = [one["dynamodb"]["SequenceNumber"] for one in batch]
                    self._read[function] += numbers.index(failed[0]) if failed else len(batch)

    def _invoke(self, function: str, event: Any) -> Any:
        """Call a handler; None where it died or raised."""
        handler = importlib.import_module(f"functions.{function}.app").lambda_handler
        os.environ.update(self.plan.environments[function])
        before, self._running = self._running, True
        try:
            return handler(json.loads(json.dumps(event)), Context())
        except (Crash, Exception) as error:
            self.deaths.append(f"{function}: {type(error).__name__} {error}")
            return None
        finally:
            self._running = before

    def _route(self, method: str, path: str) -> tuple[str, str, dict[str, str]]:
        address = path.partition("?")[0].split("/")
        for key, function in self.plan.routes:
            verb, pattern = key.split(" ")
            parts = pattern.split("/")
            if verb != method or len(parts) != len(address):
                continue
            found = {
                part[1:-1]: value for part, value in zip(parts, address, strict=True) if part.startswith("{") and value
            }
            if all(part.startswith("{") or part == value for part, value in zip(parts, address, strict=True)):
                return key, function, found
        raise LookupError(f"no route for {method} {path}")

    # Queues.

    def _put(self, queue: str, body: str, seconds: int) -> None:
        visible = self.now() + timedelta(seconds=seconds)
        name = str(uuid.UUID(int=next(self._ids)))
        self._messages.append(Message(name, queue, body, visible))

    def _take(self, queue: str, most: int) -> list[Message]:
        there = [one for one in self._messages if one.queue == queue and one.visible_at <= self.now()][:most]
        for message in there:
            message.receives += 1
            message.visible_at = self.now() + timedelta(seconds=self.plan.queues[queue].visibility)
        return there

    def _remove(self, queue: str, name: str) -> None:
        self._messages = [one for one in self._messages if (one.queue, one.id) != (queue, name)]

    def _size(self, queue: str) -> int:
        return sum(one.queue == queue for one in self._messages)

    # Calls.

    def intercept(self, original: Callable[..., Any], client: Any, operation: str, given: dict[str, Any]) -> Any:
        """Make a call of a function: to the engine or to a service here, with what the plan does to it."""
        service = client.meta.service_model.service_name
        return self._with_trouble(
            f"{service}:{operation}",
            lambda: (
                original(client, operation, given)
                if service == "dynamodb"
                else self.services.answer(service, operation, given)
            ),
            operation,
            len(given.get("TransactItems", ())),
            lambda: self._note_events(operation, given),
        )

    def ask(self, name: str, method: Callable[[Any], Any], argument: Any) -> Any:
        """Ask a provider, with what the plan does to it; a provider's client turns an error into an outcome itself."""
        if name.partition(":")[0] in self.down:
            return _NO_ANSWER[name.partition(":")[2]]
        match self.faults.call(name) if self._running else None:
            case Trouble.CRASH_BEFORE:
                raise Crash(name)
            case Trouble.CRASH_AFTER:
                method(argument)
                raise Crash(name)
            case _:
                return method(argument)

    def _with_trouble(
        self, name: str, act: Callable[[], Any], operation: str, items: int, done: Callable[[], None]
    ) -> Any:
        trouble = self.faults.call(name) if self._running else None
        if trouble is Trouble.CRASH_BEFORE:
            raise Crash(name)
        if trouble in (Trouble.THROTTLE, Trouble.CONFLICT):
            raise error_of(trouble, operation, items)
        answer = act()
        done()
        if trouble is Trouble.CRASH_AFTER:
            raise Crash(name)
        if trouble is Trouble.LOST:
            raise error_of(trouble, operation, items)
        return answer

    def _note_events(self, operation: str, given: dict[str, Any]) -> None:
        """Keep what a transaction appended to the events table: its stream."""
        if operation != "TransactWriteItems":
            return
        table = self.shop.database._names["events"]
        for item in given["TransactItems"]:
            put = item.get("Put")
            if not put or put["TableName"] != table:
                continue
            image = put["Item"]
            name = (image["pk"]["S"], image["sk"]["S"])
            if name in self._known:
                continue
            self._known.add(name)
            number = f"{len(self._events) + 1:021d}"
            self._events.append(
                {
                    "eventID": f"stream-{number}",
                    "eventName": "INSERT",
                    "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb",
                    "awsRegion": "af-south-1",
                    "dynamodb": {
                        "ApproximateCreationDateTime": self.now().timestamp(),
                        "Keys": {key: image[key] for key in ("pk", "sk")},
                        "NewImage": _plain(image),
                        "SequenceNumber": number,
                        "SizeBytes": 300,
                        "StreamViewType": "NEW_IMAGE",
                    },
                    "eventSourceARN": f"arn:aws:dynamodb:af-south-1:{ACCOUNT}:table/{table}/stream/1",
                }
            )


#: What a provider's client makes of a provider that does not answer.
_NO_ANSWER: dict[str, Any] = {
    "start": OutcomeUnknown("time-out"),
    "look_up": Pending("time-out", failed=True),
    "cancel": Pending("time-out", failed=True),
    "refund": RefundUnknown("time-out"),
    "ask_for_record": False,
    "statement": None,
}


def _plain(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as the stream's JSON writes it: binary as base64."""
    return {
        name: {"B": base64.b64encode(bytes(value["B"])).decode()} if "B" in value else value
        for name, value in image.items()
    }


def _record(message: Message) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": "1795338000000",
            "SenderId": ACCOUNT,
            "ApproximateFirstReceiveTimestamp": "1795338000000",
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:af-south-1:{ACCOUNT}:{message.queue}",
        "awsRegion": "af-south-1",
    }


@contextmanager
def deployed(shop: Shop, mpesa: Mpesa, faults: Faults, every: dict[str, timedelta]) -> Iterator[Cloud]:
    """Deploy the template around a shop: its functions are called by what happens from now on."""
    plan = blueprint(shop.database._names, PARAMETERS)
    cloud = Cloud(shop, mpesa, plan, faults, every)
    original = BaseClient._make_api_call  # type: ignore[attr-defined]
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        forget()
        patch.setattr(wiring, "database", lambda: shop.database)
        patch.setattr(wiring, "clock", lambda: shop.clock)
        patch.setattr(wiring, "payment_providers", lambda: Providers.ready(shop.providers()))
        patch.setattr(
            BaseClient, "_make_api_call", lambda client, name, given: cloud.intercept(original, client, name, given)
        )
        for provider in (shop.provider, shop.card):
            for name in PROVIDER_CALLS:
                method = getattr(provider, name)
                patch.setattr(
                    provider,
                    name,
                    lambda argument, name=name, method=method, provider=provider: cloud.ask(
                        f"{provider.name}:{name}", method, argument
                    ),
                )
        try:
            yield cloud
        finally:
            # Each call of a function sets its environment; what was there before comes back.
            os.environ.clear()
            os.environ.update(before)
    forget()
