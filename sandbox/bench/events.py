"""Reads the real event shapes of `events/` and fills in what only a running shop knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "events"
_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")

Event = dict[str, Any]

#: Who signs the requests: a token for each placeholder ``token_of_…``, from when the shop is open.
tokens: dict[str, str] = {}


def load(function: str, case: str, **values: str) -> Event:
    """Read `events/<function>/<case>.json` with each ``{{name}}`` replaced by that value; tokens come by themselves.

    Raises
    ------
    KeyError
        When the event asks for a value that is not given.
    """
    text = (FOLDER / function / f"{case}.json").read_text(encoding="utf-8")
    known = tokens | values
    event: Event = json.loads(_PLACEHOLDER.sub(lambda found: known[found[1]], text))
    return event
