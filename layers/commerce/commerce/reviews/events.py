"""What happens to a review. The words themselves are the buyer's, and stay out of the log."""

from __future__ import annotations

from commerce.kernel.events import EventData


class ReviewWritten(EventData):
    """The buyer of a delivered order reviewed a product of it; staff have to read it before it is shown."""

    review: str
    slug: str
    order_number: str
    rating: int


class ReviewApproved(EventData):
    """Staff let a review be shown; its rating counts from now on."""

    review: str
    slug: str
    rating: int
    by: str
    reason: str


class ReviewRejected(EventData):
    """Staff refused a review, or took down one that was shown; `was` is where it stood before."""

    review: str
    slug: str
    rating: int
    was: str
    by: str
    reason: str
