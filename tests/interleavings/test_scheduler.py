"""The scheduler: it runs every order once, leaves out none that anybody could tell, and replays what it prints."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import pytest

from tests.support import scheduler as module
from tests.support.arena import arena
from tests.support.footprints import Call, Row, of_request
from tests.support.scheduler import Piece, Ran, Scheduler, Stuck, every_order, one_after_another, replay
from tests.support.situations.acts import EXPIRE, POLL
from tests.support.situations.unpaid import PAID_UNHEARD


class Step(NamedTuple):
    """A read of one row or a write of another, in a shop of numbers."""

    row: str
    writes: bool

    @property
    def call(self) -> Call:
        rows = frozenset({Row(self.row)})
        return Call("write", writes=rows) if self.writes else Call("read", reads=rows)


def a_step(row: str = "a") -> Step:
    return Step(row, writes=True)


class Numbers:
    """Rows of numbers; whoever writes one writes what they have seen."""

    def __init__(self, programs: Sequence[Sequence[Step]]) -> None:
        self.scheduler = Scheduler()
        self.programs = programs
        self.rows: dict[str, int] = {}

    def pieces(self) -> list[Piece]:
        self.rows = {}
        return [
            Piece(f"p{place}", partial(self._do, place + 1, program)) for place, program in enumerate(self.programs)
        ]

    def _do(self, seen: int, program: Sequence[Step]) -> int:
        for step in program:
            self.scheduler.arrive(step.call)
            if step.writes:
                self.rows[step.row] = 31 * self.rows.get(step.row, 0) + seen
            else:
                seen = 7 * seen + self.rows.get(step.row, 0)
        return seen

    def ends(self, *, all_the_same: bool = False) -> list[tuple[object, ...]]:
        return [
            (*ran.outcomes, *sorted(self.rows.items()))
            for ran in every_order(self.scheduler, self.pieces, all_the_same=all_the_same)
        ]


def test_every_order_is_run_once() -> None:
    numbers = Numbers([[a_step()] * 3, [a_step()] * 3])
    orders = [ran.turns for ran in every_order(numbers.scheduler, numbers.pieces)]
    assert sorted(orders) == sorted(set(itertools.permutations([0, 0, 0, 1, 1, 1])))
    assert len(orders) == len(set(orders)) == 20


def test_what_nobody_can_tell_apart_is_run_once() -> None:
    apart = Numbers([[a_step("a")] * 3, [a_step("b")] * 3])
    assert len(apart.ends()) == 1
    assert len(apart.ends(all_the_same=True)) == 20
    reading = Numbers([[Step("a", writes=False)] * 2, [Step("a", writes=False)] * 2])
    assert len(reading.ends()) == 1


def test_what_is_left_out_ends_like_what_is_run(dice: random.Random) -> None:
    """Of programs made by chance, all orders end where those end that are run."""
    fewer = 0
    for _ in range(60):
        sizes = dice.choice([(3, 3), (4, 3), (2, 2, 2)])
        programs = [[Step(dice.choice("abc"), dice.random() < 0.5) for _ in range(size)] for size in sizes]
        numbers = Numbers(programs)
        run, plain = numbers.ends(), numbers.ends(all_the_same=True)
        assert set(run) == set(plain), programs
        assert len(run) <= len(plain)
        fewer += len(plain) - len(run)
    assert fewer > 0


def test_on_an_engine_too(engine_url: str) -> None:
    """What becomes of an overdue order whose money came: the orders that are run end as all of them do."""
    works = (POLL, EXPIRE)

    def ends(all_the_same: bool) -> set[str]:
        found = set()
        orders = every_order(there.scheduler, lambda: there.fresh(works), all_the_same=all_the_same)
        for ran in orders:
            found.add(repr((ran.outcomes, [entry.type for entry in there.world.account("order").order.timeline])))
        return found

    with arena(engine_url, PAID_UNHEARD) as there:
        assert ends(False) == ends(True)


def test_an_order_is_printed_and_replayed() -> None:
    numbers = Numbers([[a_step(), Step("a", writes=False)], [a_step()]])
    ran = list(every_order(numbers.scheduler, numbers.pieces))[1]
    assert str(ran) == "p0:write p1:write p0:read"
    assert again(numbers, str(ran)) == ran


def again(numbers: Numbers, line: str) -> Ran | None:
    return numbers.scheduler.run(numbers.pieces(), replay(line, ["p0", "p1"]))


def test_who_waits_for_another_is_stuck_and_the_order_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_SECONDS", 0.2)
    scheduler, lock = Scheduler(), threading.Lock()

    def hold() -> None:
        with lock:
            scheduler.arrive(a_step().call)
            scheduler.arrive(a_step().call)

    def want() -> None:
        scheduler.arrive(a_step().call)
        with lock:
            pass

    with pytest.raises(Stuck, match="hold:write want:write"):
        scheduler.run([Piece("hold", hold), Piece("want", want)], replay("hold:write want:write", ["hold", "want"]))


def test_what_is_raised_is_an_outcome() -> None:
    scheduler = Scheduler()
    ran = scheduler.run([Piece("fails", lambda: 1 // 0)], one_after_another(0))
    assert ran is not None
    assert isinstance(ran.outcomes[0], ZeroDivisionError)


def test_work_that_is_left_to_luck_is_found() -> None:
    numbers = Numbers([[a_step()], [a_step()]])
    rows = iter([[a_step()], [Step("a", writes=False)]])

    def pieces() -> list[Piece]:
        numbers.programs = [next(rows), [a_step()]]
        return numbers.pieces()

    with pytest.raises(AssertionError, match="left to luck"):
        list(every_order(numbers.scheduler, pieces))


@pytest.mark.parametrize(
    ("name", "body", "reads", "writes"),
    [
        ("GetItem", '{"TableName":"t","Key":{"pk":{"S":"a"},"sk":{"S":"b"}}}', {Row("t", "a", "b")}, set()),
        (
            "Query",
            '{"TableName":"t","KeyConditionExpression":"#0 = :0","ExpressionAttributeNames":{"#0":"pk"},'
            '"ExpressionAttributeValues":{":0":{"S":"a"}}}',
            {Row("t", "a")},
            set(),
        ),
        ("Query", '{"TableName":"t","IndexName":"due","KeyConditionExpression":"pk = :0"}', {Row("t")}, set()),
        ("Scan", '{"TableName":"t"}', {Row("t")}, set()),
        (
            "BatchGetItem",
            '{"RequestItems":{"t":{"Keys":[{"pk":{"S":"a"}}]},"u":{"Keys":[{"pk":{"S":"b"}}]}}}',
            {Row("t", "a"), Row("u", "b")},
            set(),
        ),
        (
            "TransactWriteItems",
            '{"TransactItems":[{"Put":{"TableName":"t","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"x":{"N":"1"}}}},'
            '{"ConditionCheck":{"TableName":"t","Key":{"pk":{"S":"c"}}}}]}',
            {Row("t", "c")},
            {Row("t", "a", "b")},
        ),
    ],
)
def test_what_a_call_touches(name: str, body: str, reads: set[Row], writes: set[Row]) -> None:
    call = of_request(name, body)
    assert (set(call.reads), set(call.writes)) == (reads, writes)


def test_an_unknown_call_is_refused() -> None:
    with pytest.raises(AssertionError, match="nobody said"):
        of_request("ExecuteStatement", "{}")


def test_rows_of_one_partition_meet_and_others_do_not() -> None:
    assert Row("t", "a").overlaps(Row("t", "a", "b"))
    assert not Row("t", "a", "c").overlaps(Row("t", "a", "b"))
    assert Row("t").overlaps(Row("t", "a", "b"))
    assert not Row("u").overlaps(Row("t"))
