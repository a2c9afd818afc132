"""Runs the template's scheduled functions at the stack's own pace.

The emulator's scheduler looks at its rules every ten seconds and knows no shorter rate than a
minute. At a higher speed its rules are switched off, and the sweep and healing are invoked from here, with
the event EventBridge would send.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from mypy_boto3_events import EventBridgeClient
from mypy_boto3_lambda import LambdaClient

from sandbox.stack.engine import ACCOUNT, REGION, Engine

LOGGER = logging.getLogger("sandbox.stack")


class TickError(Exception):
    """The scheduled function raised; the message is its own."""


class Sweeper:
    """Invokes one function as EventBridge's schedule would.

    Parameters
    ----------
    target
        ARN of the function (with its alias).
    seconds
        Between the end of one run and the start of the next.
    """

    def __init__(self, engine: Engine, target: str, seconds: float) -> None:
        self._lambda: LambdaClient = engine.client("lambda")
        self._target = target
        self._seconds = seconds
        self._stop = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run until `stop`; an error is logged and the next run comes as usual."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="sweeper")
        self._thread.start()

    def stop(self) -> None:
        """No more runs; one that is going on may end by itself."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=2)

    def tick(self) -> None:
        """Run the function once now and wait for it.

        Raises:
            TickError: the function raised.
        """
        with self._one_at_a_time:
            answer = self._lambda.invoke(FunctionName=self._target, Payload=json.dumps(scheduled_event()).encode())
            if "FunctionError" in answer:
                raise TickError(answer["Payload"].read().decode())

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.tick()
            except Exception as error:
                if not self._stop.is_set():
                    LOGGER.error("%s failed: %s", self._target.split(":")[6], error)


def scheduled_event(now: datetime | None = None) -> dict[str, Any]:
    """The event of an EventBridge schedule (Amazon EventBridge User Guide, "Scheduled Event")."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": f"{now or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/salama-local-sweep"],
        "detail": {},
    }


def disable_scheduled_rules(events: EventBridgeClient) -> None:
    """Switch the emulator's own schedules off."""
    for rule in events.list_rules()["Rules"]:
        if rule.get("ScheduleExpression"):
            events.disable_rule(Name=rule["Name"])
