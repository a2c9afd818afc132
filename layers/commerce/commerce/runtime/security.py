"""The stream of security events: what was refused, and what staff did. Light: webhooks tell through it too.

A refusal is told by one message to a queue of its own, whose worker keeps it; telling never fails the request it tells
of. What a flood repeats is counted and told with the next of its kind, so that an attack cannot run up the bill.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from commerce.kernel.context import current
from commerce.runtime.aws import client
from commerce.security.kinds import LONGEST_BODY, LONGEST_DETAIL, LONGEST_NAME, SecurityKind

__all__ = ["ALWAYS", "MOST_TOLD", "WINDOW_SECONDS", "SecurityKind", "tell"]

logger = logging.getLogger("salama.security")

#: How many events of one kind a process tells in so many seconds; more are only counted.
MOST_TOLD = 20
WINDOW_SECONDS = 10.0
_told: dict[SecurityKind, tuple[float, int, int]] = {}

#: Told every time: strangers cannot cause them, or what they bring must not be lost.
ALWAYS = frozenset(
    {
        SecurityKind.STAFF_ACTED,
        SecurityKind.SECOND_FACTOR_CHANGED,
        SecurityKind.CALLBACK_UNREADABLE,
        SecurityKind.AUDIT_BROKEN,
    }
)


def tell(
    kind: SecurityKind,
    detail: str,
    event: Mapping[str, Any] | None = None,
    *,
    who: str | None = None,
    subject: str | None = None,
    body: str | None = None,
) -> None:
    """Put a security event on record. Whatever goes wrong with that, the request it tells of goes on.

    Parameters
    ----------
    detail
        One line for people. It holds no secret, token, phone number or e-mail address.
    event
        The Lambda event that the request came as; its route, source address and request id are kept, never its path.
    who
        The subject of a verified token, or the name of a service.
    subject
        What it was about, as ``order/<number>``.
    body
        A body that could not be read, to be kept in quarantine for a person. It is never on the log.
    """
    suppressed = _counted(kind)
    if suppressed is None:
        return
    try:
        _send(_fact(kind, detail, event, who, subject, suppressed), body)
    except Exception:
        # What is told of goes on as if it had been told: an attacker must gain nothing from a full queue.
        logger.exception("a security event could not be queued")


def _fact(
    kind: SecurityKind,
    detail: str,
    event: Mapping[str, Any] | None,
    who: str | None,
    subject: str | None,
    suppressed: int,
) -> dict[str, Any]:
    names = {"who": who, "subject": subject, "correlation_id": current().correlation_id, **_origin(event)}
    return {
        "kind": kind.value,
        "at": time.time(),
        "detail": _text(detail, LONGEST_DETAIL) or kind.value,
        **{name: _text(value, LONGEST_NAME) for name, value in names.items() if value},
        **({"suppressed": suppressed} if suppressed else {}),
    }


def _send(fact: dict[str, Any], body: str | None) -> None:
    logger.warning("security: %s", json.dumps(fact))
    queue = os.environ.get("SECURITY_QUEUE_URL")
    if not queue:
        return
    if body is not None:
        digest = hashlib.sha256(body.encode(errors="replace")).hexdigest()
        fact = {**fact, "body": _text(body, LONGEST_BODY), "body_sha256": digest}
    client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(fact, separators=(",", ":")))


def _counted(kind: SecurityKind) -> int | None:
    """Count one event; return how many were left out since the last that was told, or None to leave it out too."""
    if kind in ALWAYS:
        return 0
    now = time.monotonic()
    began, told, left_out = _told.get(kind, (now, 0, 0))
    if now - began > WINDOW_SECONDS:
        began, told = now, 0
    if told >= MOST_TOLD:
        _told[kind] = began, told, left_out + 1
        return None
    _told[kind] = began, told + 1, 0
    return left_out


def _origin(event: Mapping[str, Any] | None) -> dict[str, Any]:
    context = (event or {}).get("requestContext") or {}
    http = context.get("http") or {}
    return {"route": (event or {}).get("routeKey"), "source": http.get("sourceIp"), "request": context.get("requestId")}


def _text(value: object, longest: int) -> str:
    """Return a text that can be stored: half a character (a lone surrogate) is none, and cannot."""
    return str(value).encode(errors="replace").decode()[:longest]
