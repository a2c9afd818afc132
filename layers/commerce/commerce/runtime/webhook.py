"""What a webhook does before it believes that a message is even worth queueing. Light: it answers in milliseconds."""

from __future__ import annotations

import base64
import logging
import os
from typing import Any

from commerce.payments.links import Purpose
from commerce.runtime.environment import CallbackSettings
from commerce.runtime.secrets import callback_links

logger = logging.getLogger("salama.webhook")

LARGEST_CALLBACK = 16 * 1024
#: What Daraja's own samples answer (provider facts, 1.4).
ACCEPTED = '{"ResultCode":0,"ResultDesc":"Accepted"}'
REJECTED = '{"ResultCode":1,"ResultDesc":"Rejected"}'


class Refusal(Exception):
    """The request is not let in; `status` is answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def let_in(event: dict[str, Any], purpose: Purpose) -> tuple[str, int, str]:
    """Check a provider's POST: size, token and source.

    Returns
    -------
    tuple
        Order number, attempt and the body as text.

    Raises
    ------
    Refusal
        With 413, 404 (a token that this shop did not make) or 403 (a source that the list does not name, where the
        list is enforced).
    """
    body = event.get("body") or ""
    size = len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode(errors="replace"))
    if size > LARGEST_CALLBACK:
        raise Refusal(413, "callback too large")
    named = callback_links().open(purpose, (event.get("pathParameters") or {}).get("token") or "")
    if named is None:
        raise Refusal(404, "callback with a token that is not ours")
    _check_source(event)
    return *named, _text(base64.b64decode(body)) if event.get("isBase64Encoded") else body


def answer(status: int, body: str = ACCEPTED) -> dict[str, Any]:
    """Return an HTTP API answer."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}


def refused(refusal: Refusal) -> dict[str, Any]:
    """Return the answer to a request that was not let in, and put it on the log."""
    logger.warning("security: %s", refusal)
    return answer(refusal.status, REJECTED)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        # Names typed into old handsets; every byte means something in Latin-1, so none is lost.
        return body.decode("latin-1")


def _check_source(event: dict[str, Any]) -> None:
    settings = CallbackSettings.read(os.environ)
    source = event.get("requestContext", {}).get("http", {}).get("sourceIp", "")
    if not settings.sources or source in settings.sources:
        return
    if settings.mode == "enforce":
        raise Refusal(403, f"callback from {source}, which the source list does not name")
    level = logging.WARNING if settings.mode == "alert" else logging.INFO
    logger.log(level, "security: callback from %s, not on the list", source)
