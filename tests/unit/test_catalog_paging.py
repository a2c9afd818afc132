"""Pages of products: whatever is asked for, they add up to the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.catalog.browse_products import MAX_QUERIES, ProductPage, browse_products
from commerce.catalog.cursor import read_cursor, write_cursor
from commerce.catalog.model import Product
from commerce.catalog.store import Stretch, position
from commerce.kernel.errors import InvalidRequest
from tests.unit.catalog_world import product, variant

WORDS = ("red", "blue", "old", "new")


@dataclass
class Shelf:
    """A catalogue in memory that answers as DynamoDB does: it filters what it has examined, and may end late."""

    products: list[Product]
    queries: int = 0
    asked: list[int] = field(default_factory=list)

    def stretches(
        self, *, category: str | None, words: Sequence[str], after: str | None, examine: int
    ) -> Iterator[Stretch]:
        in_order = sorted((each for each in self.products if category in (None, each.category)), key=position)
        while True:
            self.queries += 1
            rest = [each for each in in_order if after is None or position(each) > after]
            seen = rest[:examine]
            after = position(seen[-1]) if len(seen) == examine else None
            yield Stretch(tuple(each for each in seen if all(word in each.search_text() for word in words)), after)
            if after is None:
                return

    def available(self, buckets: Mapping[str, int]) -> dict[str, int]:
        self.asked.append(len(buckets))
        return {sku: int("IN" in sku) for sku in buckets}


products = st.lists(
    st.builds(
        lambda number, category, summary, stocked: product(
            f"p{number}", variant(f"{'IN' if stocked else 'OUT'}-{number}"), category=category, summary=summary
        ),
        st.integers(0, 400),
        st.sampled_from(["laptops", "laptop-bags", "shirts"]),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
        st.booleans(),
    ),
    max_size=80,
    unique_by=lambda each: each.slug,
)


@settings(deadline=None)
@given(
    products,
    st.sampled_from([None, "laptops", "laptop-bags", "books"]),
    st.lists(st.sampled_from(WORDS), max_size=2),
    st.booleans(),
    st.integers(1, 100),
)
def test_the_pages_are_the_list(
    stocked: list[Product], category: str | None, words: list[str], in_stock: bool, limit: int
) -> None:
    shelf = Shelf(stocked)
    pages = list(walk(shelf, category, " ".join(words), in_stock, limit))
    shown = [listed.product for page in pages for listed in page.items]
    assert shown == [
        each
        for each in sorted(stocked, key=position)
        if category in (None, each.category)
        and all(word in each.search_text() for word in words)
        and (not in_stock or each.variants[0].sku.startswith("IN"))
    ]
    assert all(len(page.items) <= limit for page in pages)
    assert all(listed.in_stock == listed.product.variants[0].sku.startswith("IN") for p in pages for listed in p.items)


def walk(shelf: Shelf, category: str | None, text: str, in_stock: bool, limit: int) -> Iterator[ProductPage]:
    cursor = None
    while True:
        before = shelf.queries
        page = browse_products(
            shelf,  # type: ignore[arg-type]
            shelf.available,
            category=category,
            text=text,
            in_stock=in_stock,
            limit=limit,
            cursor=cursor,
        )
        assert shelf.queries - before <= MAX_QUERIES
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


def test_an_unfiltered_page_costs_one_query_and_reads_only_the_stock_it_shows() -> None:
    shelf = Shelf([product(f"p{number:03}") for number in range(60)])
    page = browse_products(shelf, shelf.available, limit=24)  # type: ignore[arg-type]
    assert (len(page.items), shelf.queries, shelf.asked) == (24, 1, [24])


def test_the_last_full_page_says_that_it_is_the_last() -> None:
    shelf = Shelf([product(f"p{number:03}") for number in range(24)])
    assert browse_products(shelf, shelf.available, limit=24).next_cursor is None  # type: ignore[arg-type]


def test_a_rare_word_stops_after_its_queries_and_can_be_continued() -> None:
    shelf = Shelf([product(f"p{number:04}") for number in range(1500)] + [product("zebra", category="zoo")])
    first = browse_products(shelf, shelf.available, text="ZEBRA")  # type: ignore[arg-type]
    assert (first.items, shelf.queries) == ((), MAX_QUERIES)
    rest = browse_products(shelf, shelf.available, text="zebra", cursor=first.next_cursor)  # type: ignore[arg-type]
    assert [listed.product.slug for listed in rest.items] == ["zebra"]


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_page_holds_1_to_100(limit: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        browse_products(Shelf([]), Shelf([]).available, limit=limit)  # type: ignore[arg-type]
    assert refused.value.field == "limit"


@settings(deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_cursor(cursor, "any")
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("position", ["laptops", "a#b#c", "A#b", "", "a#", "laptops#p1\n"])
def test_a_cursor_to_no_possible_place_is_refused(position: str) -> None:
    with pytest.raises(InvalidRequest):
        read_cursor(write_cursor(position, "any"), "any")


def test_a_cursor_belongs_to_its_list() -> None:
    cursor = write_cursor("laptops#p1", "one")
    assert read_cursor(cursor, "one") == "laptops#p1"
    with pytest.raises(InvalidRequest):
        read_cursor(cursor, "another")
    with pytest.raises(InvalidRequest):
        read_cursor(cursor[:-2], "one")
    with pytest.raises(InvalidRequest):
        read_cursor("W" * 4000, "one")
