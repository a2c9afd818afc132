"""The queues: what lies on them, when it is seen, and how a worker is given it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.cloud.blueprint import QueuePlan
from tests.support.cloud.services import ACCOUNT, Message


@dataclass
class Queues:
    """Every queue of a deployment, dead letters too."""

    plans: Mapping[str, QueuePlan]
    now: Callable[[], datetime]
    messages: list[Message] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, queue: str, body: str, seconds: int) -> None:
        """Put a message on a queue, to be seen after so many seconds."""
        visible = self.now() + timedelta(seconds=seconds)
        self.messages.append(Message(str(uuid.UUID(int=next(self._ids))), queue, body, visible))

    def take(self, queue: str, most: int) -> list[Message]:
        """Return what is to be seen on a queue; it comes again unless it is removed."""
        there = [one for one in self.messages if one.queue == queue and one.visible_at <= self.now()][:most]
        for message in there:
            message.receives += 1
            message.visible_at = self.now() + timedelta(seconds=self.plans[queue].visibility)
        return there

    def hand_over(self, message: Message) -> bool:
        """Begin a delivery to a worker; False where the message has been delivered too often, and is a dead letter."""
        plan = self.plans[message.queue]
        if plan.most_deliveries is not None and message.receives >= plan.most_deliveries:
            self.messages.remove(message)
            self.put(str(plan.dead_letters), message.body, 0)
            return False
        message.receives += 1
        message.visible_at = self.now() + timedelta(seconds=plan.visibility)
        return True

    def done(self, message: Message) -> None:
        """Remove a message that a worker dealt with."""
        if message in self.messages:
            self.messages.remove(message)

    def remove(self, queue: str, name: str) -> None:
        """Remove a message by its name."""
        self.messages = [one for one in self.messages if (one.queue, one.id) != (queue, name)]

    def size(self, queue: str) -> int:
        """How many messages a queue holds."""
        return len(self.bodies(queue))

    def bodies(self, queue: str) -> list[str]:
        """Return what lies on a queue."""
        return [message.body for message in self.messages if message.queue == queue]


def record(message: Message) -> dict[str, Any]:
    """Return a message as Lambda hands it to a worker."""
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
