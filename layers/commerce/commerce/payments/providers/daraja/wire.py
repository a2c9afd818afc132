"""Reads what Daraja sends, whatever types it chose today: numbers as text, single objects for lists, missing members.

Nothing here imports more than the standard library, so that the webhook function stays light.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from commerce.kernel.strict_json import refuse_constant, unique_members

#: Beyond this no number on the wire is an amount or a code; it also keeps huge exponents from being expanded.
_LARGEST = Decimal(10) ** 18
_CENTS = 100
_CODE_LENGTH = 40
#: What JSON calls a number. Python's own reader also takes ``1_000`` and the digits of other scripts.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class MalformedBody(ValueError):
    """The body is not JSON, not an object, or names nothing it could be about. The message quotes nothing of it."""


def read_object(body: bytes | str) -> dict[str, Any]:
    """Read a JSON object of Daraja's without loss: fractions become `Decimal`, a number nobody can hold stays text.

    Raises
    ------
    MalformedBody
        When the body is no JSON object.
    """
    return _read(body, {"parse_constant": _fraction})


def read_posted(body: bytes | str) -> dict[str, Any]:
    """Read a JSON object that was posted to the shop, by Daraja or by who knows whom: as `read_object`, and strictly.

    Raises
    ------
    MalformedBody
        When the body is no JSON object, repeats a member of an object, or holds NaN or Infinity.
    """
    return _read(body, {"parse_constant": refuse_constant, "object_pairs_hook": unique_members})


def _read(body: bytes | str, how: Mapping[str, Any]) -> dict[str, Any]:
    try:
        text = body if isinstance(body, str) else _decode(body)
        value = json.loads(text.removeprefix("\ufeff"), parse_float=_fraction, parse_int=_whole, **how)
    except (ValueError, RecursionError) as error:
        raise MalformedBody("the body is not JSON") from error
    if not isinstance(value, dict):
        raise MalformedBody("the body is not a JSON object")
    return value


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        # Names typed into old handsets; every byte means something in Latin-1, so none is lost.
        return body.decode("latin-1")


def _fraction(literal: str) -> Decimal | str:
    try:
        return Decimal(literal)
    except InvalidOperation:
        return literal


def _whole(literal: str) -> int | str:
    try:
        return int(literal)
    except ValueError:
        return literal


def as_text(value: object) -> str | None:
    """Return a scalar as text, None for nothing, an empty text, an object or a list.

    A whole number written as a fraction is the whole number: ``0.0`` is ``"0"``.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # A lone surrogate is valid JSON and invalid everywhere it would be stored.
            return value.strip().encode("utf-8", "replace").decode("utf-8") or None
        case int():
            return str(value)
        case Decimal():
            if value.is_finite() and -_LARGEST < value < _LARGEST and value == int(value):
                return str(int(value))
            return str(value)
        case _:
            return None


def as_cents(value: object) -> int | None:
    """Return an amount of shillings as cents: ``1``, ``1.00`` and ``"1.00"`` are all 100.

    None when it is no finite number, or has fractions of a cent: it is compared exactly or not at all.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = as_number(value)
    if isinstance(value, int) and -_LARGEST < value < _LARGEST:
        return value * _CENTS
    if not isinstance(value, Decimal) or not value.is_finite() or not -_LARGEST < value < _LARGEST:
        return None
    cents = int(value * _CENTS)
    return cents if Decimal(cents) / _CENTS == value else None


def as_number(text: str) -> Decimal | None:
    """Return a number that was written as text, None for what JSON would not call one."""
    text = text.strip()
    value = _fraction(text) if _NUMBER.fullmatch(text) else None
    return value if isinstance(value, Decimal) else None


@dataclass(frozen=True, slots=True)
class NamedValue:
    """One entry of Daraja's name-value lists. `present` tells a missing Value from one that is null."""

    name: str
    value: Any = field(default=None, repr=False)
    present: bool = True


def named_values(container: object, member: str) -> tuple[NamedValue, ...]:
    """Read a name-value list, in order and with its duplicates.

    Parameters
    ----------
    container
        The object that holds the list under `member`, or the list itself. The list may be one single object.
    """
    found = container.get(member) if isinstance(container, dict) else container
    entries = found if isinstance(found, list) else [found]
    values = []
    for entry in entries:
        if isinstance(entry, dict):
            name = as_text(entry.get("Name", entry.get("Key")))
            if name is not None:
                values.append(NamedValue(name, entry.get("Value"), "Value" in entry))
    return tuple(values)


def first_value(values: tuple[NamedValue, ...], name: str) -> Any:
    """Return the first value under a name that is neither missing nor null, else None."""
    return next((entry.value for entry in values if entry.name == name and entry.value is not None), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """Daraja's direct answer to a call: the HTTP status, and the body where it was a JSON object."""

    status: int
    body: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def read(cls, status: int, content: bytes) -> Answer:
        """Read an answer; one that is empty, HTML or a JSON list has no body."""
        try:
            return cls(status, read_object(content))
        except MalformedBody:
            return cls(status)

    def text(self, member: str) -> str | None:
        """Return a member as text, None where it is missing."""
        return None if self.body is None else as_text(self.body.get(member))

    @property
    def error_code(self) -> str | None:
        """The code of an error body, in Daraja's own shape or the gateway's; None in any other body."""
        code = self.text("errorCode")
        if code is None and self.body is not None:
            fault = self.body.get("fault")
            detail = fault.get("detail") if isinstance(fault, dict) else None
            code = as_text(detail.get("errorcode")) if isinstance(detail, dict) else None
            if code is None and fault is not None:
                code = "fault"
        return None if code is None else tidy_code(code)

    @property
    def error_message(self) -> str:
        """The text of an error body in lower case. It can quote the access token, so it is never logged or kept."""
        return (self.text("errorMessage") or "").lower()

    @property
    def label(self) -> str:
        """The status and code in a few words, fit for a log and a record."""
        return f"HTTP {self.status}" if self.error_code is None else f"HTTP {self.status} {self.error_code}"


def tidy_code(code: str) -> str:
    """Return a code fit for a log line: letters, digits and ``._-`` only, 40 characters at most."""
    return re.sub(r"[^A-Za-z0-9._-]", "", code)[:_CODE_LENGTH]
