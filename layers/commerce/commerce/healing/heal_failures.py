"""One run: take what failed into cases, look at what happened and at the shelf, and see to what is due. Bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commerce.healing.attend import Allowance, attend
from commerce.healing.check_stock import check_stock, compare_holds
from commerce.healing.desk import HealingDesk
from commerce.healing.look_at_orders import look_at_order, read_archive
from commerce.healing.model import Kind, State
from commerce.healing.preview import preview
from commerce.healing.take_letters import take_letters
from commerce.kernel.clock import from_text
from commerce.kernel.errors import CommitBusy
from commerce.kernel.ids import request_token

#: Things seen to in one run; what is left is due at the next.
MOST_IN_ONE_RUN = 200
#: Cases that are counted for the alarms.
MOST_COUNTED = 1_000
_LEASE = "LEASE"


@dataclass(slots=True)
class Run:
    """What a run did.

    Parameters
    ----------
    skipped
        Why nothing was done: ``switched_off``, ``dry_run`` or ``another_run``; None where it ran.
    did
        How often what came of a case.
    would
        In a dry run, how often which action would have been taken.
    """

    skipped: str | None = None
    letters: int = 0
    orders: int = 0
    stock_faults: int = 0
    did: Counter[str] = field(default_factory=Counter)
    would: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Levels:
    """How much waits now. Ages in seconds; 0 where nothing does.

    Parameters
    ----------
    waiting
        Cases that wait for a person, by kind: handed over, or proposed.
    oldest
        Age of the one that waits longest.
    unknown, oldest_unknown
        Payments whose outcome nobody knows, whoever sees to them, and the age of the oldest.
    stock_faults
        Buckets whose units are not accounted for.
    """

    waiting: Counter[str]
    oldest: float
    unknown: int
    oldest_unknown: float
    stock_faults: int


def heal_failures(desk: HealingDesk, *, seconds: float) -> Run:
    """Do one run within `seconds`. Two runs never overlap: the second one leaves.

    What goes wrong with single things does not keep the others waiting, and is raised when the run is over.

    Raises
    ------
    ExceptionGroup
        What went wrong; each names its part in a note.
    """
    settings = desk.settings.read()
    if not settings.enabled:
        return Run("switched_off")
    started = desk.clock.now()
    if settings.dry_run:
        return Run("dry_run", would=Counter(case.action.value for case in preview(desk)))
    holder = request_token()
    # A run that died lets the next one in when it would have ended at the latest.
    if not desk.cases.reserve(_LEASE, holder, started, timedelta(seconds=seconds) + timedelta(minutes=1)):
        return Run("another_run")
    run, faults = Run(), list[Exception]()

    def still() -> bool:
        return desk.clock.now() - started < timedelta(seconds=seconds)

    try:
        with _apart("letters", faults):
            run.letters = take_letters(desk, still)
        if desk.archive is not None:
            with _apart("archive", faults):
                run.orders = read_archive(desk, still)
        _see_to_what_is_due(desk, run, Allowance(settings), still, faults)
        with _apart("stock", faults):
            run.stock_faults = check_stock(desk, still) + compare_holds(desk, still)
    finally:
        desk.cases.give_up(_LEASE, holder, desk.clock.now())
    if faults:
        raise ExceptionGroup(f"what could not be healed, beside {run}", faults)
    return run


def _see_to_what_is_due(
    desk: HealingDesk, run: Run, allowance: Allowance, still: Callable[[], bool], faults: list[Exception]
) -> None:
    for due in list(desk.cases.due(desk.clock.now(), MOST_IN_ONE_RUN)):
        if not still():
            break
        with _apart(f"case {due.case}" if due.case else f"order {due.order}", faults):
            try:
                if due.case is not None:
                    run.did[attend(desk, due.case, allowance).value] += 1
                elif due.order is not None:
                    look_at_order(desk, due.order)
                    run.orders += 1
            except CommitBusy:
                run.did["busy"] += 1


@contextmanager
def _apart(what: str, faults: list[Exception]) -> Iterator[None]:
    """Keep what goes wrong within from what follows."""
    try:
        yield
    except Exception as fault:
        fault.add_note(what)
        faults.append(fault)


def levels(desk: HealingDesk) -> Levels:
    """Count what waits (one query for each state)."""
    now = desk.clock.now()
    waiting: Counter[str] = Counter()
    oldest = oldest_unknown = 0.0
    unknown = stock_faults = 0
    for state in (State.OPEN, State.PROPOSED, State.FOR_PERSON):
        for case in desk.cases.listed(state, after=None, limit=MOST_COUNTED, newest=False):
            age = _age(case.opened_at, now)
            if state is not State.OPEN:
                waiting[case.kind] += 1
                oldest = max(oldest, age)
            if case.kind in (Kind.UNKNOWN_OUTCOME, Kind.STUCK_PAYMENT):
                unknown += 1
                oldest_unknown = max(oldest_unknown, age)
            stock_faults += case.kind == Kind.STOCK_MISMATCH
    return Levels(waiting, oldest, unknown, oldest_unknown, stock_faults)


def _age(opened_at: str, now: datetime) -> float:
    return (now - from_text(opened_at)).total_seconds()
