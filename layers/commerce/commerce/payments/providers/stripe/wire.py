"""Reads what Stripe sends: members may be missing, of another type, or objects where ids were asked for.

Nothing here imports more than the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Stripe's amounts have eight digits; what is beyond this is no amount.
_LARGEST = 10**12
_CODE_LENGTH = 60
_ID_LENGTH = 255
_NOTHING: Mapping[str, Any] = {}
#: The types of errors that say something is wrong with the request (docs.stripe.com/api/errors). ``idempotency_error``
#: does not say what became of the first; what a type of tomorrow says nobody knows.
_OF_THE_REQUEST = frozenset({"card_error", "invalid_request_error"})


@dataclass(frozen=True, slots=True)
class Answer:
    """Stripe's answer to a call: the HTTP status, and the body where it was a JSON object."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def good(self) -> bool:
        """Whether Stripe did what it was asked."""
        return 200 <= self.status < 300

    @property
    def error(self) -> Mapping[str, Any]:
        """The error object of a bad answer; empty where there is none."""
        return member(self.body, "error")

    @property
    def error_code(self) -> str | None:
        """The error's code, or its type where it has no code."""
        code = text(self.error.get("code")) or text(self.error.get("type"))
        return None if code is None else tidy_code(code)

    @property
    def is_refusal(self) -> bool:
        """Whether Stripe looked at the request, found it wrong and did nothing: asked again, it would say the same."""
        return self.status in (400, 402, 404) and text(self.error.get("type")) in _OF_THE_REQUEST

    @property
    def label(self) -> str:
        """The status and code in a few words, fit for a log and a record."""
        return f"HTTP {self.status}" if self.error_code is None else f"HTTP {self.status} {self.error_code}"


def text(value: object) -> str | None:
    """Return a text fit to be stored, None for anything else and for an empty one."""
    if not isinstance(value, str):
        return None
    # A lone surrogate is valid JSON and invalid everywhere it would be stored.
    return value.strip().encode("utf-8", "replace").decode("utf-8") or None


def whole(value: object) -> int | None:
    """Return an amount of minor units, None for what is no whole number from 0 on."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else None


def member(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a member that is an object; an empty one where it is missing or something else."""
    value = body.get(name)
    return value if isinstance(value, Mapping) else _NOTHING


def object_id(value: object) -> str | None:
    """Return an object's id, whether it came as its id or expanded."""
    found = text(value.get("id")) if isinstance(value, Mapping) else text(value)
    return found if found is not None and len(found) <= _ID_LENGTH else None


def entries(body: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Return the objects of a list's page, None when it is no list or holds something else."""
    data = body.get("data")
    if not isinstance(data, list) or not all(isinstance(entry, Mapping) for entry in data):
        return None
    return data


def tidy_code(code: str) -> str:
    """Return a code fit for a log line: letters, digits and ``._-`` only, 60 characters at most."""
    return re.sub(r"[^A-Za-z0-9._-]", "", code)[:_CODE_LENGTH]
