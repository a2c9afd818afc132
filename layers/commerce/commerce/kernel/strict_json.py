"""JSON that strangers post, read as RFC 8259 means it: what two readers could read differently is not read at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn


def read_json(body: bytes) -> Any:
    """Read a JSON text in UTF-8.

    Raises
    ------
    ValueError
        When it is none, repeats a member of an object, holds NaN or Infinity, a number of thousands of digits, or nests
        beyond reason. The message quotes nothing of it.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=unique_members, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError("no JSON") from error


def unique_members(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members; one that comes twice would be another one's to every other reader.

    Raises
    ------
    ValueError
        When a member comes twice.
    """
    made: dict[str, Any] = {}
    for name, value in members:
        if name in made:
            raise ValueError("a member comes twice")
        made[name] = value
    return made


def refuse_constant(_: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError("no number of JSON's")
