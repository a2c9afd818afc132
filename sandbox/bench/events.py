"""Reads the real event shapes of `events/` and fills in what only a running shop knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "events"
_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")

Event = dict[str, Any]


def load(function: str, case: str, **values: str) -> Event:
    """Read `events/<function>/<case>.json` with each ``{{name}}`` replaced by that value.

    Raises
    ------
    KeyError
        When the event asks for a value that is not given.
    """
    text = (FOLDER / function / f"{case}.json").read_text(encoding="utf-8")
    event: Event = json.loads(_PLACEHOLDER.sub(lambda found: values[found[1]], text))
    return event
