"""Where a page of a list ended, as text that callers hand back and need not understand."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re

from commerce.kernel.errors import InvalidRequest

MAX_LENGTH = 400
_POSITION = re.compile(r"[a-z0-9-]{1,80}#[a-z0-9-]{1,80}")


def write_cursor(position: str, scope: str) -> str:
    """Return the cursor for going on after `position` in the list that `scope` describes (its filters)."""
    return base64.urlsafe_b64encode(json.dumps([position, _digest(position, scope)]).encode()).decode().rstrip("=")


def read_cursor(cursor: str, scope: str, *, form: re.Pattern[str] = _POSITION) -> str:
    """Return the position a cursor stands for; `form` is how positions of the list look.

    The digest catches what was cut, mistyped or taken from another list. It is no secret: whoever makes a cursor up
    only starts elsewhere in a list that they may read anyway.

    Raises
    ------
    InvalidRequest
        Field ``cursor``: it is not one that `write_cursor` made for this scope.
    """
    try:
        if len(cursor) > MAX_LENGTH:
            raise ValueError
        padded = cursor + "=" * (-len(cursor) % 4)
        position, digest = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not form.fullmatch(position) or digest != _digest(position, scope):
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise InvalidRequest(
            "This is not where a page of this list ended. Start again without it.", field="cursor"
        ) from None
    return str(position)


def _digest(position: str, scope: str) -> str:
    return hashlib.sha256(json.dumps([position, scope]).encode()).hexdigest()[:12]
