"""Staff decide whether a review is shown."""

from __future__ import annotations

from typing import Literal

from commerce.audit.store import EventLog
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, NotFound, StaleWrite
from commerce.kernel.events import Event
from commerce.kernel.tables import Database
from commerce.reviews.events import ReviewApproved, ReviewRejected
from commerce.reviews.model import TRANSITIONS, Review, ReviewState
from commerce.reviews.store import ID, Reviews

Decision = Literal["approve", "reject"]

#: How often a decision is made anew when another moderator's, or another review's of the product, came first.
TRIES = 5
_STATES: dict[Decision, ReviewState] = {"approve": ReviewState.APPROVED, "reject": ReviewState.REJECTED}


class ReviewDecided(Conflict):
    """The review was rejected before, and stays so."""


def moderate_review(
    database: Database, clock: Clock, review_id: str, decision: Decision, *, by: str, reason: str
) -> Review:
    """Approve a review, or reject it (an approved one too), and return it.

    What it does to the product's score is written in the same commit. A decision that was made already changes
    nothing and writes nothing.

    Parameters
    ----------
    by, reason
        Who decided (the token's subject) and why; both go into the event.

    Raises
    ------
    NotFound
        When there is no such review.
    ReviewDecided
        When it was rejected and is to be approved.
    CommitBusy
        When other moderators come first again and again. Nothing was written.
    """
    reviews = Reviews(database)
    state = _STATES[decision]
    for _ in range(TRIES):
        before = find_review(reviews, review_id)
        if before.state is state:
            return before
        if state not in TRANSITIONS[before.state]:
            raise ReviewDecided("This review was rejected before.")
        after = before.decided(state)
        commit = Commit(database)
        reviews.decide(commit, before, after)
        fact = _fact(before, after, by, reason)
        event = Event.of(fact, subject=after.subject, sequence=f"{after.version:06d}", at=clock.now())
        EventLog(database).record(commit, event)
        try:
            commit.send()
        except StaleWrite:
            continue
        return after
    raise CommitBusy


def find_review(reviews: Reviews, review_id: str) -> Review:
    """Return a review by its name in the whole shop.

    Raises
    ------
    NotFound
        When there is none.
    """
    named = ID.fullmatch(review_id)
    review = reviews.get(named["slug"], named["token"]) if named else None
    if review is None:
        raise NotFound("There is no such review.")
    return review


def _fact(before: Review, after: Review, by: str, reason: str) -> ReviewApproved | ReviewRejected:
    if after.state is ReviewState.APPROVED:
        return ReviewApproved(review=after.id, slug=after.slug, rating=after.rating, by=by, reason=reason)
    return ReviewRejected(
        review=after.id, slug=after.slug, rating=after.rating, was=before.state.value, by=by, reason=reason
    )
