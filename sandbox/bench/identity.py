"""An identity provider that answers at once, and the people whose tokens the events under `events/` ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sandbox.bench.provider import Answers, Stand, standing
from sandbox.identity.issuer import AUDIENCE, Issuer
from sandbox.identity.people import Person

#: Seconds for which tokens are good: longer than the clock is ever moved ahead.
_LIFETIME = 7 * 24 * 3600
_CONFIGURATION = "/.well-known/openid-configuration"
PEOPLE = {
    "achieng": Person(email="achieng@example.com"),
    "wanjiku": Person(email="wanjiku@example.com"),
    "baraka": Person(email="baraka@salama.test", roles=("admin",)),
}


@contextmanager
def stub_issuer() -> Iterator[Issuer]:
    """Run one in a thread of this process."""
    made: list[Issuer] = []

    def answers(stand: Stand) -> Answers:
        made.append(Issuer(stand.url))
        return answer

    def answer(method: str, path: str, body: str) -> dict[str, Any]:
        return made[0].configuration() if path == _CONFIGURATION else made[0].keys()

    with standing(answers, "stub-issuer"):
        yield made[0]


def configured(issuer: Issuer) -> str:
    """Return what a deployment is given that trusts it."""
    return json.dumps([{"issuer": issuer.url, "audience": [AUDIENCE]}])


def tokens(issuer: Issuer, now: datetime) -> dict[str, str]:
    """Return a token of everybody who signs in now, by the name of the placeholder that asks for it."""
    moment = int(now.timestamp())
    times = {"iat": moment, "auth_time": moment, "exp": moment + _LIFETIME}
    return {f"token_of_{name}": issuer.sign(issuer.claims_of(person) | times) for name, person in PEOPLE.items()}
