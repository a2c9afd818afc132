"""The second factor: a secret shared with somebody's authenticator app, and the codes it makes (TOTP, RFC 6238)."""

from __future__ import annotations

import hashlib
import hmac
from typing import ClassVar, Protocol

import pyotp

from commerce.kernel.errors import Conflict, NotPermitted
from commerce.security.kinds import SecurityKind

ISSUER = "Salama"
#: RFC 6238, 4.1 and 5.2: a code is good for thirty seconds, and a step either way for clocks that differ.
STEP_SECONDS = 30
DRIFT_STEPS = 1
DIGITS = 6
#: How long an enrolment waits for its first code.
PENDING_SECONDS = 600
#: How long ago somebody may have signed in at most to enrol: a token that was stolen is mostly older.
FRESH_SECONDS = 600
#: Wrong codes of one person within a window (RFC 4226, 7.3): a guesser needs ten thousands of years for a secret.
MOST_WRONG = 5
WINDOW_SECONDS = 900


class SecondFactorRequired(NotPermitted):
    """What is asked for takes a code of the second factor, and none was sent, or none is enrolled."""

    security_kind: ClassVar[SecurityKind] = SecurityKind.SECOND_FACTOR_REFUSED


class SecondFactorWrong(NotPermitted):
    """The code is wrong, too old, or was used for something else."""

    security_kind: ClassVar[SecurityKind] = SecurityKind.SECOND_FACTOR_REFUSED


class SecondFactorEnrolledAlready(Conflict):
    """A second factor is active; only an admin may take it away."""


class SignInTooOld(NotPermitted):
    """To enrol takes a sign-in of the last minutes."""

    security_kind: ClassVar[SecurityKind] = SecurityKind.SECOND_FACTOR_REFUSED


class SecretBox(Protocol):
    """Locks secrets away so that a row's reader learns nothing; each opens for its own subject alone."""

    def lock(self, secret: str, subject: str) -> bytes:
        """Encrypt a secret."""
        ...

    def unlock(self, locked: bytes, subject: str) -> str:
        """Decrypt a secret of the same subject."""
        ...


def new_secret() -> str:
    """Return a random secret of 160 bits (RFC 4226, 4, R6), in base 32 as apps take it."""
    return str(pyotp.random_base32())


def provisioning_uri(secret: str, name: str) -> str:
    """Return the ``otpauth://`` address that authenticator apps read from a QR code."""
    return str(pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=name, issuer_name=ISSUER))


def step_of(secret: str, code: str, now: int) -> int | None:
    """Return the time step whose code this is, of those that count at a moment; None when it is of none.

    Parameters
    ----------
    now
        Seconds since 1970.
    """
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    made = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    present = now // STEP_SECONDS
    # Every step is compared, so that the time taken tells nothing.
    found = [
        step
        for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
        if hmac.compare_digest(str(made.at(step * STEP_SECONDS)), code)
    ]
    return found[-1] if found else None


def subject_of(person: str) -> str:
    """Return the events' subject for what happens to somebody's second factor; it does not spell who it is."""
    return f"staff/{hashlib.sha256(person.encode()).hexdigest()[:32]}"
