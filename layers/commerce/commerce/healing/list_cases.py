"""The queue of cases, a page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from commerce.catalog.cursor import read_cursor, write_cursor
from commerce.healing.desk import HealingDesk
from commerce.healing.model import Case, State
from commerce.kernel.errors import InvalidRequest

MAX_LIMIT = 50
DEFAULT_LIMIT = 25
_FORM = re.compile(r"(open|proposed|for_person|healed|dismissed)/[0-9TZ:.-]{20,30}/[0-9a-f]{20}")
#: What waits for people comes first.
_QUEUE = (State.FOR_PERSON, State.PROPOSED, State.OPEN)
#: What is over is listed newest first, what waits oldest first.
_NEWEST_FIRST = frozenset({State.HEALED, State.DISMISSED})


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases. It may hold fewer than asked for; the list ends where there is no cursor."""

    items: tuple[Case, ...]
    next_cursor: str | None


def list_cases(
    desk: HealingDesk, state: State | None, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> CasePage:
    """Return a page of the cases in one state; without one, of all that are not over.

    Raises
    ------
    InvalidRequest
        Field ``limit`` outside 1..50; field ``cursor`` when it does not come from a page of this list.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"A page holds 1 to {MAX_LIMIT} cases.", field="limit")
    scope = f"cases {state or 'waiting'}"
    states = list(_QUEUE if state is None else (state,))
    after: tuple[str, str] | None = None
    if cursor is not None:
        begun, opened_at, case = read_cursor(cursor, scope, form=_FORM).split("/")
        states = states[states.index(State(begun)) :]
        after = (opened_at, case)
    found: list[tuple[State, str, str]] = []
    for each in states:
        wanted = limit + 1 - len(found)
        if wanted > 0:
            listed = desk.cases.listed(each, after=after, limit=wanted, newest=each in _NEWEST_FIRST)
            found += [(each, one.opened_at, one.id) for one in listed]
        after = None
    cases = desk.cases.read_many([case for _, _, case in found[:limit]])
    last = "/".join(found[limit - 1]) if len(found) > limit else None
    return CasePage(tuple(cases), write_cursor(last, scope) if last else None)
