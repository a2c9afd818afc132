"""What second factors are handled with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from commerce.identity.second_factor import MOST_WRONG, WINDOW_SECONDS, SecretBox
from commerce.identity.second_factor_store import SecondFactors
from commerce.kernel.clock import Clock
from commerce.kernel.tables import Database
from commerce.limits.store import RateLimits


@dataclass(frozen=True)
class SecondFactorDesk:
    """The tables, the clock, and what secrets are locked with."""

    database: Database
    clock: Clock
    box: SecretBox

    @cached_property
    def factors(self) -> SecondFactors:
        """The second factors of those who work here."""
        return SecondFactors(self.database)

    def spend_enrolment(self, subject: str) -> None:
        """Count an enrolment.

        Raises
        ------
        TooManyRequests
            After `MOST_WRONG` of them within `WINDOW_SECONDS`.
        """
        self._limits.spend(f"second-factor-enrolled/{subject}", limit=MOST_WRONG, window_seconds=WINDOW_SECONDS)

    def spend_guess(self, subject: str) -> None:
        """Count a code before it is looked at, so that many sent at once are no more guesses than one after another.

        Raises
        ------
        TooManyRequests
            After `MOST_WRONG` wrong ones within `WINDOW_SECONDS`.
        """
        self._limits.spend(_guesses(subject), limit=MOST_WRONG, window_seconds=WINDOW_SECONDS)

    def give_guess_back(self, subject: str) -> None:
        """Take a right code's count back: only wrong ones are limited."""
        self._limits.give_back(_guesses(subject), window_seconds=WINDOW_SECONDS)

    @property
    def _limits(self) -> RateLimits:
        return RateLimits(self.database, self.clock)


def _guesses(subject: str) -> str:
    return f"second-factor/{subject}"
