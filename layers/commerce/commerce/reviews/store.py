"""The reviews table: a product's reviews by when they were written, who reviewed it, and its score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from commerce.kernel.clock import from_text, to_text
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.tables import Database
from commerce.reviews.model import Review, ReviewState, Summary

#: A review's id: its product and its token.
ID = re.compile(r"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<token>[0-9a-f]{11}-[0-9a-f]{8})", re.ASCII)
SUMMARY = "SUMMARY"
# Whole milliseconds: a moment counted in seconds, as a float, loses some of them.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class StateIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Reviews of all products by where they stand: what moderators read."""

    class Meta:
        """The index's name and what it carries."""

        index_name = "by_state"
        projection = AllProjection()

    state = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class ReviewRow(Model):
    """A review, in its product's partition."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    at = UnicodeAttribute()
    order_number = UnicodeAttribute()
    rating = NumberAttribute()
    title = UnicodeAttribute()
    text = UnicodeAttribute()
    author = UnicodeAttribute()
    version = NumberAttribute()
    by_state = StateIndex()


class ReviewedRow(Model):
    """That an order's buyer reviewed a product (sk ``ORDER#<number>``): there is one, so there is one review."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    token = UnicodeAttribute()


class SummaryRow(Model):
    """A product's score, changed by the commits that change what is shown."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=SUMMARY)
    approved = NumberAttribute()
    total = NumberAttribute()


class Reviewed(Exception):
    """The order's buyer reviewed this product before; `token` names that review."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


@dataclass(frozen=True, slots=True)
class Stretch:
    """Reviews found by one query; `end` is the last one examined, None at the list's end."""

    found: tuple[Review, ...]
    end: tuple[str, str] | None


class Reviews:
    """Reads reviews, and adds their changes to commits."""

    def __init__(self, database: Database) -> None:
        self._rows = database.bind(ReviewRow, "reviews")
        self._reviewed = database.bind(ReviewedRow, "reviews")
        self._summaries = database.bind(SummaryRow, "reviews")

    def get(self, slug: str, token: str) -> Review | None:
        """Return a review as it stands now; None when there is none (one read)."""
        try:
            return _review(self._rows.get(_partition(slug), _key(token), consistent_read=True))
        except self._rows.DoesNotExist:
            return None

    def summary(self, slug: str) -> Summary:
        """Return a product's score (one read)."""
        try:
            row = self._summaries.get(_partition(slug), SUMMARY)
        except self._summaries.DoesNotExist:
            return Summary()
        return Summary(count=int(row.approved), total=int(row.total))

    def approved(self, slug: str, *, after: str | None, examine: int) -> Iterator[Stretch]:
        """Go through a product's reviews, newest first, `examine` of them by each query; yield the approved ones."""
        pages = self._rows.query(
            _partition(slug),
            self._rows.sk.startswith("REVIEW#"),
            filter_condition=self._rows.state == ReviewState.APPROVED.value,
            scan_index_forward=False,
            last_evaluated_key=_start_key(slug, after) if after else None,
            page_size=examine,
        ).page_iter
        yield from self._stretches(pages)

    def in_state(self, state: ReviewState, *, after: tuple[str, str] | None, examine: int) -> Iterator[Stretch]:
        """Go through all products' reviews in a state, oldest first: who wrote first is read first."""
        start = None
        if after:
            start = _start_key(*after) | {"state": {"S": state.value}, "at": {"S": to_text(written_at(after[1]))}}
        pages = self._rows.by_state.query(state.value, last_evaluated_key=start, page_size=examine).page_iter
        yield from self._stretches(pages)

    def open(self, commit: Commit, review: Review) -> None:
        """Write a new review; fails the commit with Reviewed when the order has one of this product already."""
        commit.put(
            self._reviewed(_partition(review.slug), f"ORDER#{review.order_number}", token=review.token),
            when=self._reviewed.pk.does_not_exist(),
            otherwise=lambda stored: Reviewed(stored.token),
        )
        row = self._rows(
            _partition(review.slug),
            _key(review.token),
            state=review.state.value,
            at=to_text(review.at),
            order_number=review.order_number,
            rating=review.rating,
            title=review.title,
            text=review.text,
            author=review.author,
            version=review.version,
        )
        commit.put(row, when=self._rows.pk.does_not_exist(), otherwise=lambda _: StaleWrite(review.id))

    def decide(self, commit: Commit, before: Review, after: Review) -> None:
        """Write a decision, and what it does to the product's score, if the review is still as `before`.

        Else the commit fails with StaleWrite: of two moderators exactly one decided.
        """
        commit.update(
            self._rows(_partition(before.slug), _key(before.token)),
            actions=[self._rows.state.set(after.state.value), self._rows.version.set(after.version)],
            when=(self._rows.version == before.version) & (self._rows.state == before.state.value),
            otherwise=lambda _: StaleWrite(before.id),
        )
        change = Summary().after(before, after)
        if change.count == 0:
            return
        rows = self._summaries
        held = (rows.approved >= -change.count) & (rows.total >= -change.total)
        commit.update(
            rows(_partition(before.slug)),
            actions=[rows.approved.add(change.count), rows.total.add(change.total)],
            when=held if change.count < 0 else rows.pk.does_not_exist() | (rows.approved >= 0),
            otherwise=lambda _: StaleWrite(before.id),
        )

    @staticmethod
    def _stretches(pages: Any) -> Iterator[Stretch]:
        for page in pages:
            last = pages.last_evaluated_key
            yield Stretch(
                found=tuple(_review(ReviewRow.from_raw_data(item)) for item in page["Items"]),
                end=(_slug_of(last["pk"]["S"]), last["sk"]["S"].removeprefix("REVIEW#")) if last else None,
            )


def make_token(at: datetime, entropy: str) -> str:
    """Return the token of a review that is written now: its millisecond, and 8 random hexadecimal digits."""
    return f"{(at - _EPOCH) // _MILLISECOND:011x}-{entropy}"


def written_at(token: str) -> datetime:
    """Return the moment that a token stands for, to the millisecond."""
    return _EPOCH + int(token.partition("-")[0], 16) * _MILLISECOND


def _partition(slug: str) -> str:
    return f"PRODUCT#{slug}"


def _slug_of(partition: str) -> str:
    return partition.removeprefix("PRODUCT#")


def _key(token: str) -> str:
    return f"REVIEW#{token}"


def _start_key(slug: str, token: str) -> dict[str, dict[str, Any]]:
    return {"pk": {"S": _partition(slug)}, "sk": {"S": _key(token)}}


def _review(row: ReviewRow) -> Review:
    return Review(
        slug=_slug_of(row.pk),
        token=row.sk.removeprefix("REVIEW#"),
        order_number=row.order_number,
        rating=int(row.rating),
        title=row.title,
        text=row.text,
        author=row.author,
        at=from_text(row.at),
        state=ReviewState(row.state),
        version=int(row.version),
    )
