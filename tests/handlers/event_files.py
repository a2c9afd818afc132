"""Reads `events/<function>/<case>.json` and fills in what only the running test knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.tokens import PEOPLE, token_of

FOLDER = Path(__file__).resolve().parents[2] / "events"
PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")

Event = dict[str, Any]


def load(function: str, case: str, **values: object) -> Event:
    """Read an event; every `{{name}}` in it must be among `values`, and every value must be asked for.

    The tokens of `PEOPLE` are filled in by themselves.
    """
    return load_signed(function, case, token_of, values)


def load_signed(function: str, case: str, sign: Callable[[str], str], values: Mapping[str, object]) -> Event:
    """Read an event as `load` does, with tokens of `PEOPLE` that `sign` makes."""
    text = (FOLDER / function / f"{case}.json").read_text(encoding="utf-8")
    for person in PEOPLE:
        text = text.replace(f"{{{{token_of_{person}}}}}", sign(person))
    asked = set(PLACEHOLDER.findall(text))
    assert asked == values.keys(), f"events/{function}/{case}.json has placeholders {sorted(asked)}"
    event: Event = json.loads(PLACEHOLDER.sub(lambda found: str(values[found[1]]), text))
    return event


def cases() -> list[tuple[str, str]]:
    """Every function and case there is a file for."""
    return sorted((path.parent.name, path.stem) for path in FOLDER.glob("*/*.json"))
