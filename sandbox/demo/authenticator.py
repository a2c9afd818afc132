"""An authenticator app on this machine, for those who have no phone at hand."""

from __future__ import annotations

import pyotp

STEP_SECONDS = 30
#: A code must count for so many seconds yet, so that it arrives in time.
MARGIN = 8.0


class Authenticator:
    """Makes each code of a secret once.

    Parameters
    ----------
    secret
        As the shop showed it, in base 32.
    """

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
        self._last = 0

    def next(self, now: float) -> tuple[str, float]:
        """Return the next code that was not used yet, and in how many seconds it counts.

        The shop takes the code of the step before and of the one to come (RFC 6238, 5.2), so three of them count at
        once; after those one has to wait, as people do.
        """
        oldest = int(now + MARGIN) // STEP_SECONDS - 1
        step = self._last = max(self._last + 1, oldest)
        counts_from = (step - 1) * STEP_SECONDS
        return self._totp.at(step * STEP_SECONDS), max(0.0, counts_from - now)
