"""Keep what a function told: checked, once, and for good as long as it is kept."""

from __future__ import annotations

from datetime import timedelta

from commerce.security.model import SecurityFact
from commerce.security.store import SecurityLog


def record_event(log: SecurityLog, message: str, text: str, retention: timedelta) -> tuple[SecurityFact, bool]:
    """Keep the event that a message of the queue tells.

    Parameters
    ----------
    message
        The message's id: the same message twice is one event.
    text
        Its body.

    Returns
    -------
    tuple
        The event, and whether it is new.

    Raises
    ------
    ValueError
        When it is no event of this shop's.
    """
    fact = SecurityFact.model_validate_json(text)
    return fact, log.add(fact.id(message), fact, retention)
