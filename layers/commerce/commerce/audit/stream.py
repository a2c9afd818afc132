"""Reads an event from its stored item, as the table's stream and DynamoDB's own answers show it. Light."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

#: What an event may lack: those from before the chain have no hash, and many follow from nobody's click or key.
OPTIONAL = ("hash", "prev", "correlation_id", "request")


def event_of(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event of an item, as JSON has it: hashes in hexadecimal.

    Raises
    ------
    LookupError, TypeError, ValueError
        When the item is no event of the shop's.
    """
    subject, sequence = image["pk"]["S"], image["sk"]["S"]
    event = {
        "id": f"{subject}/{sequence}",
        "type": image["type"]["S"],
        "version": int(image["version"]["N"]),
        "subject": subject,
        "sequence": sequence,
        "at": image["at"]["S"],
        "data": json.loads(image["data"]["S"]),
    }
    for name in OPTIONAL:
        if name in image:
            event[name] = _hexadecimal(image[name]["B"]) if name in ("hash", "prev") else image[name]["S"]
    return event


def _hexadecimal(value: bytes | str) -> str:
    # The stream writes bytes in base 64; botocore has decoded them already.
    return (base64.b64decode(value, validate=True) if isinstance(value, str) else value).hex()
