"""Reviews as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.clock import to_text
from commerce.reviews.list_reviews import ReviewPage
from commerce.reviews.model import NAMELESS, FirstName, Rating, Review, ReviewState, ReviewText, Summary, Title, Words

RatingNumber = Annotated[int, Field(description="1 (worst) to 5 stars.", examples=[5])]


class ReviewRequest(BaseModel):
    """A review of a product, by the buyer of a delivered order that holds it. Plain text; HTML is refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order_number: Annotated[str, Field(max_length=40, examples=["7K2M9QX4TD"])]
    email: Annotated[str, Field(max_length=254, examples=["wanjiku@example.com"])]
    rating: Rating
    title: Title
    text: Words
    author: Annotated[
        FirstName | None,
        Field(description=f"A first name to show; left out, the review is by a “{NAMELESS}”.", examples=["Wanjiku"]),
    ] = None

    def said(self) -> ReviewText:
        """Return what is said, without who says it."""
        return ReviewText(rating=self.rating, title=self.title, text=self.text, author=self.author)


class ReviewView(BaseModel):
    """A review as everybody may read it; plain text, never HTML."""

    model_config = ConfigDict(frozen=True)

    rating: RatingNumber
    title: Annotated[str, Field(examples=["Quiet and quick"])]
    text: Annotated[str, Field(examples=["Came the next day. The battery lasts a whole lecture."])]
    author: Annotated[str, Field(description="A first name, or “Verified buyer”.", examples=["Wanjiku"])]
    at: Annotated[str, Field(description="When it was written, ISO 8601 UTC.", examples=["2026-11-22T10:00:00.000Z"])]

    @classmethod
    def of(cls, review: Review) -> Self:
        """Show a review."""
        return cls(
            rating=review.rating, title=review.title, text=review.text, author=review.author, at=to_text(review.at)
        )


class ReviewList(BaseModel):
    """A page of a product's approved reviews, newest first, and its score over all of them."""

    model_config = ConfigDict(frozen=True)

    items: list[ReviewView]
    average: Annotated[float | None, Field(description="To one decimal; null without reviews.", examples=[4.6])]
    count: Annotated[int, Field(description="How many reviews the average is of.", examples=[12])]
    next_cursor: Annotated[
        str | None, Field(description="Hand it back as `cursor` for the next page; null at the end.")
    ]

    @classmethod
    def of(cls, page: ReviewPage, summary: Summary) -> Self:
        """Show a page."""
        return cls(
            items=[ReviewView.of(review) for review in page.items],
            average=summary.average,
            count=summary.count,
            next_cursor=page.next_cursor,
        )


class WrittenReview(ReviewView):
    """A review as its buyer sees it."""

    status: ReviewState

    @classmethod
    def of(cls, review: Review) -> Self:
        """Show a review to its buyer."""
        return cls(**ReviewView.of(review).model_dump(), status=review.state)


class WrittenReviewView(BaseModel):
    """The answer to a new review: it waits for a moderator."""

    model_config = ConfigDict(frozen=True)

    review: WrittenReview
