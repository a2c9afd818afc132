"""Archive what the events table's stream delivers, and say when it delivers what must never happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from commerce.audit.archive import Archive
from commerce.audit.stream import event_of


def archive_events(
    records: Iterable[dict[str, Any]], archive: Archive, tampered: Callable[[str, str], None]
) -> str | None:
    """Keep the inserted events of a batch as one segment; return its key, or None when there were none.

    Doing it again with the same batch changes nothing.

    Parameters
    ----------
    tampered
        Is told the id of an event that was changed or removed in the table, and which: nobody may do either.

    Raises
    ------
    LookupError, TypeError, ValueError
        When something was inserted that is no event of the shop's. Nothing was written.
    """
    fresh = []
    for record in records:
        if record["eventName"] == "INSERT":
            fresh.append(record["dynamodb"])
        else:
            keys = record["dynamodb"]["Keys"]
            tampered(f"{keys['pk']['S']}/{keys['sk']['S']}", str(record["eventName"]).lower())
    if not fresh:
        return None
    began = datetime.fromtimestamp(float(fresh[0]["ApproximateCreationDateTime"]), UTC)
    return archive.put([event_of(change["NewImage"]) for change in fresh], fresh[0]["SequenceNumber"], began)
