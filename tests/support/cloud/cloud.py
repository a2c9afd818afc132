"""The cloud the shop runs in: it calls functions, carries messages, lets time pass, and goes wrong as planned."""

from __future__ import annotations

import importlib
import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from commerce.audit.store import EventLog
from commerce.healing.look_at_orders import LATE
from commerce.healing.store import Cases
from tests.handlers.world import CARRIER_SECRET, SECRET, STRIPE_SECRET, Context, forget
from tests.support import tokens
from tests.support.cloud.blueprint import Blueprint, blueprint
from tests.support.cloud.calls import NO_ANSWER, of_aws, of_provider
from tests.support.cloud.calm import unfinished
from tests.support.cloud.deployment import installed
from tests.support.cloud.events import called_for, http_request, tick
from tests.support.cloud.faults import LATE_SECONDS, Crash, Faults, Mishap, Trouble
from tests.support.cloud.queues import Queues, record
from tests.support.cloud.services import Message, Services
from tests.support.cloud.stream import Stream
from tests.support.cloud.wire import wire
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
    "IdentityProviders": tokens.PROVIDERS,
}
SECRETS: dict[str, dict[str, Any]] = {"daraja": SECRET, "stripe": STRIPE_SECRET, "carriers": CARRIER_SECRET}
#: A function that answers a browser again and again with an error; the browser gives up.
BROWSER_TRIES = 6
#: How often the schedules that mend are kept while a day comes to its end, and how often at most.
PACED, PACE, MOST_PACES = ("expire_reservations", "heal_failures"), timedelta(minutes=20), 8
#: What goes on by itself, without them, has mostly come to its end by then.
SOON = timedelta(minutes=5)
#: The same when only what waits for days is left.
WALK, MOST_WALKS = timedelta(hours=6), 16
#: After this, whatever looks back at what happened has looked.
LAST_ROUND = timedelta(hours=26)


@dataclass
class Invocation:
    """One call of a function, and the call of its own at which its process died."""

    function: str
    number: int
    died_at: str | None = None


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
    _requests: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    _next_run: dict[str, datetime] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _invocations: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _running: Invocation | None = None
    _queues: Queues = field(init=False)
    _stream: Stream = field(init=False)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        queues = self._queues = Queues(self.plan.queues, self.now)
        self._stream = Stream(self.shop.database._names["events"])
        self.services = Services(
            self.plan, self.now, self.send, SECRETS, take=queues.take, remove=queues.remove, size=queues.size
        )
        # A new deployment's schedules run at once, before its first order comes.
        self._next_run = dict.fromkeys(self.plan.schedules, self.now())

    def now(self) -> datetime:
        """Return the moment it is."""
        return self.shop.clock.now()

    # What comes from outside.

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request once, as a browser; return status and body. A function that dies is answered for with 500."""
        function, event = http_request(self.plan.routes, method, path, body, headers, next(self._ids), self.now())
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
                self._queues.put(queue, body, seconds)
                self._queues.put(queue, body, seconds)
            case Mishap.DELAY:
                self._queues.put(queue, body, seconds + LATE_SECONDS)
            case Mishap.REORDER:
                self._queues.put(queue, body, seconds + 90)
            case _:
                self._queues.put(queue, body, seconds)

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
        """Let everything that still goes on come to its end, until one more round of every schedule changes nothing.

        That is hours at the schedules' pace, then days at a walk; the last round comes when every reading of the
        archive is due.
        """
        for span in (SOON, *[PACE] * MOST_PACES, *[WALK] * MOST_WALKS):
            self.every = dict.fromkeys(PACED, max(span, PACE))
            self.run(span)
            if self._quiet() and not self._changes_in_a_round():
                return

    def _quiet(self) -> bool:
        """Whether nothing is under way, and nothing unfinished that the shop would have to finish by itself."""
        return not (self._queues.messages or self._requests) and not list(unfinished(self))

    def _changes_in_a_round(self) -> bool:
        """Let every schedule run once more, a day later; tell whether anything came of it."""
        before = self._stream.length
        self.shop.clock.moment += LAST_ROUND
        for function in list(self._next_run):
            self._keep(function)
            self._feed_streams()
        return self._stream.length > before or not self._quiet()

    def has_run_before(self) -> None:
        """Have every schedule run just now, in a shop in which nothing had happened: each comes again in its time."""
        now = self.now()
        self._next_run = {name: now + self._interval(name) for name in self.plan.schedules}
        cases = Cases(self.shop.database, EventLog(self.shop.database))
        for reading, behind in (("soon", timedelta()), ("late", LATE)):
            cases.keep(f"ARCHIVE#{reading}", f"events/{now - behind:%Y-%m-%d/%H%M%S}")

    def stop(self, schedule: str) -> None:
        """Keep a schedule no more."""
        del self._next_run[schedule]

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
        return self._queues.bodies(queue)

    def _next(self) -> tuple[datetime, Callable[[], object]]:
        candidates: list[tuple[datetime, int, Callable[[], object]]] = []
        for place, (at, act) in enumerate(self._requests):
            candidates.append((at, 0, partial(self._happen, place, act)))
        for message in self._queues.messages:
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
        if not self._queues.hand_over(message):
            return
        answer = self._invoke(self.plan.workers[message.queue], {"Records": [record(message)]})
        if answer is not None and not answer.get("batchItemFailures"):
            self._queues.done(message)

    def _keep(self, function: str) -> None:
        self._next_run[function] = self.now() + self._interval(function)
        event = tick(function, next(self._ids), self.now())
        if self._invoke(function, event) is None:
            failure = {"version": "1.0", "requestContext": {"functionArn": function}, "requestPayload": event}
            self._queues.put("ScheduleDeadLetters", json.dumps(failure), 0)

    def _interval(self, function: str) -> timedelta:
        return self.every.get(function, self.plan.schedules[function])

    def _feed_streams(self) -> None:
        for function in self.plan.stream_readers:
            while batch := self._stream.batch(function):
                self._stream.answered(function, batch, self._invoke(function, {"Records": batch}))

    def _invoke(self, function: str, event: Any) -> Any:
        """Call a handler; None where it died or raised."""
        handler = importlib.import_module(f"functions.{function}.app").lambda_handler
        os.environ.update(self.plan.environments[function])
        before, self._running = self._running, Invocation(function, next(self._invocations))
        self.faults.called_for[self._running.number] = called_for(event)
        answer = None
        try:
            answer = handler(json.loads(json.dumps(event)), Context())
        except (Crash, Exception) as error:
            if self._running.died_at is None:
                self.deaths.append(f"{function}: {type(error).__name__} {error}")
        finally:
            died_at, self._running = self._running.died_at, before
        if died_at is not None:
            self.deaths.append(f"{function}: Crash {died_at}")
            # With its process goes what it had in memory, and the answer of whatever caught its death.
            forget()
            return None
        return answer

    # Calls.

    def intercept(self, client: Any, operation: str, given: dict[str, Any]) -> Any:
        """Make a call of a function: to the engine or to a service here, with what the plan does to it."""
        service = client.meta.service_model.service_name
        name = f"{service}:{operation}"

        def act() -> Any:
            if service != "dynamodb":
                return self.services.answer(service, operation, given)
            answer = wire(client.meta.endpoint_url).call(operation, given)
            if operation == "TransactWriteItems":
                self._stream.note(given, self.now())
            return answer

        return of_aws(name, self._trouble(name), act, given)

    def ask(self, name: str, method: Callable[[Any], Any], argument: Any) -> Any:
        """Ask a provider, with what the plan does to it."""
        if name.partition(":")[0] in self.down:
            return NO_ANSWER[name.partition(":")[2]]
        return of_provider(name, self._trouble(name), lambda: method(argument))

    def _trouble(self, name: str) -> Trouble | None:
        if self._running is None or not self.faults.armed:
            return None
        if self._running.died_at is not None:
            # Nothing that a function does after its death, as in a `finally`, reaches anybody.
            raise Crash(name)
        trouble = self.faults.call(name, self._running.function, self._running.number)
        if trouble in (Trouble.CRASH_BEFORE, Trouble.CRASH_AFTER):
            self._running.died_at = name
        return trouble


@contextmanager
def deployed(shop: Shop, mpesa: Mpesa, faults: Faults, every: dict[str, timedelta]) -> Iterator[Cloud]:
    """Deploy the template around a shop: its functions are called by what happens from now on."""
    cloud = Cloud(shop, mpesa, blueprint(shop.database._names, PARAMETERS), faults, every)
    before = dict(os.environ)
    with installed(shop, cloud):
        try:
            yield cloud
        finally:
            # Each call of a function sets its environment; what was there before comes back.
            os.environ.clear()
            os.environ.update(before)
