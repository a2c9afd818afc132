"""What IAM would ask of a function's role for each call it makes: the emulators ask nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.template.stack import stack

Right = tuple[str, str]
# What queues and secrets are of, by a word in the names that tests give them.
_QUEUES = ("Verify", "Refund", "Notify", "Carrier", "Board", "Security")
_SECRETS = ("Daraja", "Stripe", "Carrier", "Door")
_ITEMS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def assert_allowed(function: str, made: Iterable[tuple[str, str, dict[str, Any]]], tables: Mapping[str, str]) -> None:
    """Fail when a function made a call that its role in the template does not allow.

    Parameters
    ----------
    made
        Service, operation and parameters of each call.
    tables
        The shop's own names of the tables by their physical ones.
    """
    logical = "".join(word.title() for word in function.split("_"))
    allowed = stack("dev").permissions(logical)
    rights = {(resource, action) for resource, actions in allowed.items() for action in actions}
    made = list(made)
    missing = {right for call in made for right in _asked(*call, tables)} - rights
    assert not missing, f"{logical} may not {sorted(missing)}"
    bound = stack("dev").leading_keys(logical)
    for service, operation, what in made:
        if service == "dynamodb":
            for right, key in _partitions(operation, what, tables):
                patterns = bound.get(right, ["*"])
                assert any(fnmatchcase(key, pattern) for pattern in patterns), f"{logical} may not {right} of {key}"


def _asked(service: str, operation: str, what: dict[str, Any], tables: Mapping[str, str]) -> Iterator[Right]:
    match service, operation:
        case "dynamodb", "BatchGetItem":
            yield from ((_table(name, tables), "dynamodb:BatchGetItem") for name in what["RequestItems"])
        case "dynamodb", "TransactWriteItems":
            for item in what["TransactItems"]:
                for kind, write in item.items():
                    yield _table(write["TableName"], tables), f"dynamodb:{_ITEMS[kind]}"
        case "dynamodb", _:
            index = f"/index/{what['IndexName']}" if "IndexName" in what else ""
            yield _table(what["TableName"], tables) + index, f"dynamodb:{operation}"
        case "sqs", "SendMessage":
            yield f"{_named(what['QueueUrl'], _QUEUES)}Queue", "sqs:SendMessage"
        case "sqs", "ReceiveMessage" | "DeleteMessage":
            letters = what["QueueUrl"].rsplit("dead-", 1)[1].title()
            yield f"{letters}DeadLetters", f"sqs:{operation}"
        case "secretsmanager", _:
            secret = f"secretsmanager:secret:{_named(what['SecretId'], _SECRETS)}SecretId-??????"
            yield secret, f"secretsmanager:{operation}"
        case "kms", _:
            yield "AuditKey" if operation in ("Sign", "Verify") else "SecondFactorKey", f"kms:{operation}"
        case "s3", "ListObjectsV2":
            yield "ArchiveBucket", "s3:ListBucket"
        case "s3", _:
            yield f"ArchiveBucket/{what['Key'].split('/')[0]}/*", f"s3:{operation}"
        case "sesv2", _:
            yield "ses:identity/*", f"ses:{operation}"
        case "events", _:
            yield "EventBus", f"events:{operation}"


def _partitions(operation: str, what: dict[str, Any], tables: Mapping[str, str]) -> Iterator[tuple[Right, str]]:
    """Yield the partition of each row that a call is about, with the right that it takes; of queries none."""
    if operation == "BatchGetItem":
        for name, wanted in what["RequestItems"].items():
            yield from (((_table(name, tables), f"dynamodb:{operation}"), key["pk"]["S"]) for key in wanted["Keys"])
    elif operation == "TransactWriteItems":
        for item in what["TransactItems"]:
            for kind, write in item.items():
                yield from _partitions(_ITEMS[kind], write, tables)
    elif "Key" in what or "Item" in what:
        yield (_table(what["TableName"], tables), f"dynamodb:{operation}"), (what.get("Key") or what["Item"])["pk"]["S"]


def _named(physical: str, known: Iterable[str]) -> str:
    return next(name for name in known if name.lower() in physical)


def _table(physical: str, tables: Mapping[str, str]) -> str:
    return f"{tables[physical].title()}Table"
