"""Look at the orders that something happened to, and again at those that were unfinished then.

What happened is read from the archive, so the cost is that of what happened, not of what exists; and nothing depends on
a message that may be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from commerce.healing.desk import HealingDesk
from commerce.healing.diagnose import Diagnosis, diagnose
from commerce.healing.open_case import Opened, open_case
from commerce.kernel.events import Event
from commerce.notifications.mails import MAILED

#: Segments whose writing failed come up to a day late, under their own time: what happened is looked at once more then.
LATE = timedelta(hours=25)
#: Segments of one reading in one run; each holds up to one batch of the stream.
MOST_SEGMENTS = 60
#: An order that is unfinished and overdue has its case; it is looked at again for what else may come of it.
_AFTER_FINDING = timedelta(hours=6)


def read_archive(desk: HealingDesk, still: Callable[[], bool]) -> int:
    """Look at the orders of what was archived since the last run, while there is time; return how many."""
    assert desk.archive is not None
    looked = 0
    for reading, behind in (("soon", desk.patience.fresh), ("late", LATE)):
        place = f"ARCHIVE#{reading}"
        # A shop's first run begins with what is being worked on now.
        until = desk.clock.now() - behind
        cursor = desk.cases.note(place)
        if cursor is None:
            cursor = f"events/{until:%Y-%m-%d/%H%M%S}"
            desk.cases.keep(place, cursor)
        for count, key in enumerate(desk.archive.segments(cursor, until), 1):
            if count > MOST_SEGMENTS or not still():
                break
            orders: dict[str, list[Event]] = {}
            for event in desk.archive.read(key):
                if event.subject.startswith("order/"):
                    told = orders.setdefault(event.subject.removeprefix("order/"), [])
                    told += [event] if event.type in MAILED else []
            for number, mails in orders.items():
                look_at_order(desk, number, mails)
                looked += 1
            # Written when all of it was looked at: a run that dies looks at the segment again.
            desk.cases.keep(place, key)
    return looked


def look_at_order(desk: HealingDesk, number: str, mails: Iterable[Event] = ()) -> int:
    """Open a case of each thing that is wrong with an order, and look again when something unfinished would be.

    Returns
    -------
    int
        How many cases are new or open again.
    """
    now = desk.clock.now()
    waiting = {event.id: event for event in (*desk.cases.watched(number), *mails)}
    found = examine(desk, number, list(waiting.values()), now)
    if found is None:
        desk.cases.unwatch(number, now)
        return 0
    diagnosis, unsent = found
    fresh = [open_case(desk, finding) for finding in diagnosis.findings]
    again = diagnosis.look_at or (now + _AFTER_FINDING if _pending(diagnosis) else None)
    if again is None:
        desk.cases.unwatch(number, now)
    else:
        desk.cases.watch(number, again, unsent)
    return sum(opened is not Opened.KNOWN for opened in fresh)


def examine(desk: HealingDesk, number: str, mails: list[Event], now: datetime) -> tuple[Diagnosis, list[Event]] | None:
    """Return what is wrong with an order, and those of the events about which no e-mail was sent that is not overdue.

    None when there is no such order.
    """
    account = desk.till.payments.account(number)
    if account is None:
        return None
    sent = desk.mails.sent(event.id for event in mails)
    told = [(event, event.id in sent) for event in mails]
    diagnosis = diagnose(account, desk.board.version(number), told, now, desk.patience)
    overdue = {finding.about for finding in diagnosis.findings}
    return diagnosis, [event for event, done in told if not done and f"event/{event.id}/mail" not in overdue]


def _pending(diagnosis: Diagnosis) -> bool:
    """Tell whether what was found is of an order that may go on: its cases end, and something else may come."""
    return any(finding.order_number is not None for finding in diagnosis.findings)
