"""A Daraja that answers at once: it grants tokens, takes every push and refund, and says what became of a push."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.bench.provider import Stand, standing

TOKEN, PUSH, QUERY = "/oauth/v1/generate", "/mpesa/stkpush/v1/processrequest", "/mpesa/stkpushquery/v1/query"
REVERSAL, PAYOUT = "/mpesa/reversal/v1/request", "/mpesa/b2c/v3/paymentrequest"
PAID, NO_ANSWER = "0", "1037"
NAMES = {TOKEN: "token", PUSH: "push", QUERY: "query", REVERSAL: "reversal", PAYOUT: "payout"}


@dataclass
class StubDaraja:
    """What it was asked, and what it will say: `outcome` is the ResultCode of every later query."""

    stand: Stand
    outcome: str = PAID
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _merchants: dict[str, str] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: str) -> dict[str, Any]:
        """Return the body of an answer to a request."""
        name = NAMES[path.partition("?")[0]]
        self.stand.on_call(f"daraja:{name}")
        if name == "token":
            return {"access_token": "benchmark", "expires_in": "86399"}
        if name == "push":
            number = next(self._ids)
            # As long as the real ones are: the size of the attempt's row depends on it.
            checkout = f"ws_CO_221120261200{number:06d}254712345678"
            self._merchants[checkout] = f"29115-34620561-{number}"
            return {**self._names(checkout), "ResponseDescription": "Success. Request accepted for processing"}
        if name in ("reversal", "payout"):
            told = {
                "ConversationID": "AG_20261122_2010325b025970fbd7c6",
                "OriginatorConversationID": "29115-34620561-1",
            }
            return {**told, "ResponseCode": "0", "ResponseDescription": "Accept the service request successfully."}
        named = self._names(json.loads(body)["CheckoutRequestID"])
        return {**named, "ResultCode": self.outcome, "ResultDesc": "as the benchmark says"}

    def _names(self, checkout: str) -> dict[str, str]:
        return {"ResponseCode": "0", "CheckoutRequestID": checkout, "MerchantRequestID": self._merchants[checkout]}


@contextmanager
def stub_daraja() -> Iterator[StubDaraja]:
    """Run one in a thread of this process."""
    made: list[StubDaraja] = []

    def answers(stand: Stand) -> Any:
        made.append(StubDaraja(stand))
        return made[0].answer

    with standing(answers, "stub-daraja"):
        yield made[0]
