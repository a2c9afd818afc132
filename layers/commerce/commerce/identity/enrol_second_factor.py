"""Somebody who works here enrols an authenticator app: a secret first, which counts with its first code."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.audit.store import EventLog
from commerce.identity.claims import Caller
from commerce.identity.events import SecondFactorConfirmed, SecondFactorEnrolled
from commerce.identity.second_factor import (
    FRESH_SECONDS,
    PENDING_SECONDS,
    SecondFactorEnrolledAlready,
    SecondFactorRequired,
    SecondFactorWrong,
    SignInTooOld,
    new_secret,
    provisioning_uri,
    step_of,
    subject_of,
)
from commerce.identity.second_factor_desk import SecondFactorDesk
from commerce.identity.second_factor_store import Factor, FactorState
from commerce.kernel.commit import Commit
from commerce.kernel.errors import NotPermitted, StaleWrite
from commerce.kernel.events import Event, EventData


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app is given. It is shown once and kept nowhere in this form."""

    secret: str
    uri: str


def enrol_second_factor(desk: SecondFactorDesk, caller: Caller) -> Enrolment:
    """Give somebody a new secret in place of one that was never confirmed.

    Raises
    ------
    NotPermitted
        For a service, which has no phone.
    SignInTooOld
        When they signed in more than `FRESH_SECONDS` ago, or the issuer does not say when.
    SecondFactorEnrolledAlready
        When one is active, or they enrol twice at the same moment.
    TooManyRequests
        After several enrolments within a quarter of an hour.
    """
    if caller.service:
        raise NotPermitted("A service signs its requests and has no second factor.")
    now = int(desk.clock.now().timestamp())
    if caller.signed_in_at is None or now - caller.signed_in_at > FRESH_SECONDS:
        raise SignInTooOld(f"Sign in again first: enrolling takes a sign-in of the last {FRESH_SECONDS // 60} minutes.")
    before = desk.factors.get(caller.subject)
    if before is not None and before.active:
        raise SecondFactorEnrolledAlready("A second factor is active already. An admin can reset it.")
    desk.spend_enrolment(caller.subject)
    secret = new_secret()
    after = Factor(
        subject=caller.subject,
        state=FactorState.PENDING,
        secret=desk.box.lock(secret, caller.subject),
        pending_until=now + PENDING_SECONDS,
        last_step=before.last_step if before else 0,
        version=before.version + 1 if before else 1,
    )
    change_factor(desk, before, after, SecondFactorEnrolled(by=caller.subject))
    return Enrolment(secret, provisioning_uri(secret, caller.email or caller.subject))


def confirm_second_factor(desk: SecondFactorDesk, caller: Caller, code: str) -> None:
    """Make the enrolled secret count, by the first code of it. The code is used up by it.

    Raises
    ------
    SecondFactorRequired
        When nothing was enrolled within the last `PENDING_SECONDS`.
    SecondFactorEnrolledAlready
        When it counts already.
    SecondFactorWrong
        When the code is not one of the secret at this time.
    TooManyRequests
        After `MOST_WRONG` wrong codes.
    """
    before = desk.factors.get(caller.subject)
    now = int(desk.clock.now().timestamp())
    if before is not None and before.active:
        raise SecondFactorEnrolledAlready("This second factor is active already.")
    if before is None or before.secret is None or before.pending_until is None or now > before.pending_until:
        raise SecondFactorRequired(
            "Enrol first: POST /admin/second-factor. An enrolment waits ten minutes for its code."
        )
    desk.spend_guess(caller.subject)
    step = step_of(desk.box.unlock(before.secret, caller.subject), code, now)
    if step is None or step <= before.last_step:
        raise SecondFactorWrong("This is not the app's present code.")
    after = Factor(
        subject=caller.subject,
        state=FactorState.ACTIVE,
        secret=before.secret,
        pending_until=None,
        last_step=step,
        version=before.version + 1,
    )
    change_factor(desk, before, after, SecondFactorConfirmed(by=caller.subject))
    desk.give_guess_back(caller.subject)


def change_factor(desk: SecondFactorDesk, before: Factor | None, after: Factor, fact: EventData) -> None:
    """Write a second factor and the event that tells of it in one commit.

    Raises
    ------
    SecondFactorEnrolledAlready
        When it was changed at the same moment.
    """
    commit = Commit(desk.database)
    desk.factors.put(commit, before, after)
    sequence = f"{after.version:06d}"
    event = Event.of(fact, subject=subject_of(after.subject), sequence=sequence, at=desk.clock.now())
    EventLog(desk.database).record(commit, event)
    try:
        commit.send()
    except StaleWrite:
        raise SecondFactorEnrolledAlready(
            "This second factor was changed at the same moment. Look at it again."
        ) from None
