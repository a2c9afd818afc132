"""Where use cases meet: a shop in one state, as often as it takes, and what must hold after any order of calls."""

from __future__ import annotations

import copy
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import Any

from commerce.kernel.context import Context, working
from commerce.kernel.errors import CommitBusy
from commerce.payments.store import Account
from tests.support import engines
from tests.support.books import assert_books
from tests.support.footprints import Call, Row, of_provider, of_request
from tests.support.healing import everything
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept
from tests.support.scheduler import Piece, Ran, Scheduler
from tests.support.shop import Shop
from tests.support.stories import SKU, World

#: What is asked of providers, and what their buyers do there: one step each.
STEPS = ("start", "look_up", "cancel", "refund", "statement", "ask_for_record", "pay", "fail", "give_back_outside")
#: What providers remember of what they were asked; it changes no answer.
_HEARD = frozenset({"started", "looked_up", "refunded", "asked"})
#: Rows that one BatchWriteItem takes.
_BATCH = 25
#: Facts that an order has once at most.
_ONCE = frozenset({"OrderPlaced", "OrderCancelled"})


@dataclass(frozen=True)
class Work:
    """Something that may be at work: one request, message or click, and how it may be refused."""

    name: str
    do: Callable[[World], object]
    refusals: tuple[type[Exception], ...] = ()


@dataclass(frozen=True)
class Situation:
    """What has happened, and what may be at work then, at the same moment as itself or anything else.

    `stock` is how many units there are, `kept` checks the promises, and `books` the books, at any moment or (`settled`)
    once everything came to rest.
    """

    name: str
    given: Callable[[World], object]
    works: tuple[Work, ...]
    stock: int = 2
    kept: Callable[[World], list[Account]] = lambda world: assert_kept(world.shop)
    books: Callable[[World, list[Account], bool], None] = lambda world, accounts, settled: assert_books(
        world.shop, world.mpesa, accounts, settled=settled
    )

    def __str__(self) -> str:
        return self.name

    @property
    def pairs(self) -> list[tuple[Work, Work]]:
        """Every unordered pair, each with itself included."""
        return list(combinations_with_replacement(self.works, 2))


@dataclass
class Arena:
    """A shop in which a situation has come about, and comes about again after each trial."""

    situation: Situation
    world: World
    scheduler: Scheduler = field(default_factory=Scheduler)
    _settled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.world.shop.sell(SKU, stock=self.situation.stock)
        self.situation.given(self.world)
        shop = self.world.shop
        self._memory: list[Any] = [self.world.mpesa, shop.card, shop.clock, *self.world.notes.get("memory", ())]
        self._saved = [copy.deepcopy(_state(thing)) for thing in self._memory]
        self._stored = dict(_rows(shop))
        self._touched: set[Row] = set()

    def fresh(self, works: Sequence[Work]) -> list[Piece]:
        """Bring the situation about, and return what the scheduler runs. A work that is there twice gets a new name."""
        self.reset()
        seen: Counter[str] = Counter()
        made = []
        for work in works:
            made.append(Piece(work.name + "'" * seen[work.name], functools.partial(work.do, self.world)))
            seen[work.name] += 1
        return made

    def reset(self) -> None:
        """Put everything back that was changed: rows, the providers' truth, the clock."""
        for thing, saved in zip(self._memory, self._saved, strict=True):
            vars(thing).update(copy.deepcopy(saved))
        changes = [(row.table, _undo(row, self._stored.get(row))) for row in self._touched]
        client: Any = self.world.shop.database.connection.client
        for start in range(0, len(changes), _BATCH):
            asked: dict[str, list[Any]] = {}
            for table, change in changes[start : start + _BATCH]:
                asked.setdefault(table, []).append(change)
            while asked:
                asked = client.batch_write_item(RequestItems=asked)["UnprocessedItems"]
        self._touched.clear()

    def assert_as_it_was(self) -> None:
        """Nothing of a trial stayed behind."""
        self.reset()
        assert dict(_rows(self.world.shop)) == self._stored

    def judge(self, works: Sequence[Work], ran: Ran, *, rest: bool = True) -> None:
        """Check what a trial came to; with `rest`, let everything come to rest then, and check again.

        Where it stands as an earlier trial did that came to rest, so does this one.

        Raises
        ------
        AssertionError
            With the order of calls, and what came of each work.
        """
        try:
            for work, outcome in zip(works, ran.outcomes, strict=True):
                _assert_allowed(work, outcome)
            accounts = self.situation.kept(self.world)
            _assert_once(accounts)
            _assert_counted_in(self.world.shop, accounts)
            self.situation.books(self.world, accounts, False)
            standing = self._standing(accounts, ran)
            if rest and standing not in self._settled:
                self._come_to_rest(works, ran)
                self._settled.add(standing)
        except Exception as error:
            pairs = zip(ran.names, ran.outcomes, strict=True)
            told = "\n".join(f"  {name}: {outcome!r:.100}" for name, outcome in pairs)
            raise AssertionError(f"{self.situation.name}: {ran}\n{told}\n{error!r}") from error

    def _come_to_rest(self, works: Sequence[Work], ran: Ran) -> None:
        for work, outcome in zip(works, ran.outcomes, strict=True):
            if isinstance(outcome, Exception):
                _assert_allowed(work, _again(work, self.world))
        postman = Postman(self.world.shop, self.world.mpesa)
        postman.settle_down()
        assert postman.dead_letters == []
        accounts = self.situation.kept(self.world)
        _assert_once(accounts)
        self.situation.books(self.world, accounts, True)

    def _standing(self, accounts: Iterable[Account], ran: Ran) -> str:
        """Describe what a trial came to, without what nothing that follows depends on: in which order facts came."""
        refused = [
            name for name, outcome in zip(ran.names, ran.outcomes, strict=True) if isinstance(outcome, Exception)
        ]
        truth = [{name: kept for name, kept in _state(thing).items() if name not in _HEARD} for thing in self._memory]
        return repr((refused, [_in_any_order(account) for account in accounts], truth))

    @contextmanager
    def watched(self) -> Iterator[Arena]:
        """Have every call of this shop wait for its turn, and what it writes be remembered."""
        shop = self.world.shop
        events: Any = shop.database.connection.client.meta.events

        def arrive(model: Any, params: dict[str, Any], **_: Any) -> None:
            if model.name == "BatchWriteItem":
                return
            call = of_request(model.name, params["body"])
            self._touched |= call.writes
            self.scheduler.arrive(call)

        events.register("before-call.dynamodb", arrive)
        for provider in (self.world.mpesa, shop.card):
            for name in STEPS:
                if hasattr(provider, name):
                    setattr(provider, name, self._step(of_provider(name, provider), getattr(provider, name)))
        try:
            yield self
        finally:
            events.unregister("before-call.dynamodb", arrive)

    def _step(self, call: Call, method: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(method)
        def step(*args: Any, **more: Any) -> object:
            return self.scheduler.whole(call, lambda: method(*args, **more))

        return step


@contextmanager
def arena(url: str, situation: Situation) -> Iterator[Arena]:
    """Open a shop on an engine, and let a situation come about in it."""
    database = engines.fresh_database(url)
    mpesa = Mpesa()
    with Arena(situation, World(Shop(database, provider=mpesa), mpesa)).watched() as made:
        yield made
        made.assert_as_it_was()
    engines.drop_elsewhere(database, url)


def _state(thing: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(thing).items() if name not in STEPS and name != "_ids"}


def _in_any_order(account: Account) -> tuple[object, ...]:
    order = account.order
    facts = sorted(entry.type for entry in order.timeline)
    refunds = [refund.model_copy(update={"credit_code": None}) for refund in account.refunds.values()]
    beside = (account.attempts, account.shipments, account.returns)
    return facts, order.model_copy(update={"timeline": (), "head": None}), refunds, *beside


def _rows(shop: Shop) -> Iterator[tuple[Row, dict[str, Any]]]:
    names = shop.database._names
    for own, items in everything(shop).items():
        for item in items:
            yield Row(names[own], item["pk"]["S"], item["sk"]["S"] if "sk" in item else None), item


def _undo(row: Row, stored: dict[str, Any] | None) -> dict[str, Any]:
    if stored is not None:
        return {"PutRequest": {"Item": stored}}
    key = {"pk": {"S": row.pk}, **({"sk": {"S": row.sk}} if row.sk is not None else {})}
    return {"DeleteRequest": {"Key": key}}


def _again(work: Work, world: World) -> object:
    try:
        with working(Context()):
            return work.do(world)
    except Exception as error:
        return error


def _assert_allowed(work: Work, outcome: object) -> None:
    if isinstance(outcome, Exception) and not isinstance(outcome, (CommitBusy, *work.refusals)):
        raise AssertionError(f"{work.name} must not end like this: {outcome!r}") from outcome


def _assert_once(accounts: Iterable[Account]) -> None:
    """What one request or one payment sets going is set going once."""
    receipts: Counter[tuple[str, str]] = Counter()
    for account in accounts:
        facts = Counter(entry.type for entry in account.order.timeline)
        assert all(facts[fact] <= 1 for fact in _ONCE), facts
        assert facts["PaymentConfirmed"] <= len(account.attempts), facts
        for made in (account.attempts, account.shipments, account.returns):
            keys = Counter(one.key for one in made.values())
            assert max(keys.values(), default=0) <= 1, f"{account.order.number}: one key, done twice: {keys}"
        spent = [(one.method, one.receipt) for one in account.attempts.values() if one.receipt is not None]
        receipts.update(spent)
        asked = Counter((one.key, one.attempt) for one in account.refunds.values() if one.key is not None)
        assert max(asked.values(), default=0) <= 1, f"{account.order.number}: one key, given back twice: {asked}"
    assert max(receipts.values(), default=0) <= 1, f"one receipt pays twice: {receipts}"


def _assert_counted_in(shop: Shop, everything: Iterable[Account]) -> None:
    """Units are in the books as often as deliveries, corrections and returns say that they came or went."""
    came = 0
    for event in shop.till.log.trail(f"sku/{SKU}"):
        came += sum(event.data["quantities"]) if event.type == "StockReceived" else event.data.get("change", 0)
    lost = sum(
        line.quantity
        for account in everything
        for one in account.returns.values()
        for line in one.received
        if line.fate == "write_off"
    )
    assert shop.stock(SKU)["received"] == came - lost, "units were counted in twice, or never"
