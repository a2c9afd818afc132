"""Staff read reviews before anybody else does."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict

from commerce.identity.permissions import Permission
from commerce.kernel.clock import to_text
from commerce.reviews.list_reviews import MAX_LIMIT, reviews_in_state
from commerce.reviews.model import Review, ReviewState
from commerce.reviews.moderate_review import Decision, find_review, moderate_review
from commerce.reviews.store import Reviews
from commerce.runtime.api_problems import problems
from commerce.runtime.staff_access import By, Dependencies, OnceIfKeyed, Reason, StaffRequest, needs

FORBIDDEN, MISSING, INVALID = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT, BAD = HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST
DEFAULT_LIMIT = 25


class ModeratedReview(BaseModel):
    """A review as moderators see it."""

    model_config = ConfigDict(frozen=True)

    id: str
    product: str
    order_number: str
    rating: int
    title: str
    text: str
    author: str
    at: str
    state: ReviewState

    @classmethod
    def of(cls, review: Review) -> Self:
        """Show a review."""
        kept = review.model_dump(include={"order_number", "rating", "title", "text", "author", "state"})
        return cls(id=review.id, product=review.slug, at=to_text(review.at), **kept)


class ModeratedReviewList(BaseModel):
    """A page of reviews, oldest first."""

    model_config = ConfigDict(frozen=True)

    items: list[ModeratedReview]
    next_cursor: str | None


class DecisionRequest(StaffRequest):
    """Whether a review is shown, and why."""

    decision: Decision
    reason: Reason


def review_routes(routes: APIRouter, dependencies: Dependencies) -> None:
    """Add the routes."""

    @routes.get(
        "/admin/reviews",
        openapi_extra=needs(Permission.MODERATE_REVIEWS),
        responses=problems(FORBIDDEN, INVALID),
        tags=["reviews"],
        summary="List reviews",
    )
    async def list_reviews(
        state: ReviewState = ReviewState.PENDING,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> ModeratedReviewList:
        """Reviews in one state, oldest first."""
        page = reviews_in_state(Reviews(dependencies().database), state, limit=limit, cursor=cursor or None)
        return ModeratedReviewList(
            items=[ModeratedReview.of(each) for each in page.items], next_cursor=page.next_cursor
        )

    @routes.post(
        "/admin/reviews/{review}/decision",
        openapi_extra=needs(Permission.MODERATE_REVIEWS),
        responses=problems(BAD, FORBIDDEN, MISSING, CONFLICT, INVALID),
        tags=["reviews"],
        summary="Decide on a review",
    )
    async def decide_on_review(
        review: Annotated[str, PathParameter(max_length=200)], request: DecisionRequest, by: By, once: OnceIfKeyed
    ) -> ModeratedReview:
        """Show a review or not. The same decision again changes nothing."""
        having = dependencies()
        decided = once(
            f"review/{review}",
            lambda: moderate_review(
                having.database, having.clock, review, request.decision, by=by, reason=request.reason
            ),
        )
        return ModeratedReview.of(decided or find_review(Reviews(having.database), review))
