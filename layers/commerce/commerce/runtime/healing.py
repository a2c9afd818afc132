"""What healing works with in a deployment: the shop's queues and bus through AWS, and the times it is patient for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from commerce.audit.archive import Archive
from commerce.audit.relay import MOST_AT_ONCE, SOURCE
from commerce.healing.classifier import BedrockClassifier
from commerce.healing.desk import HealingDesk, Letter
from commerce.healing.diagnose import Patience, detail_of
from commerce.kernel.events import Event
from commerce.payments.desk import PaymentDesk
from commerce.runtime.aws import client
from commerce.runtime.environment import required
from commerce.runtime.settings import HealingSettings, read

#: The variables that name the queues; what a function was not given it neither sends to nor reads.
_WORK = {
    "verify": "VERIFY_QUEUE_URL",
    "refund": "REFUND_QUEUE_URL",
    "notify": "NOTIFY_QUEUE_URL",
    "carrier": "CARRIER_QUEUE_URL",
    "board": "BOARD_QUEUE_URL",
    "security": "SECURITY_QUEUE_URL",
}
_LETTERS = {
    "payment": "PAYMENT_DEAD_LETTERS_URL",
    "refund": "REFUND_DEAD_LETTERS_URL",
    "notify": "NOTIFY_DEAD_LETTERS_URL",
    "carrier": "CARRIER_DEAD_LETTERS_URL",
    "board": "BOARD_DEAD_LETTERS_URL",
    "security": "SECURITY_DEAD_LETTERS_URL",
    "relay": "RELAY_DEAD_LETTERS_URL",
    "archive": "ARCHIVE_DEAD_LETTERS_URL",
    "schedule": "SCHEDULE_DEAD_LETTERS_URL",
}


class SqsQueues:
    """The shop's queues in SQS, as far as the environment names them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._work = _urls(environment, _WORK)
        self._letters = _urls(environment, _LETTERS)

    def send(self, queue: str, body: str) -> None:
        """Put a message on a work queue, to be worked on at once."""
        client("sqs").send_message(QueueUrl=self._work[queue], MessageBody=body, DelaySeconds=0)

    def letters(self) -> Sequence[str]:
        """Return the names of the dead letters that this function reads."""
        return list(self._letters)

    def take(self, queue: str) -> list[Letter]:
        """Take up to ten dead letters; they come again in a minute unless they are dropped."""
        answer = client("sqs").receive_message(
            QueueUrl=self._letters[queue],
            MaxNumberOfMessages=10,
            VisibilityTimeout=60,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        return [self._letter(queue, message) for message in answer.get("Messages", ())]

    def drop(self, letter: Letter) -> None:
        """Delete a letter from its queue."""
        client("sqs").delete_message(QueueUrl=self._letters[letter.queue], ReceiptHandle=letter.handle)

    def _letter(self, queue: str, message: Mapping[str, object]) -> Letter:
        attributes = message.get("Attributes")
        sent = attributes.get("SentTimestamp") if isinstance(attributes, Mapping) else None
        told = message.get("MessageAttributes")
        said = {
            str(name): str(value.get("StringValue", ""))
            for name, value in (told.items() if isinstance(told, Mapping) else ())
            if isinstance(value, Mapping)
        }
        return Letter(
            queue=queue,
            id=str(message["MessageId"]),
            handle=str(message["ReceiptHandle"]),
            body=str(message["Body"]),
            received_at=datetime.fromtimestamp(int(str(sent or 0)) / 1000, UTC),
            target=self._target(said.get("TARGET_ARN")),
            why=said.get("ERROR_CODE"),
        )

    def _target(self, arn: str | None) -> str | None:
        """Return the shop's own name of a queue that EventBridge could not deliver to; else the target's own."""
        if arn is None:
            return None
        name = arn.rsplit(":", 1)[1]
        for queue, url in self._work.items():
            if url.rsplit("/", 1)[1] == name:
                return queue
        for queue, url in self._letters.items():
            if url.rsplit("/", 1)[1] == name:
                return f"{queue}_dead_letters"
        return name


def _urls(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    return {queue: environment[name] for queue, name in variables.items() if environment.get(name)}


def publish(environment: Mapping[str, str], events: Sequence[Event]) -> None:
    """Put events on the bus once more.

    Raises
    ------
    RuntimeError
        When the bus does not take all of them.
    """
    bus = required(environment, "EVENT_BUS_NAME")
    for start in range(0, len(events), MOST_AT_ONCE):
        entries = [
            {"EventBusName": bus, "Source": SOURCE, "DetailType": event.type, "Detail": detail_of(event)}
            for event in events[start : start + MOST_AT_ONCE]
        ]
        if client("events").put_events(Entries=entries)["FailedEntryCount"]:
            raise RuntimeError("the bus did not take every event")


def healing_desk(till: PaymentDesk, environment: Mapping[str, str], archive: Archive | None = None) -> HealingDesk:
    """Return what healing works with; with the archive, what the scheduled run does."""
    given = read(HealingSettings, environment)
    model = given.healing_model_id
    return HealingDesk(
        till=till,
        queues=SqsQueues(environment),
        patience=Patience.of(
            given.first_check_seconds,
            till.policy.check_delays,
            till.policy.refund_delays,
            spare=given.healing_spare_seconds,
        ),
        archive=archive,
        publish=None if archive is None else (lambda events: publish(environment, events)),
        classifier=BedrockClassifier(client("bedrock-runtime"), model) if model and archive is not None else None,
    )
