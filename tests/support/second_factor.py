"""Second factors without KMS: somebody's desk, and their enrolment."""

from __future__ import annotations

import pyotp

from commerce.identity.claims import Caller
from commerce.identity.enrol_second_factor import confirm_second_factor, enrol_second_factor
from commerce.identity.second_factor_desk import SecondFactorDesk
from tests.support.shop import Shop


class Plain:
    """A box that locks nothing: what KMS does is tested with KMS."""

    def lock(self, secret: str, subject: str) -> bytes:
        return f"{subject} {secret}".encode()

    def unlock(self, locked: bytes, subject: str) -> str:
        owner, secret = locked.decode().split(" ")
        assert owner == subject
        return secret


def desk_of(shop: Shop) -> SecondFactorDesk:
    """Return what the shop's second factors are handled with."""
    return SecondFactorDesk(shop.database, shop.clock, Plain())


def just_signed_in(shop: Shop, subject: str = "person-1") -> Caller:
    """Return somebody who signed in at this moment."""
    return Caller(subject, signed_in_at=int(shop.clock.now().timestamp()))


def enrolled(shop: Shop, subject: str = "person-1") -> pyotp.TOTP:
    """Enrol somebody by their app's first code; return the app."""
    caller = just_signed_in(shop, subject)
    app = pyotp.TOTP(enrol_second_factor(desk_of(shop), caller).secret)
    confirm_second_factor(desk_of(shop), caller, app.at(shop.clock.now()))
    return app
