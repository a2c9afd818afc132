"""Put the events of the table's stream on the bus. The table is the outbox: nothing is saved and then published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from commerce.audit.stream import event_of

SOURCE = "salama"
#: What stays in the table: who listens needs neither the mark of a request nor the link to the event before.
NOT_TOLD = ("prev", "request")
#: PutEvents takes no more at once.
MOST_AT_ONCE = 10


class NotRelayed(Exception):
    """The bus did not take an event; the stream delivers again from this sequence number."""

    def __init__(self, sequence_number: str) -> None:
        super().__init__(sequence_number)
        self.sequence_number = sequence_number


def relay(records: Iterable[dict[str, Any]], bus: Any, bus_name: str) -> int:
    """Put the inserted events of stream records on the bus, in their order; return how many.

    Raises
    ------
    NotRelayed
        Naming the first record that was not taken. Later ones may have been: consumers see an event at least once.
    """
    fresh = [record for record in records if record["eventName"] == "INSERT"]
    for start in range(0, len(fresh), MOST_AT_ONCE):
        _put(fresh[start : start + MOST_AT_ONCE], bus, bus_name)
    return len(fresh)


def _put(group: Sequence[dict[str, Any]], bus: Any, bus_name: str) -> None:
    answer = bus.put_events(Entries=[_entry(record["dynamodb"]["NewImage"], bus_name) for record in group])
    if not answer["FailedEntryCount"]:
        return
    results = zip(group, answer["Entries"], strict=True)
    # An answer that counts failures and names none fails its whole group: better twice on the bus than never.
    failed = next((record for record, result in results if not result.get("EventId")), group[0])
    raise NotRelayed(failed["dynamodb"]["SequenceNumber"])


def _entry(image: dict[str, Any], bus_name: str) -> dict[str, str]:
    event = event_of(image)
    told = {name: value for name, value in event.items() if name not in NOT_TOLD}
    return {
        "EventBusName": bus_name,
        "Source": SOURCE,
        "DetailType": event["type"],
        "Detail": json.dumps(told, separators=(",", ":")),
    }
