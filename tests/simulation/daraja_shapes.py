"""The shape of Daraja's bodies, derived from what was documented and recorded, and what a body has against it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

#: What an entry of a name-value list holds when it holds nothing.
ABSENT = "absent"


def read(text: str) -> Any:
    """Read JSON with fractions apart from whole numbers."""
    return json.loads(text, parse_float=Decimal)


def kind_of(value: Any) -> str:
    """The JSON type, with whole numbers and fractions as two."""
    kinds = {bool: "truth", str: "text", int: "whole", Decimal: "fraction", dict: "object", list: "list"}
    return "null" if value is None else kinds[type(value)]


@dataclass
class Shape:
    """What values of one place look like, over all samples of a kind.

    `always` are the members that no sample lacks. `values` are, for an entry of a name-value list, the kinds that were
    seen under each name; a list and a single object count as the same, as on the wire.
    """

    kinds: set[str] = field(default_factory=set)
    members: dict[str, Shape] = field(default_factory=dict)
    always: set[str] | None = None
    values: dict[str, set[str]] = field(default_factory=dict)

    def learn(self, value: Any) -> None:
        self.kinds.add(kind_of(value))
        for one in _entries(value):
            self.values.setdefault(_name(one), set()).add(kind_of(one["Value"]) if "Value" in one else ABSENT)
        if isinstance(value, dict) and not _entries(value):
            self.always = set(value) if self.always is None else self.always & set(value)
            for name, inner in value.items():
                self.members.setdefault(name, Shape()).learn(inner)

    def faults(self, value: Any, path: str = "") -> list[str]:
        if kind_of(value) not in self.kinds:
            return [f"{path} is a {kind_of(value)}, not a {' or '.join(sorted(self.kinds))}"]
        found = []
        for one in _entries(value):
            name, kind = _name(one), kind_of(one["Value"]) if "Value" in one else ABSENT
            if kind not in self.values.get(name, ()):
                found.append(f"{path}[{name}] is {kind}, not {' or '.join(sorted(self.values.get(name, ['known'])))}")
        if isinstance(value, dict) and not _entries(value):
            found += [f"{path}.{name} is missing" for name in sorted((self.always or set()) - value.keys())]
            found += [f"{path}.{name} is unknown" for name in value if name not in self.members]
            for name in value.keys() & self.members.keys():
                found += self.members[name].faults(value[name], f"{path}.{name}")
        return found


def _entries(value: Any) -> list[dict[str, Any]]:
    several = value if isinstance(value, list) else [value]
    named = all(isinstance(one, dict) and ("Name" in one or "Key" in one) for one in several)
    return several if several and named else []


def _name(entry: dict[str, Any]) -> str:
    return str(entry.get("Name", entry.get("Key")))


def shape_of(samples: Iterable[str]) -> Shape:
    """The shape that some samples have in common."""
    made = Shape()
    for sample in samples:
        made.learn(read(sample))
    assert made.kinds, "a shape of nothing fits everything"
    return made
