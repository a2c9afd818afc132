"""Facts about second factors. None of them holds a secret or a code."""

from __future__ import annotations

from commerce.kernel.events import EventData


class SecondFactorEnrolled(EventData):
    """Somebody was given a secret for their authenticator app; it counts once a code of it was sent."""

    by: str


class SecondFactorConfirmed(EventData):
    """The first code came: the second factor is active."""

    by: str


class SecondFactorReset(EventData):
    """An admin took somebody's second factor away, as when a phone was lost; they may enrol anew."""

    by: str
    reason: str
