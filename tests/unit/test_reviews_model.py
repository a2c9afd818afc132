"""What a review may say, where it may go, and what it adds to its product's score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.reviews.model import (
    NAMELESS,
    TRANSITIONS,
    ForbiddenDecision,
    Review,
    ReviewState,
    ReviewText,
    Summary,
)
from commerce.reviews.store import ID, make_token, written_at
from tests.support.reviews import said

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def review(rating: int = 4, state: ReviewState = ReviewState.PENDING) -> Review:
    token = make_token(NOW, "0123abcd")
    return Review(
        slug="lap-1",
        token=token,
        order_number="ABCDEFGHJK",
        rating=rating,
        title="Good",
        text="Good.",
        author=NAMELESS,
        at=written_at(token),
        state=state,
    )


@pytest.mark.parametrize(
    "text", ["3 < 4", "I <3 it", "5 > 4 & 3", "Nzuri sana 👍🏿", "ዳግማዊ", "a\nb", "مرحبا", ascii_uppercase]
)
def test_plain_words_are_kept(text: str) -> None:
    assert said(text=text).text == text


@pytest.mark.parametrize(
    "text",
    ["<b>bold</b>", "</p", "<!-- x", "< script>alert(1)", "<\nimg src=x>", "<?php", "a\x00b", "a\x1b[31m", "\u202egnp"],
)
def test_html_and_what_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        said(text=text)


@pytest.mark.parametrize("text", ["", "   ", "\n", "x" * 4001])
def test_a_text_has_its_limits(text: str) -> None:
    with pytest.raises(ValidationError):
        said(text=text)


@pytest.mark.parametrize("title", ["", "x" * 121, "two\nlines", "<i>"])
def test_a_title_is_one_line(title: str) -> None:
    with pytest.raises(ValidationError):
        said(title=title)


def test_line_ends_of_all_systems_are_one() -> None:
    assert said(text="a\r\nb\tc").text == "a\nb c"


@pytest.mark.parametrize("rating", [0, 6, -1, "5", 4.0, True, None])
def test_a_rating_is_one_to_five(rating: object) -> None:
    with pytest.raises(ValidationError):
        said(rating=rating)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Wanjiku Kamau", "Wanjiku"),
        ("Ng'ang'a", "Ng'ang'a"),
        ("Anne-Marie", "Anne-Marie"),
        (" Zoë ", "Zoë"),
        ("Zoe\u0308", "Zoe\u0308"),
        ("अनिता", "अनिता"),
        (None, NAMELESS),
    ],
)
def test_an_author_is_a_first_name(given_name: str | None, shown: str) -> None:
    assert said(author=given_name).shown_author == shown


@pytest.mark.parametrize("name", ["", "+254712345678", "a@example.com", "<b>", "R2D2", "x" * 41, "-", "Ann\nMary"])
def test_what_is_no_first_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        said(author=name)


def test_unknown_members_are_refused() -> None:
    with pytest.raises(ValidationError):
        ReviewText.model_validate({"rating": 5, "title": "a", "text": "b", "state": "approved"})


@pytest.mark.parametrize("before", ReviewState)
@pytest.mark.parametrize("to", ReviewState)
def test_only_the_table_s_transitions_are_made(before: ReviewState, to: ReviewState) -> None:
    stored = review(state=before)
    if to in TRANSITIONS[before]:
        decided = stored.decided(to)
        assert (decided.state, decided.version) == (to, 2)
    else:
        with pytest.raises(ForbiddenDecision):
            stored.decided(to)


def test_the_table_of_transitions() -> None:
    assert {(a.value, b.value) for a, ends in TRANSITIONS.items() for b in ends} == {
        ("pending", "approved"),
        ("pending", "rejected"),
        ("approved", "rejected"),
    }


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(ReviewState)), max_size=60), st.data())
def test_the_score_is_always_that_of_the_approved_reviews(
    steps: list[tuple[int, ReviewState]], data: st.DataObject
) -> None:
    """Whatever moderators try, in whichever order: count and sum are those of what is shown, and never negative."""
    reviews = [review(data.draw(st.integers(1, 5))) for _ in range(10)]
    summary = Summary()
    for place, state in steps:
        before = reviews[place]
        if state not in TRANSITIONS[before.state]:
            continue
        reviews[place] = before.decided(state)
        summary = summary.after(before, reviews[place])
        shown = [each.rating for each in reviews if each.state is ReviewState.APPROVED]
        assert (summary.count, summary.total) == (len(shown), sum(shown))
        assert summary.average is None or 1 <= summary.average <= 5


def test_an_average_has_one_decimal() -> None:
    assert Summary(count=3, total=13).average == 4.3
    assert Summary().average is None


@given(st.datetimes(datetime(2024, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_a_token_sorts_and_tells_its_millisecond(moment: datetime) -> None:
    token = make_token(moment, "00000000")
    assert timedelta() <= moment - written_at(token) < timedelta(milliseconds=1)
    assert ID.fullmatch(f"lap-1.{token}")
    assert make_token(written_at(token), "00000000") == token


@pytest.mark.parametrize("member", ["title", "text", "author"])
def test_the_longest_and_the_shortest_are_taken(member: str) -> None:
    longest = {"title": 120, "text": 4000, "author": 40}[member]
    for text in ("x", "x" * longest, f" {'x' * longest}\n"):
        assert getattr(said(**{member: text}), member) == text.strip()


@pytest.mark.parametrize("rating", [1, 5])
def test_the_worst_and_the_best_are_ratings(rating: int) -> None:
    assert said(rating=rating).rating == rating


@pytest.mark.parametrize("sign", "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_no_sign_turns_what_a_reader_sees(sign: str) -> None:
    with pytest.raises(ValidationError, match="cannot be read"):
        said(text=f"a{sign}b")


@pytest.mark.parametrize("member", ["title", "text", "author"])
def test_half_of_a_pair_is_no_letter(member: str) -> None:
    """A surrogate alone cannot even be stored."""
    with pytest.raises(ValidationError, match=member):
        said(**{member: "a\ud800b"})


def test_the_contract_says_how_long_a_name_may_be() -> None:
    name = ReviewText.model_json_schema()["properties"]["author"]["anyOf"][0]
    assert (name["minLength"], name["maxLength"]) == (1, 40)


@pytest.mark.parametrize("tab", ["a\tb", "a\nb"])
def test_a_tab_is_a_space_in_a_text_and_nothing_in_a_title(tab: str) -> None:
    assert said(text=tab).text == tab.replace("\t", " ")
    with pytest.raises(ValidationError, match="cannot be read"):
        said(title=tab)


@pytest.mark.parametrize("name", ["O’Brien", "Jean-Luc-Marie", "Ng'ang'a"])
def test_names_are_joined_as_people_join_them(name: str) -> None:
    assert said(author=f"{name} Wanjiku").author == said(author=name).author == name


@pytest.mark.parametrize("name", ["-Ann", "Ann-", "Ann--Mary", "A_nn", "Ann\u0308-", "\u0308"])
def test_what_joins_no_name(name: str) -> None:
    with pytest.raises(ValidationError, match="first name"):
        said(author=name)


def test_a_review_is_named_by_product_and_token() -> None:
    stored = review()
    assert stored.id == f"lap-1.{stored.token}"
    assert stored.subject == f"review/{stored.id}"


def test_a_review_is_the_same_when_every_word_of_it_is() -> None:
    stored = review(rating=4)
    sent = ReviewText(rating=4, title="Good", text="Good.")
    assert stored.says(sent)
    for other in ({"rating": 5}, {"title": "Bad"}, {"text": "Bad."}, {"author": "Ann"}):
        assert not stored.says(sent.model_copy(update=other))
    assert stored.model_copy(update={"author": "Ann"}).says(sent.model_copy(update={"author": "Ann"}))
    assert sent.shown_author == "Verified buyer"
