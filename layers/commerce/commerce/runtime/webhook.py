"""What a webhook does before it believes that a message is even worth queueing. Light: it answers in milliseconds.

Whoever gets past size, secret path or signature, and source list is let in: nothing that is let in is lost, and nothing
it says is believed (promise 4). What cannot be read of it goes into quarantine, for a person.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from commerce.payments.links import Purpose
from commerce.runtime.environment import CallbackSettings
from commerce.runtime.problems import BodyTooLarge, CallbackForged, SourceRefused, problem
from commerce.runtime.refusals import tell_refusal
from commerce.runtime.secrets import callback_links
from commerce.runtime.security import SecurityKind, tell

logger = logging.getLogger("salama.webhook")

LARGEST_CALLBACK = 16 * 1024
#: What Daraja's own samples answer (provider facts, 1.4).
ACCEPTED = '{"ResultCode":0,"ResultDesc":"Accepted"}'
REJECTED = '{"ResultCode":1,"ResultDesc":"Rejected"}'
_FROM_ELSEWHERE = "an address that the source list does not name"


def let_in(event: Mapping[str, Any], purpose: Purpose) -> tuple[str, int]:
    """Check a POST of Daraja's, which signs nothing: size, token and source.

    Returns
    -------
    tuple
        Order number, and the number of the attempt or refund.

    Raises
    ------
    BodyTooLarge, CallbackForged, SourceRefused
        When it is not let in.
    """
    check_size(event, LARGEST_CALLBACK)
    named = callback_links().open(purpose, str((event.get("pathParameters") or {}).get("token") or ""))
    if named is None:
        raise CallbackForged("a token that is not ours")
    check_source(event, subject=f"order/{named[0]}")
    return named


def check_size(event: Mapping[str, Any], largest: int) -> None:
    """Refuse a body that is larger than any honest one, before anything is made of it.

    Raises
    ------
    BodyTooLarge
        Saying how much may come.
    """
    body = event.get("body") or ""
    size = len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode(errors="replace"))
    if size > largest:
        raise BodyTooLarge(f"A request may have {largest} bytes.")


def check_source(event: Mapping[str, Any], *, subject: str | None = None) -> None:
    """Compare who calls with the provider's source list, after the mode of this function's settings.

    Raises
    ------
    SourceRefused
        When the list is enforced and does not name the address.
    """
    settings = CallbackSettings.read(os.environ)
    source = str(event.get("requestContext", {}).get("http", {}).get("sourceIp", ""))
    if settings.knows(source):
        return
    if settings.mode == "enforce":
        raise SourceRefused(f"This comes from {_FROM_ELSEWHERE}.")
    if settings.mode == "alert":
        tell(SecurityKind.CALLBACK_SOURCE, f"let in from {_FROM_ELSEWHERE}", event, subject=subject)
    else:
        logger.info("let in %s, from %s", source, _FROM_ELSEWHERE)


def raw_body(event: Mapping[str, Any]) -> bytes | None:
    """Return a body's bytes, as they were sent and perhaps signed; None when its base64 is none."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None


def text_of(body: bytes | None) -> str:
    """Return a body as text, empty for none."""
    try:
        return (body or b"").decode()
    except UnicodeDecodeError:
        # Names typed into old handsets; every byte means something in Latin-1, so none is lost.
        return (body or b"").decode("latin-1")


def quarantine(event: Mapping[str, Any], why: str, *, who: str | None = None, subject: str | None = None) -> None:
    """Put on record that something was let in and cannot be read, with its body, for a person to look at.

    Parameters
    ----------
    why
        What is wrong; it quotes nothing of the body.
    """
    raw = raw_body(event)
    body = str(event.get("body") or "") if raw is None else text_of(raw)
    tell(SecurityKind.CALLBACK_UNREADABLE, why, event, who=who, subject=subject, body=body)


def answer(status: int, body: str = ACCEPTED) -> dict[str, Any]:
    """Return an HTTP API answer."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}


def refused(error: Exception, event: Mapping[str, Any]) -> dict[str, Any]:
    """Put on record that a request was not let in; return the answer to it in Daraja's words."""
    tell_refusal(error, event)
    return answer(problem(error)[0], REJECTED)


def refused_with_problem(error: Exception, event: Mapping[str, Any]) -> dict[str, Any]:
    """Put on record that a request was not let in; return the problem+json that says why."""
    tell_refusal(error, event)
    return problem_answer(error)


def problem_answer(error: Exception) -> dict[str, Any]:
    """Return the problem+json that a refusal means."""
    status, headers, body = problem(error)
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
