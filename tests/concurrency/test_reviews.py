"""One review for each order and product, and a score that is always that of what is shown, whoever works at once."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from pynamodb.exceptions import TransactWriteError

from commerce.catalog.store import Catalog
from commerce.kernel.errors import CommitBusy, NotFound
from commerce.ordering.model import OrderStatus
from commerce.reviews.list_reviews import list_reviews, reviews_in_state
from commerce.reviews.model import ReviewState
from commerce.reviews.moderate_review import ReviewDecided
from commerce.reviews.store import Reviews
from commerce.reviews.write_review import AlreadyReviewed
from tests.support.interleave import READ, WRITE, interleaving, meeting, together
from tests.support.reviews import decide, order_of, recounted, write
from tests.support.shop import Shop


@pytest.fixture(autouse=True)
def _goods(shop: Shop) -> None:
    shop.sell("LAP-1", stock=50)
    shop.sell("BAG-1", stock=50)


def score(shop: Shop, slug: str = "lap-1") -> tuple[int, int]:
    summary = Reviews(shop.database).summary(slug)
    return summary.count, summary.total


def events(shop: Shop, subject: str) -> list[str]:
    return [event.type for event in shop.till.log.trail(subject)]


def test_a_review_waits_until_it_is_approved(shop: Shop) -> None:
    review = write(shop, order_of(shop, "key", "LAP-1", "BAG-1"))
    reviews, catalog = Reviews(shop.database), Catalog(shop.database)
    assert list_reviews(reviews, catalog, "lap-1")[0].items == ()
    assert reviews_in_state(reviews, ReviewState.PENDING).items == (review,)

    approved = decide(shop, review, "approve")
    page, summary = list_reviews(reviews, catalog, "lap-1")
    assert page.items == (approved,)
    assert (summary.count, summary.total, summary.average) == (1, 4, 4.0)

    decide(shop, review, "reject")
    assert list_reviews(reviews, catalog, "lap-1")[0].items == ()
    assert score(shop) == (0, 0)
    trail = shop.till.log.trail(review.subject)
    assert [event.type for event in trail] == ["ReviewWritten", "ReviewApproved", "ReviewRejected"]
    assert trail[2].data == {
        "review": review.id,
        "slug": "lap-1",
        "rating": 4,
        "was": "approved",
        "by": "staff-1",
        "reason": "read it",
    }
    assert "Good" not in str([event.data for event in trail])


def test_who_did_not_buy_it_learns_nothing(shop: Shop) -> None:
    """A wrong number, a wrong address, an order on its way, one without the product: the same answer."""
    number = order_of(shop, "key", "BAG-1")
    coming = order_of(shop, "coming", "LAP-1", status=OrderStatus.SHIPPED)
    with interleaving(shop) as steps:
        refusals = []
        for given, email, slug in [
            ("7K2M9QX4TD", "wanjiku@example.com", "lap-1"),
            ("no number", "wanjiku@example.com", "lap-1"),
            (number, "someone@example.com", "bag-1"),
            (number, "wanjiku@example.com", "lap-1"),
            (number, "wanjiku@example.com", "no-such-thing"),
            (coming, "wanjiku@example.com", "lap-1"),
        ]:
            with pytest.raises(NotFound) as refused:
                write(shop, given, slug, email=email)
            refusals.append(refused.value.detail)
    assert len(set(refusals)) == 1
    assert WRITE not in steps.calls
    assert write(shop, number.lower(), "bag-1", email=" Wanjiku@Example.com ").order_number == number


def test_sent_again_it_is_the_same_review(shop: Shop) -> None:
    number = order_of(shop, "key", "LAP-1", "BAG-1")
    first = write(shop, number, author="Wanjiku Kamau")
    shop.clock.forward(timedelta(minutes=1))
    assert write(shop, number, author="Wanjiku") == first
    with pytest.raises(AlreadyReviewed):
        write(shop, number, author="Wanjiku", rating=1)
    assert write(shop, number, "bag-1").id != first.id
    assert events(shop, first.subject) == ["ReviewWritten"]


def test_an_order_of_a_variant_that_was_withdrawn_counts(shop: Shop) -> None:
    number = order_of(shop, "key", "LAP-1")
    shop.sell("LAP-1", stock=1, for_sale=False)
    assert write(shop, number).slug == "lap-1"


@pytest.mark.parametrize("words", [("Good", "Good"), ("Good", "Bad")])
def test_two_reviews_of_one_order_at_once_are_one(shop: Shop, words: tuple[str, str]) -> None:
    """Neither can see the other: one is written; the other is the same one, or refused."""
    number = order_of(shop, "key", "LAP-1")
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(*(lambda title=title: write(shop, number, title=title) for title in words))
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == (["Review", "Review"] if len(set(words)) == 1 else ["AlreadyReviewed", "Review"])
    waiting = reviews_in_state(Reviews(shop.database), ReviewState.PENDING).items
    assert len(waiting) == 1
    assert all(result == waiting[0] for result in results if not isinstance(result, Exception))


def test_a_review_whose_answer_was_lost_is_found_again(shop: Shop) -> None:
    number = order_of(shop, "key", "LAP-1")
    with interleaving(shop) as steps, pytest.raises(TransactWriteError):
        steps.lose_answer(WRITE, nth=1)
        write(shop, number)
    assert write(shop, number).state is ReviewState.PENDING
    assert len(reviews_in_state(Reviews(shop.database), ReviewState.PENDING).items) == 1


@pytest.mark.parametrize("decisions", [("approve", "approve"), ("reject", "reject"), ("approve", "reject")])
def test_two_moderators_at_once(shop: Shop, decisions: tuple[str, str]) -> None:
    """The score counts a review once, or not at all; a rejected one is never shown again."""
    review = write(shop, order_of(shop, "key", "LAP-1"))
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        results = together(
            *(lambda d=d, n=n: decide(shop, review, d, by=f"staff-{n}") for n, d in enumerate(decisions))
        )
    stored = Reviews(shop.database).get(review.slug, review.token)
    assert stored is not None
    assert score(shop) == recounted(shop, "lap-1")
    trail = events(shop, review.subject)
    if decisions == ("approve", "approve"):
        assert (stored.state, score(shop), trail) == ("approved", (1, 4), ["ReviewWritten", "ReviewApproved"])
    elif decisions == ("reject", "reject"):
        assert (stored.state, score(shop), trail) == ("rejected", (0, 0), ["ReviewWritten", "ReviewRejected"])
    else:
        assert (stored.state, score(shop)) == ("rejected", (0, 0))
        assert sum(isinstance(result, ReviewDecided) for result in results) == (len(trail) == 2)


def test_moderators_of_different_reviews_of_one_product(shop: Shop) -> None:
    """All change the same score at once, and all of it is counted."""
    reviews = [write(shop, order_of(shop, f"key {n}", "LAP-1"), rating=n) for n in range(1, 6)]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(5), nth=1)
        results = together(*(lambda review=review: decide(shop, review, "approve") for review in reviews))
    assert not [result for result in results if isinstance(result, Exception)]
    assert score(shop) == recounted(shop, "lap-1") == (5, 15)


def test_a_decision_made_twice_is_one(shop: Shop) -> None:
    review = write(shop, order_of(shop, "key", "LAP-1"))
    for _ in range(2):
        assert decide(shop, review, "approve").state is ReviewState.APPROVED
    for _ in range(2):
        assert decide(shop, review, "reject").state is ReviewState.REJECTED
    with pytest.raises(ReviewDecided):
        decide(shop, review, "approve")
    assert events(shop, review.subject) == ["ReviewWritten", "ReviewApproved", "ReviewRejected"]


def test_a_decision_that_always_comes_late_gives_up(shop: Shop) -> None:
    """Trying anew is bounded (promise 6), and writes nothing."""
    review = write(shop, order_of(shop, "key", "LAP-1"))
    with interleaving(shop) as steps, pytest.raises(CommitBusy):
        steps.cancel("ConditionalCheckFailed", "None", "None", nth=None)
        decide(shop, review, "approve")
    assert steps.calls.count(WRITE) == 5
    assert score(shop) == (0, 0)


def test_any_history_keeps_the_score(shop: Shop) -> None:
    chance = random.Random(3)
    reviews = [write(shop, order_of(shop, f"key {n}", "LAP-1"), rating=chance.randint(1, 5)) for n in range(6)]
    for _ in range(25):
        review = chance.choice(reviews)
        with suppress(ReviewDecided):
            decide(shop, review, chance.choice(("approve", "reject")))
        assert score(shop) == recounted(shop, "lap-1")


def test_pages_follow_each_other(shop: Shop) -> None:
    written = []
    for n in range(5):
        written.append(write(shop, order_of(shop, f"key {n}", "LAP-1"), title=f"number {n}"))
        shop.clock.forward(timedelta(seconds=1))
    decide(shop, written[1], "reject")
    for review in written[:1] + written[2:]:
        decide(shop, review, "approve")
    reviews, catalog = Reviews(shop.database), Catalog(shop.database)
    titles, cursor = [], None
    for _ in range(9):
        page, summary = list_reviews(reviews, catalog, "lap-1", limit=1, cursor=cursor)
        assert summary.count == 4
        titles += [review.title for review in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert titles == ["number 4", "number 3", "number 2", "number 0"]


def test_a_page_stops_looking(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many reviews that nobody approved cannot make one request read them all; the cursor goes on behind them."""
    monkeypatch.setattr("commerce.reviews.list_reviews.EXAMINED", 1)
    monkeypatch.setattr("commerce.reviews.list_reviews.MAX_QUERIES", 2)
    first = write(shop, order_of(shop, "first", "LAP-1"))
    decide(shop, first, "approve")
    for n in range(5):
        shop.clock.forward(timedelta(seconds=1))
        write(shop, order_of(shop, f"key {n}", "LAP-1"))
    reviews, catalog = Reviews(shop.database), Catalog(shop.database)
    page, summary = list_reviews(reviews, catalog, "lap-1", limit=1)
    assert (page.items, summary.count) == ((), 1)
    assert page.next_cursor is not None
    found: list[str] = []
    with interleaving(shop) as steps:
        list_reviews(reviews, catalog, "lap-1", limit=1, cursor=page.next_cursor)
    assert steps.calls.count("Query") <= 2
    assert READ not in steps.calls
    cursor: str | None = page.next_cursor
    while cursor:
        page, _ = list_reviews(reviews, catalog, "lap-1", limit=1, cursor=cursor)
        found += [review.id for review in page.items]
        cursor = page.next_cursor
    assert found == [first.id]


def test_moderators_read_who_wrote_first_first(shop: Shop) -> None:
    written = []
    for n in range(3):
        written.append(write(shop, order_of(shop, f"key {n}", "LAP-1", "BAG-1"), slug=("lap-1", "bag-1")[n % 2]))
        shop.clock.forward(timedelta(seconds=1))
    reviews = Reviews(shop.database)
    page = reviews_in_state(reviews, ReviewState.PENDING, limit=2)
    assert page.items == tuple(written[:2])
    rest = reviews_in_state(reviews, ReviewState.PENDING, limit=2, cursor=page.next_cursor)
    assert (rest.items, rest.next_cursor) == (tuple(written[2:]), None)
