"""The board shows every order as it last was, whatever becomes of its events, and pages of it add up to the list."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.board import export_orders as exporting
from commerce.board.export_orders import export_orders
from commerce.board.model import BoardEntry
from commerce.board.project_order import project_order
from commerce.board.search import Search, read_search
from commerce.board.search_orders import search_orders
from commerce.board.store import Board
from commerce.catalog.cursor import write_cursor
from commerce.checkout.place_order import Placement
from commerce.kernel.clock import to_text
from commerce.kernel.errors import InvalidRequest, NotFound
from commerce.kernel.ids import order_number
from commerce.ordering.model import OrderStatus
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from commerce.payments.store import Account, Payments
from tests.support import engines
from tests.support.mpesa import Mpesa
from tests.support.parcels import pay, ship, track
from tests.support.shop import Shop
from tests.unit.test_board_search import ENTRY

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_lives = itertools.count()


def project(shop: Shop, placed: Placement, version: int | None = None) -> bool:
    return project_order(Board(shop.database), shop.till.payments, placed.order.number, version)


def shown(shop: Shop, placed: Placement) -> BoardEntry | None:
    return Board(shop.database).get(placed.order.number)


def refund(shop: Shop, placed: Placement) -> None:
    wish = RefundWish(amount=10_000)
    refund_order(shop.till, placed.order.number, wish, key="refund", by="staff-1", reason="A scratch")


#: A life: each step is one more version of the order.
LIFE: list[Callable[[Shop, Mpesa, Placement], object]] = [
    pay,
    lambda shop, _, placed: ship(shop, placed),
    lambda shop, _, placed: track(shop, placed, "in_transit"),
    lambda shop, _, placed: refund(shop, placed),
    lambda shop, _, placed: track(shop, placed, "delivered"),
]


@pytest.fixture(scope="module")
def lived(request: pytest.FixtureRequest) -> tuple[Shop, Mpesa]:
    mpesa = Mpesa()
    shop = Shop(engines.fresh_database(request.getfixturevalue("ministack_url")), provider=mpesa)
    shop.sell("LAP-1", stock=10_000)
    return shop, mpesa


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(st.one_of(st.just("live on"), st.integers(0, 9)), max_size=14),
    late=st.randoms(use_true_random=False),
)
def test_any_order_of_events_ends_in_the_same_entry(
    lived: tuple[Shop, Mpesa], history: list[str | int], late: Random
) -> None:
    shop, mpesa = lived
    placed = shop.order(f"life {next(_lives)}", ("LAP-1", 1))
    life = iter(LIFE)
    heard: set[int] = set()
    for step in history:
        version = shop.account(placed).order.version
        if isinstance(step, int):
            project(shop, placed, 1 + step % version)
            heard.add(1 + step % version)
        else:
            shop.clock.forward(timedelta(seconds=1))
            next(life, lambda *_: None)(shop, mpesa, placed)
    rest = [version for version in range(1, shop.account(placed).order.version + 1) if version not in heard]
    late.shuffle(rest)
    for version in [*rest, 1, *rest]:
        project(shop, placed, version)
    assert shown(shop, placed) == BoardEntry.of(shop.account(placed))


@dataclass
class Torn(Payments):
    """Reads what a query may: the order as it is, its attempts as they were a moment before."""

    real: Payments
    before: Account

    def account(self, number: str, *, consistent: bool = True) -> Account | None:
        now = self.real.account(number)
        assert now is not None
        return Account(now.order, self.before.attempts, now.refunds, now.shipments, now.returns)


def test_a_torn_read_does_not_stay(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("LAP-1", stock=1)
    placed = quick.order("key", ("LAP-1", 1))
    before = quick.account(placed)
    pay(quick, mpesa, placed)
    version = quick.account(placed).order.version
    assert project(quick, placed, version)
    torn = Torn(quick.till.payments, before)
    assert not project_order(Board(quick.database), torn, placed.order.number, version - 1)
    assert shown(quick, placed) == BoardEntry.of(quick.account(placed))


def test_a_lost_board_is_made_again(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("LAP-1", stock=1)
    placed = quick.order("key", ("LAP-1", 1))
    pay(quick, mpesa, placed)
    project(quick, placed)
    entry = shown(quick, placed)
    assert entry is not None
    assert (entry.status, entry.payment, entry.paid) == ("processing", "succeeded", 180_000)
    assert project(quick, placed), "what is shown may be written anew, as when it gets a new member"
    assert shown(quick, placed) == entry
    with pytest.raises(NotFound):
        project_order(Board(quick.database), quick.till.payments, "0000000000")


def test_money_that_needs_a_person_is_marked(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("LAP-1", stock=1)
    placed = quick.order("key", ("LAP-1", 1))
    claim = mpesa.pay(placed.order.number, amount=100)
    quick.verify(placed, claim=claim)
    project(quick, placed)
    entry = shown(quick, placed)
    assert entry is not None
    assert (entry.payment, entry.attention) == ("review", True)


# Pages.

BUYERS = [("a@example.com", "+254700000001"), ("b@example.com", "+254700000002")]


def entries(count: int, *, days: int = 3) -> list[BoardEntry]:
    """Make orders of two buyers that were placed `days` apart, several of them at the same moment."""
    made = []
    for index in range(count):
        email, phone = BUYERS[index % 2]
        placed = to_text(NOW - timedelta(days=days * (index // 2)))
        status = list(OrderStatus)[index % 3]
        changes = {"number": order_number(f"order {index}"), "email": email, "phone": phone}
        made.append(ENTRY.model_copy(update={**changes, "status": status, "placed_at": placed}))
    return made


@pytest.fixture(scope="module")
def board(request: pytest.FixtureRequest) -> Board:
    kept = Board(engines.fresh_database(request.getfixturevalue("ministack_url")))
    for entry in entries(60):
        assert kept.put(entry, 1)
    return kept


def walked(board: Board, search: Search, limit: int) -> list[str]:
    numbers: list[str] = []
    cursor: str | None = None
    for _ in range(200):
        page = search_orders(board, search, now=NOW, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        numbers += [entry.number for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return numbers
    raise AssertionError("the list has no end")


days = st.one_of(st.none(), st.integers(0, 120).map(lambda ago: NOW - timedelta(days=ago)))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    email=st.sampled_from([None, *(email for email, _ in BUYERS), "nobody@example.com"]),
    phone=st.sampled_from([None, *(phone for _, phone in BUYERS)]),
    status=st.sampled_from([None, *list(OrderStatus)[:4]]),
    start=days,
    end=days,
    limit=st.integers(1, 100),
)
def test_the_pages_are_the_list(
    board: Board,
    email: str | None,
    phone: str | None,
    status: OrderStatus | None,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> None:
    if start and end and start > end:
        start, end = end, start
    search = Search(email=email, phone=phone, status=status, start=start, end=end)
    found = [entry for entry in entries(60) if search.finds(entry)]
    numbers = walked(board, search, limit)
    assert sorted(numbers) == sorted(entry.number for entry in found)
    placed = {entry.number: entry.placed_at for entry in found}
    moments = [placed[number] for number in numbers]
    assert moments == sorted(moments, reverse=True), "newest first"
    assert [entry.number for entry in export_orders(board, search, now=NOW)] == numbers


def test_without_a_beginning_it_is_the_last_twelve_months(quick: Shop) -> None:
    kept = Board(quick.database)
    for entry in entries(10, days=150):
        kept.put(entry, 1)
    assert len(walked(kept, Search(), 3)) == 6
    assert len(walked(kept, Search(start=NOW - timedelta(days=1000)), 3)) == 10
    assert len(walked(kept, Search(email=BUYERS[0][0]), 3)) == 5, "a buyer's orders are all shown"


def test_a_number_must_fit_what_else_is_asked(board: Board) -> None:
    wanted = entries(60)[7]
    for email, count in (("", 1), (wanted.email, 1), ("nobody@example.com", 0)):
        search = read_search(number=wanted.number.lower(), email=email)
        assert len(walked(board, search, 5)) == len(export_orders(board, search, now=NOW)) == count


def test_a_cursor_is_good_for_its_search_only(board: Board) -> None:
    search = Search(email=BUYERS[0][0])
    cursor = search_orders(board, search, now=NOW, limit=2).next_cursor
    assert cursor is not None
    outside = write_cursor(f"{to_text(NOW + timedelta(days=1))}#0000000000", Search(end=NOW).scope)
    odd = write_cursor("2026-13-99T25:61:61.999Z#0000000000", search.scope)
    for used, given_back in (
        (Search(email=BUYERS[1][0]), cursor),
        (Search(), cursor),
        (search, cursor[:-1]),
        (search, "made-up"),
        (search, "ÄÖ"),
        (search, "A" * 5000),
        (search, odd),
        (Search(end=NOW), outside),
    ):
        with pytest.raises(InvalidRequest) as refused:
            search_orders(board, used, now=NOW, cursor=given_back)
        assert refused.value.field == "cursor"


@given(st.text(max_size=60))
def test_no_text_is_a_cursor_by_chance(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        search_orders(None, Search(), now=NOW, cursor=cursor)  # type: ignore[arg-type]
    assert refused.value.field == "cursor"


def test_a_table_that_would_be_cut_off_is_refused(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 59)
    with pytest.raises(InvalidRequest) as refused:
        export_orders(board, Search(), now=NOW)
    assert refused.value.field == "from"
    monkeypatch.setattr(exporting, "MOST_ROWS", 60)
    assert len(export_orders(board, Search(), now=NOW)) == 60
