"""What functions are called with by the gateway and the clock, and what a call of a function is about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.support.cloud.services import ACCOUNT


def http_request(
    routes: Iterable[tuple[str, str]],
    method: str,
    path: str,
    body: Any,
    headers: dict[str, str],
    number: int,
    at: datetime,
) -> tuple[str, dict[str, Any]]:
    """Return the function that a route of the gateway leads to, and its event.

    Parameters
    ----------
    body
        Text as it stands, or what is sent as JSON; None for none.
    headers
        By their names, with _ for -.

    Raises
    ------
    LookupError
        When there is no such route.
    """
    address, _, query = path.partition("?")
    route, function, parameters = _route(routes, method, address)
    return function, {
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
            "requestId": f"request-{number}",
            "routeKey": route,
            "stage": "$default",
            "time": "22/Nov/2026:09:00:00 +0000",
            "timeEpoch": int(at.timestamp() * 1000),
        },
        "pathParameters": parameters,
        "body": body if isinstance(body, str) else None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def tick(function: str, number: int, at: datetime) -> dict[str, Any]:
    """Return what a function's schedule calls it with."""
    return {
        "version": "0",
        "id": f"tick-{number}",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "af-south-1",
        "resources": [f"arn:aws:events:af-south-1:{ACCOUNT}:rule/{function}"],
        "detail": {},
    }


def called_for(event: dict[str, Any]) -> str:
    """Say what a function is called for: a route, what happened, or which task and which look at it."""
    if "Records" not in event:
        return str(event.get("routeKey", ""))
    first = event["Records"][0]
    if "dynamodb" in first:
        return str(first["dynamodb"]["NewImage"]["type"]["S"])
    told = json.loads(first["body"])
    return " ".join(str(told[name]) for name in ("detail-type", "task", "kind", "check", "status") if name in told)


def _route(routes: Iterable[tuple[str, str]], method: str, address: str) -> tuple[str, str, dict[str, str]]:
    given = address.split("/")
    for key, function in routes:
        verb, pattern = key.split(" ")
        parts = pattern.split("/")
        if verb != method or len(parts) != len(given):
            continue
        found = {part[1:-1]: value for part, value in zip(parts, given, strict=True) if part.startswith("{") and value}
        if all(part.startswith("{") or part == value for part, value in zip(parts, given, strict=True)):
            return key, function, found
    raise LookupError(f"no route for {method} {address}")
