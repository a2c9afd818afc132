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
from enum import StrEnum
from typing import Any

from commerce.kernel.context import current
from commerce.runtime.aws import client

logger = logging.getLogger("salama.security")

#: How many events of one kind a process tells in so many seconds; more are only counted.
MOST_TOLD = 20
WINDOW_SECONDS = 10.0
#: Characters of a body that are kept when it could not be read: no honest callback is longer.
MOST_KEPT = 16 * 1024
_told: dict[SecurityKind, tuple[float, int, int]] = {}


class SecurityKind(StrEnum):
    """What happened. The names are stable: alarms and people look for them."""

    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a name, no token
    CLIENT_REFUSED = "client_refused"
    SERVICE_REFUSED = "service_refused"
    SIGNATURE_REFUSED = "signature_refused"
    REPLAY_REFUSED = "replay_refused"
    PERMISSION_REFUSED = "permission_refused"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    CALLBACK_FORGED = "callback_forged"
    CALLBACK_SOURCE = "callback_source"
    CALLBACK_UNREADABLE = "callback_unreadable"
    BODY_TOO_LARGE = "body_too_large"
    REQUEST_MALFORMED = "request_malformed"
    REQUEST_INVALID = "request_invalid"
    LOOKUP_MISSED = "lookup_missed"
    LIMIT_REACHED = "limit_reached"
    KEY_REUSED = "key_reused"
    STAFF_ACTED = "staff_acted"
    AUDIT_BROKEN = "audit_broken"


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
    """Put a security event on record.

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
        A body that could not be read, to be kept in quarantine for a person.
    """
    suppressed = _counted(kind)
    if suppressed is None:
        return
    fact = {
        "kind": kind.value,
        "at": time.time(),
        "detail": detail[:500],
        "who": who,
        "subject": subject,
        "suppressed": suppressed or None,
        "correlation_id": current().correlation_id,
        **_origin(event),
    }
    fact = {name: value for name, value in fact.items() if value is not None}
    logger.warning("security: %s", json.dumps(fact))
    if body is not None:
        fact |= {"body": body[:MOST_KEPT], "body_sha256": hashlib.sha256(body.encode(errors="replace")).hexdigest()}
    _send(fact)


def _send(fact: dict[str, Any]) -> None:
    queue = os.environ.get("SECURITY_QUEUE_URL")
    if not queue:
        return
    try:
        client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(fact, separators=(",", ":")))
    except Exception:
        # What is told of goes on as if it had been told: an attacker must gain nothing from a full queue.
        logger.exception("a security event was logged, and could not be queued")


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
