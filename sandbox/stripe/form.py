"""Stripe's request encoding: forms and query strings whose keys nest as `a[b]`, `a[0]` or `a[]`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import Invalid, Json

KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
PART = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 6


def decode(text: str) -> Json:
    """Nested objects and lists; every leaf is a string.

    Raises:
        Invalid: a key is malformed, or is used both as a value and as an object.
    """
    root: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        matched = KEY.fullmatch(name)
        if not matched:
            raise Invalid(f"Invalid parameter name: {name}", param=name)
        parts = [matched[1], *PART.findall(matched[2])]
        if len(parts) > DEEPEST:
            raise Invalid(f"Too deeply nested: {name}", param=name)
        _put(root, parts, value, name)
    return {name: _listed(value) for name, value in root.items()}


def _put(node: Json, parts: list[str], value: str, name: str) -> None:
    for part in parts[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise Invalid(f"Invalid object: {name}", param=name)
    last = parts[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise Invalid(f"Invalid object: {name}", param=name)
    node[last] = value


def _listed(value: Any) -> Any:
    """Objects whose keys are 0, 1, 2 … become lists."""
    if not isinstance(value, dict):
        return value
    members = {name: _listed(one) for name, one in value.items()}
    if members and all(name.isdigit() for name in members):
        return [members[name] for name in sorted(members, key=int)]
    return members
