"""Queues, bus, objects, secrets, keys and mail, kept in memory; what they do not know they refuse loudly."""

from __future__ import annotations

import hashlib
import hmac
import io
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.support.cloud.blueprint import QUEUE_URL, Blueprint

ACCOUNT = "123456789012"
#: Stands in for a key of KMS: who has it can seal, open and sign.
_KEY = b"a key that never leaves the test"


@dataclass
class Message:
    """A message on a queue: seen from `visible_at` on, delivered `receives` times so far."""

    id: str
    queue: str
    body: str
    visible_at: datetime
    receives: int = 0


@dataclass
class Services:
    """What functions call besides DynamoDB. `enqueue` takes what is sent or routed; `told` is what the bus heard.

    `listeners` see each call before it is answered.
    """

    plan: Blueprint
    now: Callable[[], datetime]
    enqueue: Callable[[str, str, int | None], None]
    secrets: dict[str, dict[str, Any]]
    take: Callable[[str, int], list[Message]]
    remove: Callable[[str, str], None]
    size: Callable[[str], int]
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    mails: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[Callable[[str, str, dict[str, Any]], object]] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def answer(self, service: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one call."""
        method = getattr(self, f"_{service}_{operation}", None)
        if method is None:
            raise LookupError(f"{service}:{operation} is not known here")
        for listen in self.listeners:
            listen(service, operation, given)
        result: dict[str, Any] = method(given)
        return result

    def _sqs_SendMessage(self, given: dict[str, Any]) -> dict[str, Any]:
        self.enqueue(_queue(given), given["MessageBody"], given.get("DelaySeconds"))
        return {"MessageId": f"sent-{next(self._ids)}"}

    def _sqs_SendMessageBatch(self, given: dict[str, Any]) -> dict[str, Any]:
        for entry in given["Entries"]:
            self.enqueue(_queue(given), entry["MessageBody"], entry.get("DelaySeconds"))
        return {"Successful": [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in given["Entries"]]}

    def _sqs_ReceiveMessage(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self.take(_queue(given), int(given.get("MaxNumberOfMessages", 1)))
        return {
            "Messages": [
                {
                    "MessageId": message.id,
                    "ReceiptHandle": message.id,
                    "Body": message.body,
                    "Attributes": {
                        "ApproximateReceiveCount": str(message.receives),
                        "SentTimestamp": str(int(self.now().timestamp() * 1000)),
                    },
                }
                for message in found
            ]
        }

    def _sqs_DeleteMessage(self, given: dict[str, Any]) -> dict[str, Any]:
        self.remove(_queue(given), given["ReceiptHandle"])
        return {}

    def _sqs_DeleteMessageBatch(self, given: dict[str, Any]) -> dict[str, Any]:
        for entry in given["Entries"]:
            self.remove(_queue(given), entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in given["Entries"]]}

    def _sqs_GetQueueAttributes(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.size(_queue(given)))}}

    def _events_PutEvents(self, given: dict[str, Any]) -> dict[str, Any]:
        entries = []
        for entry in given["Entries"]:
            name = f"event-{next(self._ids)}"
            envelope = {
                "version": "0",
                "id": name,
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": ACCOUNT,
                "time": self.now().isoformat(),
                "region": "af-south-1",
                "resources": [],
                "detail": json.loads(entry["Detail"]),
            }
            self.told.append(envelope["detail"])
            for rule in self.plan.rules:
                if matches(rule.pattern, envelope):
                    self.enqueue(rule.queue, json.dumps(envelope), None)
            entries.append({"EventId": name})
        return {"FailedEntryCount": 0, "Entries": entries}

    def _secretsmanager_GetSecretValue(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"SecretString": json.dumps(self.secrets[given["SecretId"]])}

    def _sesv2_SendEmail(self, given: dict[str, Any]) -> dict[str, Any]:
        self.mails.append(given)
        return {"MessageId": f"mail-{len(self.mails)}"}

    def _s3_PutObject(self, given: dict[str, Any]) -> dict[str, Any]:
        name = (given["Bucket"], given["Key"])
        if given.get("IfNoneMatch") == "*" and name in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "it is there"}}, "PutObject")
        body = given["Body"]
        content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()
        self.objects[name] = content
        return {"ETag": hashlib.sha256(content).hexdigest()}

    def _s3_GetObject(self, given: dict[str, Any]) -> dict[str, Any]:
        content = self.objects.get((given["Bucket"], given["Key"]))
        if content is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "it is not there"}}, "GetObject")
        return {"Body": io.BytesIO(content), "ContentLength": len(content)}

    def _s3_ListObjectsV2(self, given: dict[str, Any]) -> dict[str, Any]:
        prefix, after = given.get("Prefix", ""), given.get("StartAfter", "")
        keys = sorted(key for bucket, key in self.objects if bucket == given["Bucket"])
        keys = [key for key in keys if key.startswith(prefix) and key > after]
        return {"Contents": [{"Key": key} for key in keys], "KeyCount": len(keys), "IsTruncated": False}

    def _kms_Encrypt(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"CiphertextBlob": _bound(given) + given["Plaintext"]}

    def _kms_Decrypt(self, given: dict[str, Any]) -> dict[str, Any]:
        sealed, bound = given["CiphertextBlob"], _bound(given)
        if not sealed.startswith(bound):
            raise ClientError({"Error": {"Code": "InvalidCiphertextException", "Message": ""}}, "Decrypt")
        return {"Plaintext": sealed[len(bound) :]}

    def _kms_Sign(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"Signature": hmac.digest(_KEY, given["Message"], "sha256"), "KeyId": given["KeyId"]}

    def _kms_Verify(self, given: dict[str, Any]) -> dict[str, Any]:
        good = hmac.compare_digest(hmac.digest(_KEY, given["Message"], "sha256"), given["Signature"])
        if not good:
            raise ClientError({"Error": {"Code": "KMSInvalidSignatureException", "Message": ""}}, "Verify")
        return {"SignatureValid": True, "KeyId": given["KeyId"]}


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Tell whether an event is one that a rule's pattern asks for: all members, and any of each one's values."""
    for member, wanted in pattern.items():
        there = isinstance(event, dict) and member in event
        found = event[member] if there else None
        if isinstance(wanted, dict):
            if not there or not matches(wanted, found):
                return False
        elif not any(one == {"exists": there} if isinstance(one, dict) else there and one == found for one in wanted):
            return False
    return True


def _queue(given: dict[str, Any]) -> str:
    return str(given["QueueUrl"]).removeprefix(QUEUE_URL)


def _bound(given: dict[str, Any]) -> bytes:
    return hmac.digest(_KEY, json.dumps(given.get("EncryptionContext", {}), sort_keys=True).encode(), "sha256")
