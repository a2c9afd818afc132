"""An admin takes somebody's second factor away, so that they can enrol anew: their phone is lost."""

from __future__ import annotations

from commerce.identity.claims import Caller
from commerce.identity.enrol_second_factor import change_factor
from commerce.identity.events import SecondFactorReset
from commerce.identity.second_factor_desk import SecondFactorDesk
from commerce.identity.second_factor_store import Factor, FactorState
from commerce.kernel.errors import NotFound, NotPermitted


def reset_second_factor(desk: SecondFactorDesk, caller: Caller, subject: str, *, reason: str) -> None:
    """Take a second factor away.

    Raises
    ------
    NotPermitted
        For one's own, since whoever stole a session would begin with that, and for a service.
    NotFound
        When there is none.
    SecondFactorEnrolledAlready
        When it changes at the same moment. Nothing was written.
    """
    if caller.service:
        raise NotPermitted("Only a person can reset a second factor.")
    if caller.subject == subject:
        raise NotPermitted("Another admin has to reset your second factor.")
    before = desk.factors.get(subject)
    if before is None or before.state is FactorState.RESET:
        raise NotFound("This person has no second factor.")
    after = Factor(
        subject=subject,
        state=FactorState.RESET,
        secret=None,
        pending_until=None,
        last_step=before.last_step,
        version=before.version + 1,
    )
    change_factor(desk, before, after, SecondFactorReset(by=caller.subject, reason=reason))
