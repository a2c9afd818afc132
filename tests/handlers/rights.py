"""What IAM would ask of a function's role for each call it makes: the emulators ask nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.template.stack import stack

Right = tuple[str, str]
# What queues and secrets are of, by a word in the names that tests give them.
_QUEUES = ("Verify", "Refund", "Carrier")
_SECRETS = ("Daraja", "Stripe", "Carrier")
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
    missing = {right for call in made for right in _asked(*call, tables)} - rights
    assert not missing, f"{logical} may not {sorted(missing)}"


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
        case "secretsmanager", _:
            secret = f"secretsmanager:secret:{_named(what['SecretId'], _SECRETS)}SecretId-??????"
            yield secret, f"secretsmanager:{operation}"
        case "sesv2", _:
            yield "ses:identity/*", f"ses:{operation}"
        case "events", _:
            yield "EventBus", f"events:{operation}"


def _named(physical: str, known: Iterable[str]) -> str:
    return next(name for name in known if name.lower() in physical)


def _table(physical: str, tables: Mapping[str, str]) -> str:
    return f"{tables[physical].title()}Table"
