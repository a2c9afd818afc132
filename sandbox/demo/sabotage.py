"""What goes wrong on purpose: a worker that never finishes a message, an event changed behind the shop's back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.demo.books import Books
from sandbox.demo.buyer import Stuck
from sandbox.stack import Stack

#: Real seconds for a message to reach its queue and to be given up.
PATIENCE_SECONDS = 60.0


class Saboteur:
    """Breaks one thing at a time, and puts it back."""

    def __init__(self, stack: Stack, books: Books) -> None:
        self._stack = stack
        self._books = books

    @contextmanager
    def stopped(self, queue: str) -> Iterator[None]:
        """Stop what works a queue off, for as long as the block lasts."""
        functions, url = self._stack.lambda_, self._stack.queues[queue]
        arn = self._stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        (worker,) = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=worker["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=worker["UUID"], Enabled=True)

    async def let_die(self, queue: str, *words: str) -> None:
        """Take a queue's messages as a worker that crashes each time, until the one with these words is given up.

        SQS moves it to the dead letters at the delivery after the last that is allowed.

        Raises
        ------
        Stuck
            When there is no such message, or it is not given up.
        """
        seen, deadline = False, time.monotonic() + PATIENCE_SECONDS
        while not seen or self._books.waiting(queue):
            if time.monotonic() > deadline:
                raise Stuck(f"no message about {' '.join(words)} was given up")
            found = self._stack.sqs.receive_message(
                QueueUrl=self._stack.queues[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            seen = seen or any(all(word in each["Body"] for word in words) for each in found.get("Messages", []))
            await asyncio.sleep(0.1)

    @contextmanager
    def changed_event(self, number: str, kind: str, **data: Any) -> Iterator[str]:
        """Change what an event of an order says, as whoever may write to the table could; yield the event's id."""
        event = next(each for each in self._books.events(number) if each.type == kind)
        table, place = self._stack.tables["events"], {"pk": {"S": event.subject}, "sk": {"S": event.sequence}}
        written = self._stack.dynamodb.get_item(TableName=table, Key=place, ConsistentRead=True)["Item"]
        changed = json.loads(written["data"]["S"]) | data
        self._stack.dynamodb.put_item(TableName=table, Item={**written, "data": {"S": json.dumps(changed)}})
        try:
            yield event.id
        finally:
            self._stack.dynamodb.put_item(TableName=table, Item=written)
