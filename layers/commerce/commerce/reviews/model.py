"""A review, what may become of it, and what it adds to its product's score."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from commerce.catalog.names import Slug


class ReviewState(StrEnum):
    """Where a review stands; only an approved one is shown."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


#: Every transition a review may make. What was rejected stays so: its buyer was told nothing that could be taken back.
TRANSITIONS: dict[ReviewState, frozenset[ReviewState]] = {
    ReviewState.PENDING: frozenset({ReviewState.APPROVED, ReviewState.REJECTED}),
    ReviewState.APPROVED: frozenset({ReviewState.REJECTED}),
    ReviewState.REJECTED: frozenset(),
}

#: Who a review is by when its buyer gave no name.
NAMELESS = "Verified buyer"
#: Letters of any script with the marks that belong to them, joined as in Anne-Marie and Ng'ang'a.
_FIRST_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
#: Where HTML would begin: a tag, its end, a comment. `3 < 4` and `<3` are none.
_TAG = re.compile(r"<\s*[A-Za-z/!?]")
#: Marks that turn the direction of what follows, and so what a reader sees of it.
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _readable(text: str) -> str:
    if any(unicodedata.category(sign) == "Cc" or sign in _TURNING for sign in text):
        raise ValueError("holds characters that cannot be read")
    if _TAG.search(text):
        raise ValueError("holds HTML; write plain words")
    return text


def _readable_lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\t", " ")
    for line in text.split("\n"):
        _readable(line)
    # Checked once more as a whole: a browser lets a tag go on over lines.
    if _TAG.search(text):
        raise ValueError("holds HTML; write plain words")
    return text


def _first_name(text: str) -> str:
    first = _readable(text).split(" ")[0]
    plain = "".join(sign for sign in first if not unicodedata.category(sign).startswith("M"))
    if not _FIRST_NAME.fullmatch(plain):
        raise ValueError("not a first name; leave it out to be shown as a verified buyer")
    return first


Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_readable)
]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_readable_lines)
]
FirstName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_first_name)
]
Rating = Annotated[int, Field(ge=1, le=5, strict=True)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class ReviewText(_Record):
    """What a buyer wrote: plain text, shown as it is.

    Parameters
    ----------
    rating
        1 (worst) to 5 stars.
    author
        A first name, the rest of a longer name is dropped; None to stay nameless.
    """

    rating: Rating
    title: Title
    text: Words
    author: FirstName | None = None

    @property
    def shown_author(self) -> str:
        """Who the review is by, for its readers."""
        return self.author or NAMELESS


class Review(_Record):
    """A review of one product by the buyer of one order.

    Parameters
    ----------
    token
        Its name among the product's reviews; it sorts by when it was written.
    version
        Counts the changes; every change is conditional on it, and is the sequence of the change's event.
    """

    slug: Slug
    token: str
    order_number: str
    rating: int
    title: str
    text: str
    author: str
    at: datetime
    state: ReviewState = ReviewState.PENDING
    version: int = 1

    @property
    def id(self) -> str:
        """The review's name in the whole shop."""
        return f"{self.slug}.{self.token}"

    @property
    def subject(self) -> str:
        """The review's name in the event log."""
        return f"review/{self.id}"

    def says(self, said: ReviewText) -> bool:
        """Tell whether this is the review that somebody sends (again)."""
        stored = (self.rating, self.title, self.text, self.author)
        return stored == (said.rating, said.title, said.text, said.shown_author)

    def decided(self, state: ReviewState) -> Self:
        """Return the review after a decision.

        Raises
        ------
        ForbiddenDecision
            When the table of transitions does not allow it.
        """
        if state not in TRANSITIONS[self.state]:
            raise ForbiddenDecision(f"a review cannot go from {self.state} to {state}")
        return self.model_copy(update={"state": state, "version": self.version + 1})


class Summary(_Record):
    """A product's score: how many approved reviews it has, and the sum of their ratings."""

    count: int = 0
    total: int = 0

    @property
    def average(self) -> float | None:
        """The mean rating to one decimal, None without any."""
        return round(self.total / self.count, 1) if self.count else None

    def after(self, before: Review, decided: Review) -> Self:
        """Return the summary once a review went from `before` to `decided`."""
        change = (decided.state is ReviewState.APPROVED) - (before.state is ReviewState.APPROVED)
        return self.model_copy(update={"count": self.count + change, "total": self.total + change * before.rating})


class ForbiddenDecision(RuntimeError):
    """Code asked for a transition that the table does not hold."""
