"""Healing in this process: queues in memory beside a shop, and an archive that holds every event of its log."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from commerce.audit.archive import Archive
from commerce.audit.store import EventRow, to_event
from commerce.healing.bounds import HealingSettings
from commerce.healing.change_settings import change_settings
from commerce.healing.desk import HealingDesk, Letter
from commerce.healing.diagnose import Patience
from commerce.healing.heal_failures import Run, heal_failures
from commerce.healing.model import WAITING, Case, Finding, Kind, State, case_id
from commerce.kernel.clock import from_text
from commerce.kernel.events import Event
from tests.support.shop import Shop

PATIENCE = Patience.of(20, (20, 30, 60), (30, 60), spare=600)
#: Longer than anything may take.
LONG = timedelta(hours=2)


@dataclass
class Queues:
    """Work queues and dead letters as lists; a letter that is taken and not dropped lies there still."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    dead: dict[str, list[Letter]] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    def lay(self, queue: str, body: str, at: datetime, **more: Any) -> Letter:
        """Let a message be dead."""
        name = f"m-{next(self._ids)}"
        letter = Letter(queue, name, f"h-{name}", body, at, **more)
        self.dead.setdefault(queue, []).append(letter)
        return letter

    def send(self, queue: str, body: str) -> None:
        self.sent.append((queue, body))

    def letters(self) -> Sequence[str]:
        return [queue for queue, letters in self.dead.items() if letters]

    def take(self, queue: str) -> list[Letter]:
        return self.dead[queue][:10]

    def drop(self, letter: Letter) -> None:
        self.dead[letter.queue] = [each for each in self.dead[letter.queue] if each.id != letter.id]

    def left(self) -> int:
        """How many letters lie there."""
        return sum(map(len, self.dead.values()))


@dataclass
class Shelf:
    """An archive that holds the events of each moment as a segment of their own, from that moment on."""

    shop: Shop
    _held: dict[str, list[Event]] = field(default_factory=dict)

    def segments(self, after: str | None, until: datetime) -> Iterator[str]:
        self._held = {}
        for row in self.shop.database.bind(EventRow, "events").scan(consistent_read=True):
            event = to_event(row)
            key = f"events/{from_text(event.at):%Y-%m-%d/%H%M%S%f}"
            self._held.setdefault(key, []).append(event)
        for key in sorted(self._held):
            if (after is None or key > after) and key < f"events/{until:%Y-%m-%d/%H%M%S%f}":
                yield key

    def read(self, key: str) -> list[Event]:
        return self._held[key]


@dataclass
class Clinic:
    """A shop that heals itself, and what tests ask of it."""

    shop: Shop
    queues: Queues = field(default_factory=Queues)
    published: list[Event] = field(default_factory=list)
    desk: HealingDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = self.make()
        # Reading starts with what is young when the first run comes.
        self.desk.cases.keep("ARCHIVE#soon", "events/2026")
        self.desk.cases.keep("ARCHIVE#late", "events/2026")

    def make(self, **more: Any) -> HealingDesk:
        """Return a desk with everything that a run has."""
        having = {"archive": cast(Archive, Shelf(self.shop)), "publish": self.published.extend, **more}
        return HealingDesk(self.shop.till, self.queues, PATIENCE, **having)

    @property
    def staff(self) -> HealingDesk:
        """What staff have: neither archive nor bus."""
        return HealingDesk(self.shop.till, self.queues, PATIENCE)

    def run(self, seconds: float = 200) -> Run:
        """Do one run."""
        return heal_failures(self.desk, seconds=seconds)

    def later(self, by: timedelta = LONG) -> Run:
        """Do one run after a while."""
        self.shop.clock.forward(by)
        return self.run()

    def set(self, **changes: Any) -> HealingSettings:
        """Change settings; ``actions`` are changes of single ones."""
        before = self.desk.settings.read()
        actions = dict(before.actions)
        for action, bounds in changes.pop("actions", {}).items():
            actions[action] = actions[action].model_copy(update=bounds)
        wanted = before.model_copy(update={**changes, "actions": actions})
        return change_settings(self.desk, wanted, by="staff-1", reason="a test")

    def about(self, about: str) -> Case:
        """Read the case about something."""
        case = self.desk.cases.read(case_id(about))
        assert case is not None, about
        return case

    def cases(self, *states: State) -> list[Case]:
        """Read every case in these states; without any, those that are not over."""
        found = []
        for state in states or sorted(WAITING):
            listed = self.desk.cases.listed(state, after=None, limit=1000, newest=False)
            found += self.desk.cases.read_many([each.id for each in listed])
        return found

    def kinds(self, *states: State) -> list[Kind]:
        """Return the kinds of the cases in these states."""
        return sorted(case.kind for case in self.cases(*states))

    def events(self, case: Case) -> list[str]:
        """Return the types of a case's trail."""
        return [event.type for event in self.shop.till.log.trail(case.subject)]


def everything(shop: Shop) -> dict[str, list[Any]]:
    """Return every row of every table."""
    client: Any = shop.database.connection.client
    found = {}
    for own, name in sorted(shop.database._names.items()):
        items: list[Any] = []
        more: dict[str, Any] = {}
        while True:
            answer = client.scan(TableName=name, ConsistentRead=True, **more)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        found[own] = sorted(items, key=lambda item: str(sorted(item.items())))
    return found


def finding(about: str = "something", kind: Kind = Kind.STOCK_MISMATCH, sign: str = "x", **more: Any) -> Finding:
    """Return something that is wrong."""
    facts = {"sku": "A", "bucket": 0} if kind is Kind.STOCK_MISMATCH else {}
    return Finding(kind=kind, sign=sign, about=about, title="t", detail="d", **({"facts": facts} | more))
